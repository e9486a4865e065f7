#!/usr/bin/env python3
"""A trained checkpoint -> GGUF v3: Q8_0 matrices, F32 norms, metadata as convert_hf_to_gguf.py of llama.cpp writes it."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gguf_file import F32, Q8_0, Writer
from tokenizer import Tokenizer

CHAT_TEMPLATE = ("{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{%- endfor %}"
                 "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}")
DESCRIPTION = {
    "demo-qwen3": "A small chat model trained from scratch on generated text, to show and to test rocmforge.",
    "demo-llama": "A small chat model trained from scratch on generated text, to show and to test rocmforge.",
    "demo-draft": "Draft model for demo-qwen3 and demo-llama: guesses their next tokens.",
}


def neighbour_pairs(w: np.ndarray, heads: int) -> np.ndarray:
    """Rows of Q or K from pairs (i, i + half) to pairs (2i, 2i + 1), which the llama architecture's files use."""
    hd = w.shape[0] // heads
    return w.reshape(heads, 2, hd // 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def write_gguf(path: Path, c, weights: dict[str, np.ndarray], tok: Tokenizer) -> int:
    """`c`: model.Config; `weights`: name -> f32 array. Returns the file's size in bytes."""
    g, a = Writer(), c.arch
    n = sum(x.size for x in weights.values())
    g.text("general.architecture", a)
    g.text("general.type", "model")
    g.text("general.name", c.name)
    g.text("general.author", "the rocmforge authors")
    g.text("general.version", "1.0")
    g.text("general.description", DESCRIPTION.get(c.name, c.name))
    g.text("general.size_label", f"{n / 1e6:.1f}M")
    g.text("general.license", "mit")
    g.texts("general.languages", ["en"])
    g.u32(f"{a}.block_count", c.layers)
    g.u32(f"{a}.context_length", c.context)
    g.u32(f"{a}.embedding_length", c.dim)
    g.u32(f"{a}.feed_forward_length", c.ff)
    g.u32(f"{a}.attention.head_count", c.heads)
    g.u32(f"{a}.attention.head_count_kv", c.kv_heads)
    g.f32(f"{a}.rope.freq_base", c.rope_base)
    g.f32(f"{a}.attention.layer_norm_rms_epsilon", c.eps)
    g.u32(f"{a}.attention.key_length", c.head_dim)
    g.u32(f"{a}.attention.value_length", c.head_dim)
    g.u32(f"{a}.rope.dimension_count", c.head_dim)
    g.u32(f"{a}.vocab_size", c.vocab)
    g.u32("general.file_type", 7)
    g.u32("general.quantization_version", 2)
    g.text("tokenizer.ggml.model", "gpt2")
    g.text("tokenizer.ggml.pre", "llama-bpe" if a == "llama" else "qwen2")
    g.texts("tokenizer.ggml.tokens", tok.tokens())
    g.i32s("tokenizer.ggml.token_type", tok.token_types())
    g.texts("tokenizer.ggml.merges", tok.merge_lines())
    g.u32("tokenizer.ggml.bos_token_id", tok.eos_text)
    g.u32("tokenizer.ggml.eos_token_id", tok.im_end)
    g.u32("tokenizer.ggml.eot_token_id", tok.im_end)
    g.u32("tokenizer.ggml.padding_token_id", tok.eos_text)
    g.flag("tokenizer.ggml.add_bos_token", False)
    g.text("tokenizer.chat_template", CHAT_TEMPLATE)

    g.tensor("token_embd.weight", weights["embed_tokens.weight"], Q8_0)
    if c.rope_scaling:
        g.tensor("rope_freqs.weight", np.array(c.freq_factors(), np.float32), F32)
    for i in range(c.layers):
        def w(name: str) -> np.ndarray:
            return weights[f"layers.{i}.{name}.weight"]
        q, k = w("q_proj"), w("k_proj")
        if a == "llama":
            q, k = neighbour_pairs(q, c.heads), neighbour_pairs(k, c.kv_heads)
        b = f"blk.{i}."
        g.tensor(b + "attn_norm.weight", w("input_layernorm"), F32)
        g.tensor(b + "attn_q.weight", q, Q8_0)
        g.tensor(b + "attn_k.weight", k, Q8_0)
        g.tensor(b + "attn_v.weight", w("v_proj"), Q8_0)
        g.tensor(b + "attn_output.weight", w("o_proj"), Q8_0)
        if c.qk_norm:
            g.tensor(b + "attn_q_norm.weight", w("q_norm"), F32)
            g.tensor(b + "attn_k_norm.weight", w("k_norm"), F32)
        g.tensor(b + "ffn_norm.weight", w("post_attention_layernorm"), F32)
        g.tensor(b + "ffn_gate.weight", w("gate_proj"), Q8_0)
        g.tensor(b + "ffn_up.weight", w("up_proj"), Q8_0)
        g.tensor(b + "ffn_down.weight", w("down_proj"), Q8_0)
    g.tensor("output_norm.weight", weights["norm.weight"], F32)
    if not c.tied:
        g.tensor("output.weight", weights["lm_head.weight"], Q8_0)
    return g.write(path)


def load_parts(paths: list[Path]) -> tuple[dict, dict]:
    """The files of a checkpoint -> (config as a dict, name -> tensor)."""
    import torch
    config, state = None, {}
    for p in paths:
        d = torch.load(p, map_location="cpu")
        config = d["config"]
        state.update(d["state"])
    return config, state


def main() -> None:
    ap = argparse.ArgumentParser(description="write a GGUF file from the parts of a checkpoint")
    ap.add_argument("parts", nargs="+", type=Path)
    ap.add_argument("--tokenizer", required=True, type=Path)
    ap.add_argument("--out", required=True, type=Path)
    a = ap.parse_args()
    from model import Config
    config, state = load_parts(a.parts)
    size = write_gguf(a.out, Config(**config), {k: v.float().numpy() for k, v in state.items()}, Tokenizer.load(a.tokenizer))
    print(f"{a.out}: {size} bytes")


if __name__ == "__main__":
    main()
