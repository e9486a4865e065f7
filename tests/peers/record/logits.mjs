// Records llama.cpp's logits of the demo models, so that the default tests need no peer:
// tests/data/logits/<model>.json (what was asked) and <model>.f32 (the last rows, [rows, n_vocab]).
//
// Usage: node record/logits.mjs ROCMFORGE    (it only tokenizes)
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { libllama, llamaRelease } from '../lib/llama.mjs';

const rocmforge = process.argv[2];
if (!rocmforge) {
  console.error('usage: node record/logits.mjs ROCMFORGE');
  process.exit(2);
}
const ROWS = 16;
const TALK = [
  ['user', 'Remember this list: Anna 5521, Boris 8812, Carla 1190, Dmitri 7345.'],
  ['assistant', 'I have read the list. What would you like to know?'],
  ['user', 'What is the number of Carla?'],
  ['assistant', 'The number of Carla is 1190.'],
  ['user', 'And what is 17 + 25?'],
];
const text = `${TALK.map(([role, content]) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join('')}<|im_start|>assistant\n17 + 25 = 42.`;

const data = new URL('../../data/logits/', import.meta.url).pathname;
const models = new URL('../../../models/', import.meta.url).pathname;
const script = new URL('../lib/llama_logits.py', import.meta.url).pathname;
fs.mkdirSync(data, { recursive: true });
const all = path.join(os.tmpdir(), `rocmforge-record-${process.pid}.f32`);
for (const name of ['demo-qwen3', 'demo-llama', 'demo-draft']) {
  const model = path.join(models, `${name}.gguf`);
  const ids = execFileSync(rocmforge, ['tokenize', model, '--ids', '--no-bos'], { input: text }).toString();
  const tokens = ids.trim().split(/\s+/).map(Number);
  execFileSync('python3', [script, libllama(), model, tokens.join(','), all, '2']);
  const bytes = fs.readFileSync(all);
  const rowBytes = bytes.length / tokens.length;
  fs.writeFileSync(path.join(data, `${name}.f32`), bytes.subarray(bytes.length - ROWS * rowBytes));
  const about = { engine: `llama.cpp ${llamaRelease()}`, rows: ROWS, n_vocab: rowBytes / 4, text, tokens };
  fs.writeFileSync(path.join(data, `${name}.json`), `${JSON.stringify(about)}\n`);
  console.log(`${name}: ${tokens.length} tokens, the last ${ROWS} rows recorded`);
}
fs.rmSync(all);
