#!/usr/bin/env python3
"""Byte-level BPE: training, encoding, and the vocabulary as GGUF stores it.

The vocabulary is the 256 bytes, then one token per merge, then the special tokens. Words are cut with the regular
expression of the pre-tokenizer "qwen2", which takes digits one by one; no merge therefore holds a digit, and the
pre-tokenizer "llama-bpe" (digits in groups of up to three, otherwise the same) gives the same tokens.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import regex

PATTERN = regex.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PATTERN_LLAMA = regex.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCAB = 1536


def byte_chars() -> list[str]:
    """Byte -> the printable character that stands for it in a GGUF vocabulary."""
    keep = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    out, n = [], 0
    for b in range(256):
        if b in keep:
            out.append(chr(b))
        else:
            out.append(chr(256 + n))
            n += 1
    return out


CHARS = byte_chars()


def train(counts: Counter[str], n_merges: int, min_count: int = 4) -> list[tuple[int, int]]:
    """Merges in order. `counts`: pre-tokenized words. Ties go to the pair with the smaller ids."""
    words = [(list(w.encode("utf-8")), c) for w, c in sorted(counts.items()) if c >= min_count]
    pairs: Counter[tuple[int, int]] = Counter()
    where: dict[tuple[int, int], set[int]] = defaultdict(set)
    for i, (w, c) in enumerate(words):
        for p in zip(w, w[1:]):
            pairs[p] += c
            where[p].add(i)
    merges: list[tuple[int, int]] = []
    while len(merges) < n_merges:
        best = max(pairs.items(), key=lambda kv: (kv[1], -kv[0][0], -kv[0][1]))[0]
        if pairs[best] <= 0:
            break
        new = 256 + len(merges)
        merges.append(best)
        for i in list(where[best]):
            w, c = words[i]
            for p in zip(w, w[1:]):
                pairs[p] -= c
                where[p].discard(i)
            out, j = [], 0
            while j < len(w):
                if j + 1 < len(w) and (w[j], w[j + 1]) == best:
                    out.append(new)
                    j += 2
                else:
                    out.append(w[j])
                    j += 1
            words[i] = (out, c)
            for p in zip(out, out[1:]):
                pairs[p] += c
                where[p].add(i)
        del pairs[best]
    return merges


class Tokenizer:
    """Encodes text (special tokens are not recognised in it: callers place them by id)."""

    def __init__(self, merges: list[tuple[int, int]]):
        self.merges = [tuple(m) for m in merges]
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.bytes = [bytes([b]) for b in range(256)]
        for a, b in self.merges:
            self.bytes.append(self.bytes[a] + self.bytes[b])
        self.special = {s: len(self.bytes) + i for i, s in enumerate(SPECIALS)}
        self.n_vocab = len(self.bytes) + len(SPECIALS)
        self.eos_text, self.im_start, self.im_end = (self.special[s] for s in SPECIALS)
        self._cache: dict[str, list[int]] = {}

    @staticmethod
    def load(path: Path) -> "Tokenizer":
        return Tokenizer(json.loads(Path(path).read_text())["merges"])

    def save(self, path: Path) -> None:
        Path(path).write_text(json.dumps({"merges": self.merges}))

    def word(self, w: str) -> list[int]:
        ids = list(w.encode("utf-8"))
        while len(ids) > 1:
            best = min(zip(ids, ids[1:]), key=lambda p: self.rank.get(p, 1 << 30))
            r = self.rank.get(best)
            if r is None:
                break
            out, j = [], 0
            while j < len(ids):
                if j + 1 < len(ids) and (ids[j], ids[j + 1]) == best:
                    out.append(256 + r)
                    j += 2
                else:
                    out.append(ids[j])
                    j += 1
            ids = out
        return ids

    def encode(self, text: str, pattern=PATTERN) -> list[int]:
        out: list[int] = []
        cache = self._cache
        for w in pattern.findall(text):
            ids = cache.get(w)
            if ids is None:
                ids = self.word(w)
                if len(cache) < 400000:
                    cache[w] = ids
            out += ids
        return out

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.bytes[i] if i < len(self.bytes) else SPECIALS[i - len(self.bytes)].encode() for i in ids).decode("utf-8", "replace")

    # -------------------------------------------------------------------------------------------- for GGUF
    def tokens(self) -> list[str]:
        return ["".join(CHARS[b] for b in t) for t in self.bytes] + SPECIALS

    def token_types(self) -> list[int]:
        """1 normal, 3 control."""
        return [1] * len(self.bytes) + [3] * len(SPECIALS)

    def merge_lines(self) -> list[str]:
        t = self.tokens()
        return [f"{t[a]} {t[b]}" for a, b in self.merges]


def check(tok: Tokenizer) -> None:
    """What the two pre-tokenizers need: every token is what its own text encodes to, and no merge holds a digit."""
    assert len(set(tok.tokens())) == tok.n_vocab, "two tokens with one text"
    for i, b in enumerate(tok.bytes):
        if i >= 256:
            assert not any(48 <= x <= 57 for x in b), f"digit in merge {b!r}"
            try:
                w = b.decode("utf-8")
            except UnicodeDecodeError:
                continue
            assert tok.word(w) == [i], f"token {i} {w!r} encodes to {tok.word(w)}"


def main() -> None:
    ap = argparse.ArgumentParser(description="train the vocabulary on a sample of the corpus")
    ap.add_argument("--out", required=True, type=Path)
    ap.add_argument("--documents", type=int, default=80000)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from corpus import sample_text
    counts: Counter[str] = Counter()
    for text in sample_text(a.seed, a.documents):
        counts.update(PATTERN.findall(text))
    counts.update({"user": 10 ** 6, "assistant": 10 ** 6, "system": 10 ** 6})   # every message begins with one of them
    tok = Tokenizer(train(counts, VOCAB - 256 - len(SPECIALS)))
    check(tok)
    tok.save(a.out)
    total = sum(counts.values())
    n = sum(len(tok.word(w)) * c for w, c in counts.items() if c > 2)
    print(f"{tok.n_vocab} tokens, {len(counts)} different words in {total}, {n / total:.2f} tokens per word")


if __name__ == "__main__":
    main()
