// Compares `rocmforge template` with python3-jinja2 and @huggingface/jinja, byte for byte.
//
//   node tests/peers/jinja.mjs PATH/TO/rocmforge [--templates DIR] [--random N] [--only NAME]
//
// Every template of tests/data/jinja/templates and of DIR (by default the shared ones, where they
// are) renders every conversation of tests/data/jinja/conversations.json, with and without
// generation prompt; then come the small templates of expressions.txt and statements.txt, and N
// random ones through build/*/tests/forge_jinja_lines. Where the two peers differ, jinja2 is right;
// such differences are counted, not failed. Exit code 1 when the program differs from the peers.
// @huggingface/jinja is looked for in tests/peers/node_modules and in $FORGE_PEERS/node_modules.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const kHere = dirname(fileURLToPath(import.meta.url));
const kRoot = resolve(kHere, "../..");
const kData = join(kRoot, "tests/data/jinja");
const kDate = "2025-03-09T04:05:06";
const kTokens = { bos_token: "<s>", eos_token: "</s>" };
const kShownDifferences = 20;

function parse_arguments() {
  const [program, ...rest] = process.argv.slice(2);
  const options = { program, random: 0, only: "" };
  const shared = join(kRoot, "../shared/data/templates");
  if (existsSync(shared)) options.templates = shared;
  for (let i = 0; i < rest.length; i += 2) options[rest[i].replace(/^--/, "")] = rest[i + 1];
  if (!program || !existsSync(program)) {
    console.error("usage: node tests/peers/jinja.mjs PATH/TO/rocmforge [--templates DIR] " +
                  "[--random N] [--only NAME]");
    process.exit(2);
  }
  return options;
}

async function load_huggingface() {
  for (const folder of [kHere, process.env.FORGE_PEERS ?? kHere]) {
    try {
      return createRequire(join(folder, "package.json"))("@huggingface/jinja");
    } catch {
      continue;
    }
  }
  return null;
}

function find_python() {
  for (const python of ["/usr/bin/python3", "python3"]) {
    if (spawnSync(python, ["-c", "import jinja2"]).status === 0) return python;
  }
  return null;
}

// ---- Cases: {name, template, variables}

function read_templates(folder) {
  if (!folder || !existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith(".jinja")).sort()
    .map((file) => ({ name: file, template: readFileSync(join(folder, file), "utf8") }));
}

// JSON.parse would lose 1.0 and integers beyond 2^53, so conversations are handled as text.
function read_conversations() {
  return readFileSync(join(kData, "conversations.json"), "utf8").split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => line.replace(/,$/, ""))
    .map((line) => {
      const match = /^\{"name": "([^"]*)", "request": (\{.*\})\}$/s.exec(line);
      return { name: match[1], request: match[2] };
    });
}

function with_variables(request, more) {
  const inner = JSON.stringify(more).slice(1, -1);
  return inner ? `{${inner}, ${request.slice(1)}` : request;
}

function conversation_cases(options) {
  const templates = [...read_templates(join(kData, "templates")),
                     ...read_templates(options.templates)];
  const cases = [];
  for (const { name, template } of templates) {
    for (const conversation of read_conversations()) {
      for (const add_generation_prompt of [true, false]) {
        cases.push({
          name: `${name} x ${conversation.name}${add_generation_prompt ? " +prompt" : ""}`,
          template,
          variables: with_variables(conversation.request, { ...kTokens, add_generation_prompt }),
        });
      }
    }
  }
  return cases;
}

function small_cases() {
  const variables = readFileSync(join(kData, "variables.json"), "utf8").replace(/\n/g, " ").trim();
  const lines = readFileSync(join(kData, "expressions.txt"), "utf8").split("\n")
    .filter((line) => line && !line.startsWith("# "));
  const blocks = readFileSync(join(kData, "statements.txt"), "utf8").split("\n----\n");
  return [...lines, ...blocks].map((template, i) => ({
    name: `small template ${i + 1}: ${template.slice(0, 80)}`,
    template,
    variables: with_variables(variables, { add_generation_prompt: true }),
    small: true,
  }));
}

// ---- The program and its peers: each answers {text} or {error}

function lines_of(command, args, requests) {
  const run = spawnSync(command, args, {
    input: requests.join("\n") + "\n", encoding: "utf8", maxBuffer: 1 << 30,
  });
  if (run.status !== 0) throw new Error(`${command} failed: ${run.stderr.slice(-2000)}`);
  return run.stdout.split("\n").filter((line) => line).map((line) => JSON.parse(line));
}

const request_of = ({ template, variables }) =>
  `{"template": ${JSON.stringify(template)}, "now": "${kDate}", "variables": ${variables}}`;

