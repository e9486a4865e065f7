// Records what llama.cpp makes of our own strings with our own small vocabularies, so that the default
// tests need no peer: tests/data/tokenizer/expected.json. Where the original tokenizers can be asked
// (byte-level BPE, valid text), they must agree, or nothing is written.
//
// Usage: node record/tokenizer.mjs
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { askAll } from '../lib/line_server.mjs';
import { libllama, llamaRelease } from '../lib/llama.mjs';
import { jsDiffers } from '../lib/original.mjs';
import { makeBytes, makeStrings } from '../lib/strings.mjs';

const data = new URL('../../data/tokenizer/', import.meta.url).pathname;
const peer = new URL('../lib/llama_peer.py', import.meta.url).pathname;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rocmforge-record-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const PRE = 'tokenizer.ggml.pre';
// Metadata changes of bpe.gguf; the first two are recorded with all strings.
const BPE_VARIANTS = [
  {},
  { [PRE]: 'llama-bpe' },
  { [PRE]: null },
  { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true },
  { 'general.name': 'A Phi-3 model', 'tokenizer.ggml.add_bos_token': true },
  { 'tokenizer.ggml.token_type': null },
  { [PRE]: 'jina-v2-es' },
  ...['default', 'gpt-2', 'qwen35', 'smollm', 'falcon', 'tekken', 'gpt-4o', 'deepseek-coder', 'deepseek-v3', 'bloom', 'viking',
    'seed-coder', 'bailingmoe', 'glm4'].map((pre) => ({ [PRE]: pre })),
];
const SPM_VARIANTS = [
  {},
  { 'tokenizer.ggml.add_space_prefix': false },
  { 'tokenizer.ggml.add_bos_token': false, 'tokenizer.ggml.add_eos_token': true },
  { 'general.name': 'phi3' },
];

function makeFiles(changes) {
  const settings = Object.entries(changes).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]);
  const json = execFileSync('python3', [`${data}make_vocabularies.py`, '--out', folder, '--json', ...settings], { maxBuffer: 1 << 28 });
  return JSON.parse(json);
}

const short = (text) => Array.from(text).slice(0, 36).join('');

function texts(special) {
  const written = ['', 'Hello world', ' Hello', 'The train left the station, didn\'t it?', 'a  b   c    d', 'x<|a|><|b|>y<|a|>', '<|a|><|b|>|><|',
    'one <mask> two', 'éé ééé', '<|im_start|>user\nHi<|im_end|>\n', '  <|im_end|>  x  ', '[INST] of the [/INST]', '</s>', '▁of▁the', 'of the in  x',
    '<unk>', '<0x41>', '[EMPTY_976]', '    ', 'aב', 'אב', 'die Stein'];
  const generated = makeStrings(120, 7, special).map(({ text }) => short(text));
  const strings = [...written, ...generated].map((text) => Buffer.from(text, 'utf8'));
  return [...strings, ...makeBytes(40, 11, special).map((bytes) => bytes.subarray(0, 40))];
}

async function record(file, changes, strings) {
  const metadata = makeFiles(changes)[file];
  const model = path.join(folder, `${file}.gguf`);
  const size = metadata['tokenizer.ggml.tokens'].length;
  const requests = [true, false].flatMap((on) => strings.map((bytes) => (
    { base64: bytes.toString('base64'), add_special: on, parse_special: on })));
  const pieces = Array.from({ length: size }, (_, piece) => ({ piece, special: true }));
  const hidden = Array.from({ length: size }, (_, piece) => ({ piece, special: false }));
  const [facts, ...answers] = await askAll('python3', [peer, libllama()], [{ model }, ...requests, ...pieces, ...hidden]);
  const tokens = answers.slice(0, requests.length);
  const shown = answers.slice(requests.length, requests.length + size);
  const unseen = answers.slice(requests.length + size);
  return {
    file, set: changes, eog: facts.eog, bos: facts.bos, eos: facts.eos, add_bos: facts.add_bos, add_eos: facts.add_eos,
    hidden: unseen.flatMap((piece, id) => (piece === '' && shown[id] !== '' ? [id] : [])),
    special: tokens.slice(0, strings.length), plain: tokens.slice(strings.length),
    ...(Object.keys(changes).length === 0 ? { pieces: shown } : {}),
  };
}

