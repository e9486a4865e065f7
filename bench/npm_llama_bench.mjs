// llama.cpp as the npm package node-llama-cpp ships it, with the options and the JSON of llama-bench: for
// `rocmforge bench --compare` where no llama-bench is built.
//
//   npm --prefix tests/peers install --no-save --omit=optional --ignore-scripts
//   rocmforge bench --compare "llama.cpp=node bench/npm_llama_bench.mjs" -p 128 -n 64
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';

import { libllama } from '../tests/peers/lib/llama.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', short: 'm' },
    threads: { type: 'string', short: 't', default: '1' },
    'n-prompt': { type: 'string', short: 'p', default: '512' },
    'n-gen': { type: 'string', short: 'n', default: '128' },
    'n-depth': { type: 'string', short: 'd', default: '0' },
    repetitions: { type: 'string', short: 'r', default: '5' },
    output: { type: 'string', short: 'o', default: 'json' },
  },
});
if (!options.model || options.output !== 'json') {
  console.error('usage: node npm_llama_bench.mjs -m FILE [-t N] [-p N,N] [-n N,N] [-d N,N] [-r N] -o json');
  process.exit(2);
}
const numbers = (text) => text.split(',').map(Number);
const tests = numbers(options['n-depth']).flatMap((depth) => [
  ...numbers(options['n-prompt']).filter(Boolean).map((n) => ({ kind: 'pp', n, depth })),
  ...numbers(options['n-gen']).filter(Boolean).map((n) => ({ kind: 'tg', n, depth }))]);
const name = ({ kind, n, depth }) => `${kind}${n}@${depth}`;
const script = new URL('../tests/peers/lib/llama_speed.py', import.meta.url).pathname;
const rates = JSON.parse(execFileSync('python3',
  [script, libllama(), options.model, options.threads, options.repetitions, ...tests.map(name)],
  { stdio: ['ignore', 'pipe', 'inherit'] }));
console.log(JSON.stringify(tests.map((test) => ({
  n_prompt: test.kind === 'pp' ? test.n : 0, n_gen: test.kind === 'tg' ? test.n : 0, n_depth: test.depth,
  samples_ts: rates[name(test)],
}))));