function ask_program(program, folder, one) {
  const number = ask_program.count = (ask_program.count ?? 0) + 1;
  const template = join(folder, `${number}.jinja`);
  const messages = join(folder, `${number}.json`);
  writeFileSync(template, one.template);
  writeFileSync(messages, one.variables);
  return new Promise((done) => {
    const run = spawn(program, ["template", template, "--messages", messages, "--date", kDate]);
    const out = [], err = [];
    run.stdout.on("data", (bytes) => out.push(bytes));
    run.stderr.on("data", (bytes) => err.push(bytes));
    run.on("close", (status, signal) => {
      rmSync(template);
      rmSync(messages);
      const text = Buffer.concat(out).toString("utf8");
      const error = Buffer.concat(err).toString("utf8");
      if (status === 0) return done({ text });
      done({ error: signal ? `killed by ${signal}: ${error}` : error, crashed: status !== 1 });
    });
  });
}

async function ask_program_all(program, cases) {
  const folder = mkdtempSync(join(tmpdir(), "forge-jinja-"));
  const answers = new Array(cases.length);
  let next = 0;
  const worker = async () => {
    while (next < cases.length) {
      const i = next++;
      answers[i] = await ask_program(program, folder, cases[i]);
    }
  };
  await Promise.all([worker(), worker()]);
  rmSync(folder, { recursive: true });
  return answers;
}

// Its strftime_now asks the clock, which therefore stands still here.
function ask_huggingface(jinja, one) {
  const clock = globalThis.Date;
  globalThis.Date = class extends clock {
    constructor(...given) {
      super(...(given.length > 0 ? given : [kDate]));
    }
  };
  try {
    return { text: new jinja.Template(one.template).render(JSON.parse(one.variables)) };
  } catch (error) {
    return { error: String(error.message) };
  } finally {
    globalThis.Date = clock;
  }
}

// ---- Comparison

// jinja2's message appears in ours. A syntax error of Python itself has no message of Jinja's.
const same = (ours, theirs) => {
  if (ours.crashed) return false;
  if (theirs.text !== undefined || ours.text !== undefined) return ours.text === theirs.text;
  return ours.error.includes(theirs.error);
};

function show_difference(name, ours, peer, theirs) {
  console.log(`\n--- ${name}`);
  if (ours.text === undefined || theirs.text === undefined) {
    console.log(`    rocmforge: ${JSON.stringify(ours).slice(0, 600)}`);
    console.log(`    ${peer}: ${JSON.stringify(theirs).slice(0, 600)}`);
    return;
  }
  let at = 0;
  while (ours.text[at] === theirs.text[at]) ++at;
  const begin = Math.max(0, at - 60);
  console.log(`    first difference at character ${at}`);
  console.log(`    rocmforge: ${JSON.stringify(ours.text.slice(begin, at + 60))}`);
  console.log(`    ${peer}: ${JSON.stringify(theirs.text.slice(begin, at + 60))}`);
}

function compare(title, cases, ours, python, huggingface) {
  let failed = 0, errors = 0, unlike = 0;
  cases.forEach((one, i) => {
    const peer = python ? "jinja2" : "@huggingface/jinja";
    const theirs = python ? python[i] : huggingface[i];
    const equal = python ? same(ours[i], theirs)
      : ours[i].text === theirs.text && !ours[i].crashed;
    if (theirs.error !== undefined) ++errors;
    if (huggingface && huggingface[i].text !== theirs.text) {
      ++unlike;
      if (process.env.FORGE_SHOW_PEERS) show_difference(one.name, theirs, "huggingface", huggingface[i]);
    }
    if (equal) return;
    if (++failed <= kShownDifferences) show_difference(one.name, ours[i], peer, theirs);
  });
  const note = python && huggingface ? `; @huggingface/jinja differs from jinja2 in ${unlike}` : "";
  console.log(`${title}: ${cases.length} cases (${errors} of them errors), ` +
              `${failed} differences${note}`);
  return failed;
}

async function main() {
  const options = parse_arguments();
  const jinja = await load_huggingface();
  const python = find_python();
  if (!jinja && !python) {
    console.log("skipped: neither python3-jinja2 nor @huggingface/jinja is installed");
    return 0;
  }
  const oracle = join(kHere, "jinja_oracle.py");
  const keep = (one) => one.name.includes(options.only);
  let failed = 0;
  for (const [title, all, hf] of [
    ["templates x conversations", conversation_cases(options), jinja],
    ["small templates", small_cases(), null],
  ]) {
    const cases = all.filter(keep);
    if (cases.length === 0 || (!python && !hf)) continue;
    const ours = await ask_program_all(options.program, cases);
    failed += compare(title, cases, ours,
                      python && lines_of(python, [oracle], cases.map(request_of)),
                      hf && cases.map((one) => ask_huggingface(hf, one)));
  }
  const lines = join(dirname(options.program), "../tests/forge_jinja_lines");
  if (python && Number(options.random) > 0 && existsSync(lines)) {
    const made = spawnSync(python, [join(kHere, "jinja_random.py"), options.random,
                                    options.seed ?? "1"],
                           { encoding: "utf8", maxBuffer: 1 << 30 });
    if (made.status !== 0) throw new Error(made.stderr);
    const requests = made.stdout.split("\n").filter((line) => line);
    const cases = requests.map((line) => ({ name: JSON.parse(line).template }));
    failed += compare("random templates", cases, lines_of(lines, [], requests),
                      lines_of(python, [oracle], requests), null);
  }
  console.log(failed === 0 ? "equal" : `${failed} differences`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
