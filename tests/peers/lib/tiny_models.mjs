// Small models of every architecture with random F32 weights: files that any engine loads.
import { writeGguf } from './gguf_writer.mjs';

// Numbers of a standard normal distribution, the same ones for the same seed (mulberry32, Box-Muller).
export function normals(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

// Row lengths are multiples of 256, so that every codec fits.
const SIZES = { embd: 256, layers: 2, ff: 512, heads: 4, kvHeads: 2, vocab: 512, context: 2048 };
export const MODELS = [
  { name: 'qwen2', architecture: 'qwen2', headDim: 64, base: 1e6, eps: 1e-6, bias: true, tied: true },
  { name: 'qwen3', architecture: 'qwen3', headDim: 128, base: 1e6, eps: 1e-6, qkNorm: true, tied: true },
  { name: 'llama', architecture: 'llama', headDim: 64, base: 5e5, eps: 1e-5, tied: false },
  { name: 'llama3', architecture: 'llama', headDim: 64, base: 5e5, eps: 1e-5, tied: false, ropeFactors: true },
].map((model) => ({ ...SIZES, ...model }));

// Writes one, without a vocabulary. Weights have the variance 1/n_in, so that logits have about 1.
export function writeTinyModel(m, file, seed) {
  const normal = normals(seed);
  const tensors = [];
  const add = (name, shape, draw) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, draw);
    tensors.push({ name, shape, data });
  };
  const matrix = (name, nIn, nOut) => add(name, [nIn, nOut], () => normal() / Math.sqrt(nIn));
  const norm = (name, n) => add(name, [n], () => 1 + 0.1 * normal());
  const vector = (name, n) => add(name, [n], () => 0.1 * normal());
  const nQ = m.heads * m.headDim, nKv = m.kvHeads * m.headDim;
  matrix('token_embd.weight', m.embd, m.vocab);
  norm('output_norm.weight', m.embd);
  if (!m.tied) matrix('output.weight', m.embd, m.vocab);
  if (m.ropeFactors)
    add('rope_freqs.weight', [m.headDim / 2], (_, i) => (i < m.headDim / 6 ? 1 : i < m.headDim / 3 ? 3.5 : 8));
  for (let i = 0; i < m.layers; ++i) {
    const at = (name) => `blk.${i}.${name}`;
    norm(at('attn_norm.weight'), m.embd);
    matrix(at('attn_q.weight'), m.embd, nQ);
    matrix(at('attn_k.weight'), m.embd, nKv);
    matrix(at('attn_v.weight'), m.embd, nKv);
    if (m.bias) {
      vector(at('attn_q.bias'), nQ);
      vector(at('attn_k.bias'), nKv);
      vector(at('attn_v.bias'), nKv);
    }
    if (m.qkNorm) {
      norm(at('attn_q_norm.weight'), m.headDim);
      norm(at('attn_k_norm.weight'), m.headDim);
    }
    matrix(at('attn_output.weight'), nQ, m.embd);
    norm(at('ffn_norm.weight'), m.embd);
    matrix(at('ffn_gate.weight'), m.embd, m.ff);
    matrix(at('ffn_up.weight'), m.embd, m.ff);
    matrix(at('ffn_down.weight'), m.ff, m.embd);
  }
  const key = (name) => `${m.architecture}.${name}`;
  writeGguf(file, [
    ['general.architecture', 'string', m.architecture],
    ['general.name', 'string', `tiny ${m.name}`],
    ['tokenizer.ggml.model', 'string', 'no_vocab'],
    [key('vocab_size'), 'u32', m.vocab],
    [key('context_length'), 'u32', m.context],
    [key('embedding_length'), 'u32', m.embd],
    [key('block_count'), 'u32', m.layers],
    [key('feed_forward_length'), 'u32', m.ff],
    [key('attention.head_count'), 'u32', m.heads],
    [key('attention.head_count_kv'), 'u32', m.kvHeads],
    [key('attention.key_length'), 'u32', m.headDim],
    [key('attention.value_length'), 'u32', m.headDim],
    [key('rope.dimension_count'), 'u32', m.headDim],
    [key('rope.freq_base'), 'f32', m.base],
    [key('attention.layer_norm_rms_epsilon'), 'f32', m.eps],
  ], tensors);
}
