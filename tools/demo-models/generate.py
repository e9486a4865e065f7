#!/usr/bin/env python3
"""Greedy answers of a checkpoint in PyTorch, in float32 with the weights as Q8_0 stores them; a check on the runtimes.

    generate.py --model OUT/demo-qwen3.0.pt OUT/demo-qwen3.1.pt --requests requests.jsonl --answers answers.jsonl
    ... --draft OUT/demo-draft.0.pt OUT/demo-draft.1.pt      also prints how often the draft has the model's next token
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from export import load_parts
from gguf_file import dequantize_q8_0, quantize_q8_0
from model import Config, Model, rotate
from tokenizer import Tokenizer


def as_stored(state: dict) -> dict:
    """Matrices through Q8_0 and back."""
    out = {}
    for k, v in state.items():
        x = v.float().cpu()
        out[k] = torch.from_numpy(dequantize_q8_0(quantize_q8_0(x.numpy()))).view_as(x) if x.dim() == 2 else x
    return out


class Runner:
    """Runs a model with a key/value cache over a batch of sequences of different lengths."""

    def __init__(self, parts: list[Path], device: str):
        config, state = load_parts(parts)
        self.c = Config(**config)
        self.m = Model(self.c)
        self.m.load_state_dict(as_stored(state))
        self.m.to(device).eval()
        self.device = device

    def start(self, batch: int, length: int) -> None:
        c = self.c
        self.k = [torch.zeros(batch, c.kv_heads, length, c.head_dim, device=self.device) for _ in range(c.layers)]
        self.v = [torch.zeros_like(x) for x in self.k]

    def step(self, tokens: torch.Tensor, pos: torch.Tensor, upto: int) -> torch.Tensor:
        """tokens, pos [B, T]; keys at positions <= a token's own are visible. Returns the last hidden state [B, T, dim]."""
        c, m = self.c, self.m
        B, T = tokens.shape
        rep = c.heads // c.kv_heads
        cos, sin = m.cos[pos][:, None], m.sin[pos][:, None]
        x = m.embed_tokens(tokens)
        see = torch.arange(upto, device=self.device)[None, None, :] <= pos[:, :, None]
        rows = torch.arange(B, device=self.device)[:, None].expand(B, T)
        for i, b in enumerate(m.layers):
            h = b.input_layernorm(x)
            q = b.q_proj(h).view(B, T, c.heads, c.head_dim)
            k = b.k_proj(h).view(B, T, c.kv_heads, c.head_dim)
            v = b.v_proj(h).view(B, T, c.kv_heads, c.head_dim)
            if c.qk_norm:
                q, k = b.q_norm(q), b.k_norm(k)
            q, k = rotate(q.transpose(1, 2), cos, sin), rotate(k.transpose(1, 2), cos, sin)
            self.k[i][rows, :, pos] = k.transpose(1, 2)
            self.v[i][rows, :, pos] = v
            keys, vals = self.k[i][:, :, :upto], self.v[i][:, :, :upto]
            qg = q.view(B, c.kv_heads, rep * T, c.head_dim)
            s = (qg @ keys.transpose(-1, -2)).view(B, c.heads, T, upto) / math.sqrt(c.head_dim)
            p = torch.softmax(s.masked_fill(~see[:, None], float("-inf")), -1)
            y = (p.view(B, c.kv_heads, rep * T, upto) @ vals).view(B, c.heads, T, c.head_dim)
            x = x + b.o_proj(y.transpose(1, 2).reshape(B, T, c.heads * c.head_dim))
            h = b.post_attention_layernorm(x)
            x = x + b.down_proj(F.silu(b.gate_proj(h)) * b.up_proj(h))
        return m.norm(x)

    def head(self, x: torch.Tensor) -> torch.Tensor:
        w = self.m.embed_tokens.weight if self.m.lm_head is None else self.m.lm_head.weight
        return F.linear(x, w)


def prompt_ids(tok: Tokenizer, messages: list[dict]) -> list[int]:
    out: list[int] = []
    for m in messages:
        out += [tok.im_start] + tok.encode(m["role"] + "\n" + m["content"]) + [tok.im_end] + tok.encode("\n")
    return out + [tok.im_start] + tok.encode("assistant\n")