// The same vocabulary as a tokenizer.json.
async function original(metadata, pattern, ignoreMerges) {
  const { TokenizerLoader } = await import('@lenml/tokenizers');
  const tokens = metadata['tokenizer.ggml.tokens'];
  const types = metadata['tokenizer.ggml.token_type'];
  const added = tokens.flatMap((content, id) => (types[id] === 1 || types[id] > 4 || content === '' ? []
    : [{ id, content, special: types[id] !== 4, normalized: false, lstrip: false, rstrip: false, single_word: false }]));
  const tokenizerJSON = {
    version: '1.0', added_tokens: added, normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null, decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE', ignore_merges: ignoreMerges, merges: metadata['tokenizer.ggml.merges'],
      vocab: Object.fromEntries(tokens.map((text, id) => [text === '' ? `[EMPTY_${id}]` : text, id])),
    },
  };
  return TokenizerLoader.fromPreTrained({ tokenizerJSON, tokenizerConfig: { tokenizer_class: 'PreTrainedTokenizerFast' } });
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const tail = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

// Of the first two variants, which have the original tokenizers' rules.
async function checkWithOriginal(result, strings, metadata) {
  const isLlama = result.set[PRE] === 'llama-bpe';
  const pattern = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${isLlama ? '{1,3}' : ''}${tail}`;
  const tokenizer = await original(metadata, pattern, isLlama);
  // Tokens that llama.cpp makes control tokens by their text.
  const promoted = ['</s>', '<|fim_pad|>', '<|eot_id|>', '    ', '|><|', '<|a|><|b|>'];
  let checked = 0;
  strings.forEach((bytes, i) => {
    const text = bytes.toString('utf8');
    if (Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0 || jsDiffers(text) || promoted.some((token) => text.includes(token))) return;
    const theirs = tokenizer.encode(text, { add_special_tokens: false });
    const recorded = result.special[i].slice(result.add_bos ? 1 : 0);
    checked += 1;
    if (JSON.stringify(theirs) !== JSON.stringify(recorded)) {
      throw new Error(`the peers differ on ${JSON.stringify(text)}: llama.cpp ${recorded}, original ${theirs}`);
    }
  });
  console.log(`${result.file} ${JSON.stringify(result.set)}: ${checked} strings checked with the original tokenizer`);
}

const base = makeFiles({});
const special = (file) => base[file]['tokenizer.ggml.tokens'].filter((text, i) => text !== '' && [2, 3, 4].includes(base[file]['tokenizer.ggml.token_type'][i]));
const strings = texts([...special('bpe'), ...special('spm')]);
const few = 40;
const variants = [];
for (const [i, changes] of BPE_VARIANTS.entries()) {
  const mine = i < 2 ? strings : strings.filter((_, k) => k % Math.ceil(strings.length / few) === 0 || (i === 4 || i === 6) && k < 22);
  const result = { ...await record('bpe', changes, mine), strings: mine.map((bytes) => strings.indexOf(bytes)) };
  if (i < 2) await checkWithOriginal(result, strings, makeFiles(changes).bpe);
  variants.push(result);
}
for (const file of ['spm', 'spm_phrases']) {
  for (const [i, changes] of (file === 'spm' ? SPM_VARIANTS : [{}]).entries()) {
    const mine = i === 0 ? strings : strings.slice(0, few);
    variants.push({ ...await record(file, changes, mine), strings: mine.map((bytes) => strings.indexOf(bytes)) });
  }
}
const lines = variants.map((variant) => JSON.stringify(variant)).join(',\n');
const base64 = JSON.stringify(strings.map((bytes) => bytes.toString('base64')));
fs.writeFileSync(`${data}expected.json`, `{"peer":"llama.cpp ${llamaRelease()}",\n"strings":${base64},\n"variants":[\n${lines}\n]}\n`);
console.log(`${strings.length} strings, ${variants.length} variants`);
