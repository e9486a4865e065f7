"""The network: one decoder that is a Qwen3 (Q/K norm) or a Llama (no Q/K norm), both with GQA, RoPE and SwiGLU.

Rotary pairs are (i, i + head_dim/2) here for both ("NEOX"); export.py reorders the rows of Q and K where the
architecture's file format wants pairs of neighbours. Weight names are those of the Hugging Face models.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    name: str
    arch: str               # "qwen3" or "llama"
    dim: int
    layers: int
    heads: int
    kv_heads: int
    ff: int
    head_dim: int = 64
    vocab: int = 1536
    tied: bool = True
    rope_base: float = 100000.0
    rope_scaling: float = 0.0   # > 0: Llama-3 frequency factors with this factor
    rope_original: int = 1024   # context those factors are computed for
    context: int = 4096
    eps: float = 1e-6

    @property
    def qk_norm(self) -> bool:
        return self.arch == "qwen3"

    def freq_factors(self) -> list[float]:
        """Llama 3.1 rule: long wavelengths are divided by the factor, short ones kept, between them a ramp."""
        out = []
        for i in range(0, self.head_dim, 2):
            wave = 2 * math.pi * self.rope_base ** (i / self.head_dim)
            low, high = self.rope_original / 1.0, self.rope_original / 4.0
            if not self.rope_scaling or wave < high:
                out.append(1.0)
            elif wave > low:
                out.append(self.rope_scaling)
            else:
                s = (self.rope_original / wave - 1.0) / (4.0 - 1.0)
                out.append(1.0 / ((1 - s) / self.rope_scaling + s))
        return out

    def to_dict(self) -> dict:
        return asdict(self)


CONFIGS = {
    "demo-qwen3": Config("demo-qwen3", "qwen3", dim=256, layers=8, heads=8, kv_heads=2, ff=1024),
    "demo-llama": Config("demo-llama", "llama", dim=512, layers=5, heads=8, kv_heads=2, ff=768, tied=False, rope_base=50000.0, rope_scaling=8.0, eps=1e-5),
    "demo-draft": Config("demo-draft", "qwen3", dim=256, layers=3, heads=4, kv_heads=1, ff=384),
    "tiny-qwen3": Config("tiny-qwen3", "qwen3", dim=64, layers=2, heads=2, kv_heads=1, ff=128, head_dim=32),
    "tiny-llama": Config("tiny-llama", "llama", dim=64, layers=2, heads=2, kv_heads=1, ff=128, head_dim=32, tied=False, rope_scaling=8.0, eps=1e-5),
}


class RMSNorm(nn.Module):
    def __init__(self, n: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)
        return (y * self.weight).to(x.dtype)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """x [B, H, T, D]; cos, sin [B, 1, T, D/2]."""
    a, b = x.float().chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)


def dense_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Reference attention; mask [B, T, T] is true where a query may look."""
    rep = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(rep, 1), v.repeat_interleave(rep, 1)
    s = q.float() @ k.float().transpose(-1, -2) / math.sqrt(q.shape[-1])
    s = s.masked_fill(~mask[:, None], float("-inf"))
    return (torch.softmax(s, -1) @ v.float()).to(q.dtype)


class Block(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        q, kv = c.heads * c.head_dim, c.kv_heads * c.head_dim
        self.input_layernorm = RMSNorm(c.dim, c.eps)
        self.q_proj = nn.Linear(c.dim, q, bias=False)
        self.k_proj = nn.Linear(c.dim, kv, bias=False)
        self.v_proj = nn.Linear(c.dim, kv, bias=False)
        self.o_proj = nn.Linear(q, c.dim, bias=False)
        if c.qk_norm:
            self.q_norm = RMSNorm(c.head_dim, c.eps)
            self.k_norm = RMSNorm(c.head_dim, c.eps)
        self.post_attention_layernorm = RMSNorm(c.dim, c.eps)
        self.gate_proj = nn.Linear(c.dim, c.ff, bias=False)
        self.up_proj = nn.Linear(c.dim, c.ff, bias=False)
        self.down_proj = nn.Linear(c.ff, c.dim, bias=False)

    def forward(self, x, cos, sin, mask, attend):
        c = self.c
        B, T, _ = x.shape
        h = self.input_layernorm(x)
        q = self.q_proj(h).view(B, T, c.heads, c.head_dim)
        k = self.k_proj(h).view(B, T, c.kv_heads, c.head_dim)
        v = self.v_proj(h).view(B, T, c.kv_heads, c.head_dim).transpose(1, 2)
        if c.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotate(q.transpose(1, 2), cos, sin), rotate(k.transpose(1, 2), cos, sin)
        y = attend(q.to(v.dtype), k.to(v.dtype), v, mask)
        x = x + self.o_proj(y.transpose(1, 2).reshape(B, T, c.heads * c.head_dim))
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


class Model(nn.Module):
    def __init__(self, c: Config, attend=dense_attention):
        super().__init__()
        self.c = c
        self.attend = attend
        self.embed_tokens = nn.Embedding(c.vocab, c.dim)
        self.layers = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.dim, c.eps)
        self.lm_head = None if c.tied else nn.Linear(c.dim, c.vocab, bias=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                std = 0.02 if "embed" in name else 1.0 / math.sqrt(p.shape[1])
                if "o_proj" in name or "down_proj" in name:
                    std /= math.sqrt(2 * c.layers)
                nn.init.normal_(p, 0.0, std if "lm_head" not in name else 0.02)
        inv = c.rope_base ** (-torch.arange(0, c.head_dim, 2, dtype=torch.float64) / c.head_dim)
        ang = torch.arange(c.context, dtype=torch.float64)[:, None] * (inv / torch.tensor(c.freq_factors(), dtype=torch.float64))[None]
        self.register_buffer("cos", ang.cos().float(), persistent=False)
        self.register_buffer("sin", ang.sin().float(), persistent=False)

    def forward(self, tokens: torch.Tensor, pos: torch.Tensor, mask) -> torch.Tensor:
        """tokens, pos [B, T] -> logits [B, T, vocab]."""
        cos, sin = self.cos[pos][:, None], self.sin[pos][:, None]
        x = self.embed_tokens(tokens)
        if torch.is_autocast_enabled():
            x = x.to(torch.bfloat16)
        for b in self.layers:
            x = b(x, cos, sin, mask, self.attend)
        x = self.norm(x)
        return F.linear(x, self.embed_tokens.weight if self.lm_head is None else self.lm_head.weight)

    def n_params(self) -> int:
        return sum(p.numel() for p in self.parameters())


def unpack(packed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Packed rows [B, T] (see corpus.py) -> tokens, weight class, document number, position in the document."""
    tokens, cls, start = packed & 0x7FF, (packed >> 11) & 3, (packed >> 15) & 1
    doc = start.cumsum(1)
    idx = torch.arange(packed.shape[1], device=packed.device)[None].expand_as(packed)
    first = torch.where(start > 0, idx, torch.zeros_like(idx)).cummax(1).values
    return tokens, cls, doc, idx - first


def dense_mask(doc: torch.Tensor) -> torch.Tensor:
    T = doc.shape[1]
    causal = torch.ones(T, T, dtype=torch.bool, device=doc.device).tril()
    return (doc[:, :, None] == doc[:, None, :]) & causal
