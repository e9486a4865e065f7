// Compares rocmforge's logits with llama.cpp's: small models of every architecture, in every codec.
//
// F32 weights: the difference of a logit is at most 0.01 (logits have a standard deviation of about 1),
// and the best token is the same everywhere. Quantized weights: both engines round activations, each in
// its way; what counts is the KL divergence from the exact computation on the same file (the reference
// executor): ours may be at most 1.05 times llama.cpp's. Rounding of f32 sums and of the F16 KV cache
// alone gives some 1e-6 (measured between the reference and F32 weights), so below 2e-6 nothing is told.
// And on one file the logits are the same bits whatever the chunks a prompt is cut into.
//
// Usage: node logits.mjs ROCMFORGE [--tokens N] [--seed N] [--only MODEL[:TYPE]]
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { libllama } from './lib/llama.mjs';
import { MODELS, normals, writeTinyModel } from './lib/tiny_models.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '320' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
if (positionals.length !== 1) {
  console.error('usage: node logits.mjs ROCMFORGE [--tokens N] [--seed N] [--only MODEL[:TYPE]]');
  process.exit(2);
}
const rocmforge = positionals[0];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rocmforge-logits-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const inFolder = (name) => path.join(folder, name);

const TYPES = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K',
  'Q6_K', 'IQ4_NL', 'IQ4_XS', 'MXFP4'];
const MOST_DIFFERENCE = 0.01, MOST_RATIO = 1.05, ROUNDING = 2e-6;

const run = (program, args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });

function ours(model, tokens, ...more) {
  const out = inFolder('ours.f32');
  run(rocmforge, ['logits', model, '--tokens', tokens.join(','), '--out', out, '--quiet', ...more]);
  return fs.readFileSync(out);
}

function theirs(model, tokens) {
  const out = inFolder('theirs.f32');
  const script = new URL('./lib/llama_logits.py', import.meta.url).pathname;
  run('python3', [script, libllama(), model, tokens.join(','), out]);
  return fs.readFileSync(out);
}

const rows = (bytes, nVocab) => {
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: all.length / nVocab }, (_, i) => all.subarray(i * nVocab, (i + 1) * nVocab));
};

const argmax = (row) => row.reduce((best, v, i) => (v > row[best] ? i : best), 0);

function logSoftmax(row) {
  const high = row.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const v of row) sum += Math.exp(v - high);
  const log = high + Math.log(sum);
  return Float64Array.from(row, (v) => v - log);
}

// Mean KL divergence of `other` from `base`, in nats.
function divergence(base, other) {
  let sum = 0;
  base.forEach((row, i) => {
    const p = logSoftmax(row), q = logSoftmax(other[i]);
    for (let j = 0; j < p.length; ++j) sum += Math.exp(p[j]) * (p[j] - q[j]);
  });
  return Math.max(0, sum / base.length);
}

function compareF32(a, b) {
  let most = 0, same = 0;
  a.forEach((row, i) => {
    row.forEach((v, j) => { most = Math.max(most, Math.abs(v - b[i][j])); });
    if (argmax(row) === argmax(b[i])) ++same;
  });
  return { most, same };
}

function judge(type, own, peer, exact) {
  if (type === 'F32') {
    const { most, same } = compareF32(own, peer);
    return {
      good: most <= MOST_DIFFERENCE && same === own.length,
      line: `largest difference ${most.toExponential(2)}, same best token ${same} of ${own.length}`,
    };
  }
  const kl = divergence(exact, own), klPeer = divergence(exact, peer);
  return {
    good: kl <= Math.max(MOST_RATIO * klPeer, ROUNDING),
    line: `KL from the exact logits: ours ${kl.toExponential(2)}, llama.cpp ${klPeer.toExponential(2)}, ratio ${(kl / klPeer).toFixed(3)}`,
  };
}

// The CPU packs that run on this processor.
const PACKS = JSON.parse(run(rocmforge, ['plugins', '--json', '--quiet'])).plugins
  .filter((plugin) => plugin.accepted && plugin.id.startsWith('cpu-')).map((plugin) => plugin.id);

let failures = 0;
const random = normals(Number(options.seed) + 1000);
for (const model of MODELS) {
  const [onlyModel, onlyType] = options.only.split(':');
  if (onlyModel && onlyModel !== model.name) continue;
  const f32 = inFolder(`${model.name}.gguf`);
  writeTinyModel(model, f32, Number(options.seed));
  const tokens = Array.from({ length: Number(options.tokens) },
    () => Math.floor(Math.abs(random()) * 1e6) % model.vocab);
  for (const type of TYPES) {
    if (onlyType && onlyType !== type) continue;
    const file = type === 'F32' ? f32 : inFolder(`${model.name}-${type}.gguf`);
    if (type !== 'F32') run(rocmforge, ['quantize', f32, file, type, '--pure', '--quiet']);
    const peer = rows(theirs(file, tokens), model.vocab);
    const exact = type === 'F32' ? peer
      : rows(ours(file, tokens, '--with', 'reference', '--k-type', 'f32', '--v-type', 'f32'), model.vocab);
    for (const pack of PACKS) {
      const own = ours(file, tokens, '--with', pack);
      const chunked = ours(file, tokens, '--with', pack, '--chunk', '7', '--threads', '1');
      const { good, line } = judge(type, rows(own, model.vocab), peer, exact);
      const sameBits = own.equals(chunked);
      if (!good || !sameBits) ++failures;
      console.log(`${model.name.padEnd(8)} ${type.padEnd(7)} ${pack.padEnd(11)} ${line}${good ? '' : '  TOO MUCH'}${sameBits ? '' : '  CHUNKS DIFFER'}`);
    }
    if (type !== 'F32') fs.rmSync(file);
  }
}
console.log(failures === 0 ? 'logits: all as they should be' : `logits: ${failures} comparisons failed`);
process.exit(failures === 0 ? 0 : 1);
