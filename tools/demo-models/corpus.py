#!/usr/bin/env python3
"""The training corpus: documents of all kinds in fixed shares of tokens, packed into rows.

Everything is generated from the grammars and lists in demo_corpus/, smalltalk.txt and facts.md: nothing is downloaded.
`corpus.py --show 20` prints samples.

A packed token is one uint16: bits 0..10 the token id, bits 11..12 the class of its weight in the loss (WEIGHTS),
bit 15 set on the first token of a document.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

from demo_corpus import arithmetic, dialog, facts, lookup, skills, smalltalk, stories
from demo_corpus.dialog import LOOKUP_WEIGHT, Message

WEIGHTS = (0.0, 0.1, 1.0, 2.0)
START_BIT = 0x8000
ROW = 4096
MAX_DOC = 3900


def _lines(rng: random.Random, lo: int, hi: int) -> int:
    """Log-uniform number of list lines."""
    return int(lo * (hi / lo) ** rng.random())


def _raw(rng: random.Random) -> list[Message]:
    """Plain text without roles: stories, facts, sums, letters; lists whose lines come a second time."""
    k = rng.random()
    if k < 0.45:
        return [("", stories.story(rng), 1.0)]
    if k < 0.60:
        return [("", stories.text(rng), 1.0)]
    if k < 0.72:
        return [("", facts.prose(rng), 1.0)]
    if k < 0.82:
        return [("", arithmetic.prose(rng), 1.0)]
    c = lookup.make(rng, _lines(rng, 4, 120))
    while c.joint != "\n" or len(c.lines) != len(c.entries):
        c = lookup.make(rng, _lines(rng, 4, 120))
    again = [c.lines[rng.randrange(len(c.lines))] for _ in range(min(12, len(c.lines)))]
    return [("", c.text() + "\n\n", 0.0), ("", "\n".join(again), LOOKUP_WEIGHT)]


def _unknown(rng: random.Random) -> list[Message]:
    out: list[Message] = []
    for _ in range(rng.randint(1, 3)):
        t = facts.unknown(rng)
        out += [("user", facts.noise(rng, t.user, t.keep), dialog.USER_WEIGHT), ("assistant", t.answer, 1.0)]
    return out


# name, share of tokens, generator
KINDS: list[tuple[str, float, Callable[[random.Random], list[Message]]]] = [
    ("conversation", 0.36, dialog.conversation),
    ("facts", 0.09, lambda r: dialog.questions(r, lambda q: [facts.turn(q)] if q.random() < 0.9 else facts.ellipsis_pair(q), r.randint(1, 5))),
    ("unknown", 0.02, _unknown),
    ("arithmetic", 0.13, lambda r: dialog.questions(r, arithmetic.turns, r.randint(1, 5))),
    ("skills", 0.06, lambda r: dialog.questions(r, skills.turns, r.randint(1, 4))),
    ("one word", 0.025, dialog.one_word),
    ("list, short", 0.06, lambda r: dialog.list_chat(r, _lines(r, 2, 24), r.randint(1, 5))),
    ("list, medium", 0.07, lambda r: dialog.list_chat(r, _lines(r, 20, 110), r.randint(4, 10))),
    ("list, long", 0.09, lambda r: dialog.list_chat(r, _lines(r, 100, 280), r.randint(8, 16))),
    ("list, talk between", 0.03, lambda r: dialog.list_chat(r, _lines(r, 3, 120), r.randint(1, 6), r.randint(1, 12))),
    ("haystack", 0.02, lambda r: dialog.haystack_chat(r, int(300 * 20 ** r.random()))),
    ("memory", 0.025, lambda r: dialog.long_memory(r, _lines(r, 1, 30))),
    ("plain text", 0.05, _raw),
]


def documents(rng: random.Random, count_tokens: Callable[[list[Message]], int]) -> Iterator[tuple[str, list[Message]]]:
    """Endless documents; the kind that is most behind its share comes next."""
    done = {name: 0 for name, _, _ in KINDS}
    total = 1
    while True:
        name, _, gen = max(KINDS, key=lambda k: k[1] * total - done[k[0]] + rng.random())
        doc = gen(rng)
        n = count_tokens(doc)
        if n > MAX_DOC:
            continue
        done[name] += n
        total += n
        yield name, doc


def sample_text(seed: int, n: int) -> Iterator[str]:
    """Texts to train a vocabulary on: documents counted in characters."""
    rng = random.Random(seed)
    it = documents(rng, lambda d: sum(len(m[1]) for m in d) // 4)
    for _ in range(n):
        for _, text, _ in next(it)[1]:
            yield text


def encode(tok, doc: list[Message]) -> list[int]:
    """A document as packed tokens, in the format of the chat template."""
    out: list[int] = []
    head = {r: len(tok.encode(r + "\n")) for r in ("user", "assistant", "system")}
    for role, text, weight in doc:
        w = WEIGHTS.index(weight) << 11
        if not role:
            out += [t | w for t in tok.encode(text)]
            continue
        ids = tok.encode(role + "\n" + text)
        h = head[role]
        out.append(tok.im_start)
        out += ids[:h]
        out += [t | w for t in ids[h:]]
        out.append(tok.im_end | w)
        out += tok.encode("\n")
    if not doc[-1][0]:
        out.append(tok.eos_text | WEIGHTS.index(1.0) << 11)
    out[0] |= START_BIT
    return out


def rows(tok, seed: int, row: int = ROW, bins: int = 24) -> Iterator[list[int]]:
    """Endless rows of exactly `row` packed tokens; documents are never cut, gaps are filled with <|endoftext|>."""
    rng = random.Random(seed)
    count: list[int] = []

    def n_tokens(doc: list[Message]) -> int:
        count[:] = encode(tok, doc)
        return len(count)
    open_rows: list[list[int]] = [[] for _ in range(bins)]
    for _ in documents(rng, n_tokens):
        ids = list(count)
        fit = [r for r in open_rows if len(r) + len(ids) <= row]
        if fit:
            best = max(fit, key=len)
            best += ids
        else:
            full = max(open_rows, key=len)
            yield full + [tok.eos_text | START_BIT] * (row - len(full))
            full[:] = ids


def main() -> None:
    ap = argparse.ArgumentParser(description="print samples of the corpus, or count it")
    ap.add_argument("--show", type=int, default=0, help="print this many documents")
    ap.add_argument("--kind", default="", help="only documents of this kind")
    ap.add_argument("--count", type=int, default=0, help="rows to pack for statistics")
    ap.add_argument("--tokenizer", type=Path)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args()
    rng = random.Random(a.seed)
    it = documents(rng, lambda d: sum(len(m[1]) for m in d) // 4)
    shown = 0
    while shown < a.show:
        name, doc = next(it)
        if a.kind and name != a.kind:
            continue
        shown += 1
        print(f"=== {name}")
        for role, text, weight in doc:
            print(f"{role or 'text'} [{weight}]: {text}")
    if a.count:
        import time
        from tokenizer import Tokenizer
        tok = Tokenizer.load(a.tokenizer)
        t0 = time.time()
        n = pad = taught = 0
        classes: Counter[int] = Counter()
        for i, r in enumerate(rows(tok, a.seed)):
            n += len(r)
            classes.update((t >> 11) & 3 for t in r)
            pad += sum(t == (tok.eos_text | START_BIT) for t in r)
            if i + 1 == a.count:
                break
        dt = time.time() - t0
        print(f"{n} tokens in {dt:.1f} s ({n / dt:.0f} per second), {pad / n:.1%} padding, weight classes {dict(classes)}")


if __name__ == "__main__":
    main()
