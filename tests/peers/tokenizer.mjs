// Compares rocmforge's tokenizer with llama.cpp and with the models' original tokenizers: the real
// vocabularies of Qwen2.5, Qwen3 and Llama 3.1, our small ones, every pre-tokenizer, and, where they
// lie beside the checkout, the vectors of llama.cpp's repository.
//
// Usage: node tokenizer.mjs ROCMFORGE [--count N] [--seed N] [--only PART]
//        node tokenizer.mjs --parts      what the parts are called
// Prints a table; ends with 1 and the first differences if there are any. Everything is made from the
// seed. Needs the npm packages of package.json, python3 for texts that are not UTF-8, and no network.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { askAll } from './lib/line_server.mjs';
import { libllama } from './lib/llama.mjs';
import { jsDiffers } from './lib/original.mjs';
import { makeBytes, makeLongLines, makeStrings } from './lib/strings.mjs';
import { VOCABULARIES, loadOriginal, writeVocabulary } from './lib/vocabularies.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '24000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    parts: { type: 'boolean' },
  },
});
const parts = [...VOCABULARIES.map(({ name }) => name), 'own', 'pre'];
if (options.parts) {
  console.log(parts.join('\n'));
  process.exit(0);
}
if (positionals.length !== 1 || (options.only !== undefined && !parts.includes(options.only))) {
  console.error(`usage: node tokenizer.mjs ROCMFORGE [--count N] [--seed N] [--only ${parts.join('|')}]`);
  process.exit(2);
}
const rocmforge = positionals[0];
const count = Number(options.count);
const seed = Number(options.seed);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rocmforge-tokenizer-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const shared = new URL('../../../shared/data/tokenizer/', import.meta.url).pathname;

let differences = 0;
const shown = 10;

// One row of the table; `cases`: [{what, ours, theirs}].
function report(name, peer, cases, skipped = 0) {
  const wrong = cases.filter(({ ours, theirs }) => JSON.stringify(ours) !== JSON.stringify(theirs));
  const note = skipped > 0 ? `, ${skipped} left out (see docs/tokenizer.md)` : '';
  console.log(`${name.padEnd(24)} ${peer.padEnd(34)} ${String(cases.length).padStart(7)} compared, ${wrong.length} different${note}`);
  for (const { what, ours, theirs } of wrong.slice(0, shown)) {
    const at = ours.findIndex?.((token, i) => token !== theirs[i]) ?? 0;
    console.log(`  input  ${what.length > 300 ? `${what.slice(0, 300)}...` : what}`);
    console.log(`  ours   ${JSON.stringify(ours).slice(0, 300)}`);
    console.log(`  theirs ${JSON.stringify(theirs).slice(0, 300)}`);
    console.log(`  first difference at token ${at < 0 ? ours.length : at}`);
  }
  differences += wrong.length;
}

// texts: [{text | base64, add_special, parse_special}] -> [[ids]]
const ours = (model, texts) => askAll(rocmforge, ['tokenize', model, '--json-lines'], texts);

const python = (requests) => askAll('python3', [new URL('./lib/llama_peer.py', import.meta.url).pathname, libllama()], requests);

// node-llama-cpp's JavaScript wants Node.js 20; its library can be asked without.
const hasNodeLlama = Number(process.versions.node.split('.')[0]) >= 20;

// Answers of llama.cpp: [[ids]]
async function llamaAnswers(model, texts) {
  if (!hasNodeLlama) {
    const requests = texts.map(({ text, parse_special }) => ({ base64: Buffer.from(text).toString('base64'), add_special: false, parse_special }));
    return (await python([{ model }, ...requests])).slice(1);
  }
  const { getLlama } = await import('node-llama-cpp');
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'disabled' });
  const loaded = await llama.loadModel({ modelPath: model, vocabOnly: true });
  const answers = texts.map(({ text, parse_special }) => loaded.tokenize(text, parse_special));
  await loaded.dispose();
  await llama.dispose();
  return answers;
}

async function compareWithLlama(name, model, strings) {
  for (const parseSpecial of [true, false]) {
    const texts = strings.map(({ text }) => ({ text, add_special: false, parse_special: parseSpecial }));
    const [mine, theirs] = [await ours(model, texts), await llamaAnswers(model, texts)];
    report(name, `${hasNodeLlama ? 'node-llama-cpp' : 'libllama'}, special ${parseSpecial ? 'on' : 'off'}`,
      texts.map(({ text }, i) => ({ what: JSON.stringify(text), ours: mine[i], theirs: theirs[i] })));
  }
}

async function compareWithOriginal(name, vocabulary, model, strings, { needsNfc, tokens, special }) {
  const original = await loadOriginal(vocabulary.npm);
  // llama.cpp takes some tokens for control tokens by their text that are ordinary to the model.
  const [{ eog }] = await python([{ model }]);
  const promoted = eog.map((id) => tokens[id]).filter((text) => !special.includes(text));
  const usable = strings.filter(({ text }) => !jsDiffers(text) && !promoted.some((token) => text.includes(token)));
  const normal = (text) => (needsNfc ? text.normalize('NFC') : text);
  const mine = await ours(model, usable.map(({ text }) => ({ text: normal(text), add_special: false, parse_special: true })));
  report(name, 'original (JavaScript), special on',
    usable.map(({ text }, i) => ({ what: JSON.stringify(text), ours: mine[i], theirs: original.encode(text, { add_special_tokens: false }) })),
    strings.length - usable.length);
}

