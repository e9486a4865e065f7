// Speed beside llama.cpp: the same files, the same tests, in turn on the same machine.
//
//   npm --prefix tests/peers install --no-save --omit=optional --ignore-scripts
//   node bench/compare.mjs build/release/bin/rocmforge qwen2.5-0.5b:Q4_0 qwen3-0.6b:Q4_K_M
//        [--threads 1,2] [--tests pp128,pp512,tg64] [--repetitions 5] [--rounds 2]
// Models are shapes of `rocmforge bench --synthetic`, written to a temporary file, or GGUF files. Each
// round measures one engine, then the other; what is printed is the median over all rounds. Run it on an
// idle machine.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { libllama, llamaRelease } from '../tests/peers/lib/llama.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1,2' },
    tests: { type: 'string', default: 'pp128,pp512,tg64' },
    repetitions: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
  },
});
const [rocmforge, ...models] = positionals;
if (models.length === 0) {
  console.error('usage: node compare.mjs ROCMFORGE MODEL... [--threads 1,2] [--tests pp128,tg64] [--repetitions N] [--rounds N]');
  process.exit(2);
}
const tests = options.tests.split(',');
const script = new URL('../tests/peers/lib/llama_speed.py', import.meta.url).pathname;
const run = (program, args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 }).toString();
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

function ours(file, threads) {
  const lengths = (kind) => tests.filter((t) => t.startsWith(kind)).map((t) => t.slice(2)).join(',') || '0';
  const json = JSON.parse(run(rocmforge, ['bench', '-m', file, '-t', threads, '-p', lengths('pp'), '-n', lengths('tg'),
    '-r', options.repetitions, '--format', 'json', '--quiet']));
  return Object.fromEntries(json.results.map(({ test, rates }) => [test, rates]));
}
const theirs = (file, threads) => JSON.parse(run('python3', [script, libllama(), file, threads, options.repetitions, ...tests]));

const rate = (value) => value.toFixed(value < 100 ? 2 : 1);
console.log(`${os.cpus()[0].model.trim()}, ${os.cpus().length} threads; llama.cpp ${llamaRelease()}; ${new Date().toISOString().slice(0, 10)}\n`);
console.log('| model | threads | test | rocmforge tok/s | llama.cpp tok/s | ratio |');
console.log('|---|---:|---|---:|---:|---:|');
for (const model of models) {
  const isFile = fs.existsSync(model);
  const file = isFile ? model : path.join(os.tmpdir(), `rocmforge-compare-${process.pid}.gguf`);
  if (!isFile) run(rocmforge, ['bench', '--synthetic', model, '--write', file, '--quiet']);
  for (const threads of options.threads.split(',')) {
    const all = Object.fromEntries(tests.map((test) => [test, { ours: [], theirs: [] }]));
    for (let round = 0; round < Number(options.rounds); ++round) {
      const own = ours(file, threads), peer = theirs(file, threads);
      for (const test of tests) {
        all[test].ours.push(...own[test]);
        all[test].theirs.push(...peer[test]);
      }
    }
    for (const test of tests) {
      const a = median(all[test].ours), b = median(all[test].theirs);
      console.log(`| ${isFile ? path.basename(model) : model} | ${threads} | ${test} | ${rate(a)} | ${rate(b)} | ${(a / b).toFixed(2)} |`);
    }
  }
  if (!isFile) fs.rmSync(file);
}