@torch.no_grad()
def answer(r: Runner, tok: Tokenizer, prompts: list[list[int]], limit: int, chunk: int = 512) -> list[list[int]]:
    """Greedy tokens after each prompt, <|im_end|> included where it came."""
    B, longest = len(prompts), max(map(len, prompts))
    r.start(B, longest + limit)
    padded = torch.tensor([p + [0] * (longest - len(p)) for p in prompts], device=r.device)
    n = torch.tensor([len(p) for p in prompts], device=r.device)
    last = torch.zeros(B, r.c.dim, device=r.device)
    for a in range(0, longest, chunk):
        b = min(longest, a + chunk)
        h = r.step(padded[:, a:b], torch.arange(a, b, device=r.device)[None].expand(B, -1), b)
        here = (n - 1 >= a) & (n - 1 < b)
        last[here] = h[here, (n - 1 - a)[here]]
    out: list[list[int]] = [[] for _ in range(B)]
    open_ = torch.ones(B, dtype=torch.bool, device=r.device)
    for i in range(limit):
        t = r.head(last).argmax(-1)
        for j, (x, o) in enumerate(zip(t.tolist(), open_.tolist())):
            if o:
                out[j].append(x)
        open_ &= (t != tok.im_end) & (t != tok.eos_text)
        if not open_.any():
            break
        last = r.step(t[:, None], (n + i)[:, None], longest + i + 1)[:, 0]
    return out


@torch.no_grad()
def agreement(r: Runner, prompts: list[list[int]], answers: list[list[int]]) -> tuple[int, int]:
    good = total = 0
    for p, a in zip(prompts, answers):
        ids = torch.tensor([p + a], device=r.device)
        r.start(1, ids.shape[1])
        h = r.step(ids, torch.arange(ids.shape[1], device=r.device)[None], ids.shape[1])
        best = r.head(h)[0, len(p) - 1:-1].argmax(-1).tolist()
        good += sum(x == y for x, y in zip(best, a))
        total += len(a)
    return good, total


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", nargs="+", required=True, type=Path)
    ap.add_argument("--draft", nargs="*", type=Path, default=[])
    ap.add_argument("--tokenizer", required=True, type=Path)
    ap.add_argument("--requests", required=True, type=Path)
    ap.add_argument("--answers", required=True, type=Path)
    ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    ap.add_argument("--batch-tokens", type=int, default=400_000)
    a = ap.parse_args()
    tok = Tokenizer.load(a.tokenizer)
    r = Runner(a.model, a.device)
    reqs = [json.loads(x) for x in a.requests.read_text().splitlines() if x.strip()]
    prompts = [prompt_ids(tok, q["messages"]) for q in reqs]
    order = sorted(range(len(reqs)), key=lambda i: len(prompts[i]))
    results: dict[int, list[int]] = {}
    while order:
        take: list[int] = []
        while order and (len(prompts[order[0]]) + 96) * (len(take) + 1) <= a.batch_tokens:
            take.append(order.pop(0))
        limit = min(max(reqs[i].get("max_tokens", 96) for i in take), r.c.context - max(len(prompts[i]) for i in take))
        for i, ids in zip(take, answer(r, tok, [prompts[i] for i in take], limit)):
            results[i] = ids
    with open(a.answers, "w") as f:
        for i, q in enumerate(reqs):
            shown = [t for t in results[i] if t < tok.eos_text]
            f.write(json.dumps({"id": q["id"], "text": tok.decode(shown), "prompt_ids": prompts[i], "ids": results[i]}) + "\n")
    if a.draft:
        d = Runner(a.draft, a.device)
        pick = [i for i in range(len(reqs)) if i % max(1, len(reqs) // 600) == 0]
        good, total = agreement(d, [prompts[i] for i in pick], [results[i] for i in pick])
        print(f"draft agrees on {good} of {total} tokens: {good / total:.1%}")


if __name__ == "__main__":
    main()