async function compareBytes(name, model, special) {
  const requests = makeBytes(Math.min(count, 6000), seed + 17, special).map((bytes, i) => ({
    base64: bytes.toString('base64'), add_special: i % 2 === 0, parse_special: i % 4 < 2,
  }));
  const theirs = await python([{ model }, ...requests]);
  const mine = await ours(model, requests);
  report(name, 'libllama, not UTF-8, BOS and EOS',
    requests.map((request, i) => ({ what: JSON.stringify(request), ours: mine[i], theirs: theirs[i + 1] })));
}

async function comparePieces(name, model, size) {
  const decode = (flags) => askAll(rocmforge, ['tokenize', model, '--json-lines', '--detokenize', ...flags],
    Array.from({ length: size }, (_, id) => [id]));
  for (const special of [true, false]) {
    const requests = Array.from({ length: size }, (_, piece) => ({ piece, special }));
    const theirs = (await python([{ model }, ...requests])).slice(1);
    const mine = (await decode(special ? [] : ['--no-special'])).map((answer) => answer.base64 ?? Buffer.from(answer, 'utf8').toString('base64'));
    report(name, `libllama, pieces, special ${special ? 'on' : 'off'}`,
      mine.map((piece, id) => ({ what: `token ${id}`, ours: piece, theirs: theirs[id] })));
  }
}

// Every name of the table of pre-tokenizers, on the first tokens of a real vocabulary. llama.cpp's own
// regular expressions need the stack for long texts, so these are short.
async function comparePreTokenizers() {
  const table = new URL('../../core/text/tokenizer/pre_tokenizer_spec.cpp', import.meta.url);
  const rows = [...fs.readFileSync(table, 'utf8').matchAll(/^ *\{"([^"]+)", (k\w+),/gm)];
  const seen = new Set();
  const cases = [];
  for (const [, pre, patterns] of rows) {
    const model = path.join(folder, `pre-${pre}.gguf`);
    const { special } = writeVocabulary(VOCABULARIES[0], model, { 'tokenizer.ggml.pre': ['string', pre] }, 3000);
    const size = seen.has(patterns) ? 200 : Math.min(count, 3000);
    seen.add(patterns);
    const requests = makeStrings(size, seed + 5, special).filter(({ text }) => text.length < 1000)
      .map(({ text }, i) => ({ base64: Buffer.from(text).toString('base64'), add_special: true, parse_special: i % 2 === 0 }));
    const theirs = (await python([{ model }, ...requests])).slice(1);
    const mine = await ours(model, requests);
    requests.forEach((request, i) => cases.push({ what: `${pre}: ${JSON.stringify(request)}`, ours: mine[i], theirs: theirs[i] }));
  }
  report(`${rows.length} pre-tokenizers`, 'libllama, BOS and EOS', cases);
}

for (const vocabulary of VOCABULARIES) {
  if (options.only !== undefined && options.only !== vocabulary.name) continue;
  const { name } = vocabulary;
  const model = path.join(folder, `${name}.gguf`);
  const facts = writeVocabulary(vocabulary, model);
  const { special } = facts;
  const strings = [...makeStrings(count, seed, special), ...makeLongLines(20000)];
  await compareWithLlama(name, model, strings);
  await compareWithOriginal(name, vocabulary, model, strings, facts);
  await compareBytes(name, model, special);
  await comparePieces(name, model, vocabulary.size);
  await compareVectors(vocabulary.pre, model);
}

// Our own small vocabularies, and the real one of Llama 2 where it is at hand: the only ones here that
// are SentencePiece-style.
async function compareOwn() {
  const data = new URL('../data/tokenizer/', import.meta.url).pathname;
  const special = ['<s>', '</s>', '<unk>', '[INST]', '[/INST]', '<|user|>', '<|im_start|>', '<|im_end|>', '<think>', '<|a|><|b|>', '<|a|>', '    '];
  const files = ['bpe', 'spm', 'spm_phrases'].map((name) => [name, `${data}${name}.gguf`]);
  const real = path.join(shared, 'llama-spm.vocab.gguf');
  if (fs.existsSync(real)) files.push(['llama-spm', real]);
  for (const [name, model] of files) {
    await compareWithLlama(name, model, [...makeStrings(Math.min(count, 12000), seed + 3, special), ...makeLongLines(20000)]);
    await compareBytes(name, model, special);
  }
}

// FILE.inp holds texts, FILE.out their tokens, one text a line.
async function compareVectors(name, model) {
  const base = path.join(shared, name);
  if (!fs.existsSync(`${base}.inp`)) {
    console.log(`${name.padEnd(24)} vectors: skipped, ${base}.inp is not there`);
    return;
  }
  const texts = fs.readFileSync(`${base}.inp`, 'utf8').split('\n__ggml_vocab_test__\n');
  const lines = fs.readFileSync(`${base}.out`, 'utf8').split('\n');
  const mine = await ours(model, texts.map((text) => ({ text, add_special: false, parse_special: false })));
  report(name, 'vectors of llama.cpp', texts.map((text, i) => ({
    what: JSON.stringify(text), ours: mine[i], theirs: (lines[i] ?? '').split(' ').filter((word) => word !== '').map(Number),
  })));
}

if (options.only === undefined || options.only === 'own') await compareOwn();
if (options.only === undefined || options.only === 'pre') await comparePreTokenizers();

console.log(differences === 0 ? 'no differences' : `${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
