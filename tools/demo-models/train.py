#!/usr/bin/env python3
"""Trains one of the demo models from scratch, for a given number of seconds, and writes checkpoint and GGUF.

    train.py --model demo-qwen3 --seconds 540 --out OUT
    train.py --model demo-draft --seconds 240 --teacher OUT/demo-qwen3.0.pt OUT/demo-qwen3.1.pt --out OUT

Worker processes generate the corpus while it is being learned, so that no text is seen twice. The learning rate falls
linearly to zero at the end of the given time. On a CPU it runs too (for tests): --device cpu --rows 1.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing as mp
import os
import queue
import time
from pathlib import Path

import numpy as np

START = time.time()


def producer(out: mp.Queue, tokenizer: str, seed: int, n_rows: int) -> None:
    """Packs rows for ever; one queue entry is one training step."""
    from corpus import ROW, rows
    from tokenizer import Tokenizer
    it = rows(Tokenizer.load(Path(tokenizer)), seed)
    while True:
        batch = np.empty((n_rows, ROW), np.uint16)
        for i in range(n_rows):
            batch[i] = next(it)
        out.put(batch)


def lr_at(f: float, warm: float = 0.02) -> float:
    """Share of the peak learning rate at share f of the training time."""
    return f / warm if f < warm else max(0.0, (1.0 - f) / (1.0 - warm))


def pack_items(tok, items, row: int):
    """Evaluation items with a known reply -> packed rows, and (row, first, last, task) of each reply."""
    from corpus import encode
    rows_, spans, cur = [], [], []
    for it in items:
        doc = [(m["role"], m["content"], 0.0) for m in it.messages]
        ids = encode(tok, doc + [("assistant", it.expect, 1.0)])[:-1]     # the newline after the end belongs to no reply
        if len(ids) > row:
            continue
        if len(cur) + len(ids) > row:
            rows_.append(cur)
            cur = []
        n = sum(1 for t in ids if (t >> 11) & 3)
        spans.append((len(rows_), len(cur) + len(ids) - n, len(cur) + len(ids), it.task))
        cur = cur + ids
    rows_.append(cur)
    pad = tok.eos_text | 0x8000
    return np.array([r + [pad] * (row - len(r)) for r in rows_], np.uint16), spans


def save(model, c, out: Path, tok, parts: int = 2) -> None:
    """bf16 checkpoint in `parts` files, and the GGUF."""
    import torch
    from export import write_gguf
    raw = getattr(model, "_orig_mod", model)
    state = {k: v.detach().to("cpu", torch.bfloat16) for k, v in raw.state_dict().items()}
    names = list(state)
    size = sum(v.numel() for v in state.values())
    groups: list[dict] = [{} for _ in range(parts)]
    done = 0
    for n in names:
        groups[min(parts - 1, done * parts // size)][n] = state[n]
        done += state[n].numel()
    for i, g in enumerate(groups):
        torch.save({"config": c.to_dict(), "state": g}, out / f"{c.name}.{i}.pt")
    bytes_ = write_gguf(out / f"{c.name}.gguf", c, {k: v.detach().float().cpu().numpy() for k, v in raw.state_dict().items()}, tok)
    print(f"saved {c.name}: {size} parameters, GGUF {bytes_} bytes", flush=True)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--seconds", type=float, required=True, help="wall clock for everything but the last export")
    ap.add_argument("--out", required=True, type=Path)
    ap.add_argument("--tokenizer", type=Path, help="made if missing")
    ap.add_argument("--teacher", nargs="*", type=Path, default=[], help="checkpoint parts of a model to learn from")
    ap.add_argument("--init", nargs="*", type=Path, default=[], help="checkpoint parts to go on from")
    ap.add_argument("--rows", type=int, default=32, help="rows of 4096 tokens in a step")
    ap.add_argument("--lr", type=float, default=0.0)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    ap.add_argument("--device", default="cuda")
    ap.add_argument("--compile", default="block", choices=("block", "full", "attention"), help="what torch.compile gets: each layer, the whole network, or attention alone")
    ap.add_argument("--kd", type=float, default=0.7, help="share of the teacher in the loss")
    ap.add_argument("--steps", type=int, default=0, help="stop after this many steps (tests)")
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    tok_path = a.tokenizer or a.out / "tokenizer.json"
    if not tok_path.exists():
        import subprocess
        import sys
        subprocess.run([sys.executable, str(Path(__file__).parent / "tokenizer.py"), "--out", str(tok_path)], check=True)
    ctx = mp.get_context("fork")
    feed: mp.Queue = ctx.Queue(maxsize=4 * a.workers)
    crew = [ctx.Process(target=producer, args=(feed, str(tok_path), a.seed * 1000 + i, a.rows), daemon=True) for i in range(a.workers)]
    for p in crew:
        p.start()

    import torch
    import torch.nn.functional as F
    import evalset
    from corpus import ROW, WEIGHTS
    from export import load_parts
    from model import CONFIGS, Config, Model, dense_attention, dense_mask, unpack
    from tokenizer import Tokenizer
    torch.manual_seed(a.seed)
    tok = Tokenizer.load(tok_path)
    c = CONFIGS[a.model]
    assert c.vocab == tok.n_vocab, (c.vocab, tok.n_vocab)
    cuda = a.device == "cuda"
    attend, make_mask = dense_attention, dense_mask
    if cuda:
        torch.set_float32_matmul_precision("high")
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention
        flex = torch.compile(flex_attention, dynamic=False) if a.compile == "attention" else flex_attention
        block_mask = torch.compile(create_block_mask, dynamic=False)
        docs = torch.zeros(a.rows, ROW, dtype=torch.int32, device=a.device)   # one buffer, so that nothing is compiled twice

        def attend(q, k, v, mask):
            return flex(q, k, v, block_mask=mask, enable_gqa=True)

        def same_document(b, h, i, j):
            return (docs[b, i] == docs[b, j]) & (i >= j)

        def make_mask(doc):
            docs.copy_(doc)
            return block_mask(same_document, a.rows, None, ROW, ROW, device=a.device)

    def build(config, parts):
        m = Model(config, attend).to(a.device)
        if parts:
            m.load_state_dict({k: v.float() for k, v in load_parts(parts)[1].items()})
        if cuda and a.compile == "block":
            for b in m.layers:
                b.compile(dynamic=False)
        return torch.compile(m, dynamic=False) if cuda and a.compile == "full" else m
    model = build(c, a.init)
    teacher = None
    if a.teacher:
        teacher = build(Config(**load_parts(a.teacher)[0]), a.teacher).eval().requires_grad_(False)
    mats = [p for p in model.parameters() if p.dim() == 2]
    vecs = [p for p in model.parameters() if p.dim() != 2]
    lr = a.lr or {"demo-qwen3": 3e-3, "demo-llama": 1.5e-3, "demo-draft": 4e-3}.get(a.model, 3e-3)
    opt = torch.optim.AdamW([{"params": mats, "weight_decay": 0.1}, {"params": vecs, "weight_decay": 0.0}], lr=lr, betas=(0.9, 0.95), **({"fused": True} if cuda else {}))
    weights = torch.tensor(WEIGHTS, device=a.device)
    print(f"{c.name}: {sum(p.numel() for p in model.parameters())} parameters, {a.workers} workers, ready after {time.time() - START:.1f} s", flush=True)

    def prepare(batch: np.ndarray):
        x = torch.from_numpy(batch.astype(np.int32))
        if cuda:
            x = x.pin_memory().to(a.device, non_blocking=True)
        tokens, cls, doc, pos = unpack(x.long())
        w = weights[cls[:, 1:]] * (doc[:, 1:] == doc[:, :-1])
        return tokens, pos, make_mask(doc), w

    def hard(logits, tokens, w):
        z, w = logits[:, :-1].float().flatten(0, 1), w.flatten()
        return (F.cross_entropy(z, tokens[:, 1:].flatten(), reduction="none") * w).sum() / w.sum()

    def soft(logits, goal, tokens, w):
        ce = hard(logits, tokens, w)
        z, g, w = F.log_softmax(logits[:, :-1].float().flatten(0, 1), -1), F.log_softmax(goal[:, :-1].float().flatten(0, 1), -1), w.flatten()
        kd = ((g.exp() * (g - z)).sum(-1) * w).sum() / w.sum()
        return a.kd * kd + (1 - a.kd) * ce, ce

    if cuda:
        hard, soft = torch.compile(hard, dynamic=False), torch.compile(soft, dynamic=False)

    def losses(batch: np.ndarray):
        tokens, pos, mask, w = prepare(batch)
        with torch.autocast(a.device, dtype=torch.bfloat16, enabled=cuda):
            logits = model(tokens, pos, mask)
            if teacher is not None:
                with torch.no_grad():
                    goal = teacher(tokens, pos, mask)
        if teacher is None:
            ce = hard(logits, tokens, w)
            return ce, ce
        return soft(logits, goal, tokens, w)

    step, seen, first, first_step_time = 0, 0, None, 0.0
    log_loss, log_n, log_t, log_seen = 0.0, 0, time.time(), 0
    while True:
        now = time.time()
        if first is None and step == 3:        # compiled and warm: the schedule begins here
            if cuda:
                torch.cuda.synchronize()
            first = time.time()
            log_t, log_seen = first, seen
            print(f"first steps done after {first - START:.1f} s, queue {feed.qsize()}", flush=True)
        f = 0.0 if first is None else (now - first) / max(1e-9, a.seconds - (first - START))
        if f >= 1.0 or (a.steps and step >= a.steps):
            break
        for g in opt.param_groups:
            g["lr"] = lr * max(lr_at(f), 1e-3)
        batch = feed.get()
        loss, ce = losses(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad(set_to_none=True)
        step += 1
        seen += batch.size
        if step % 10 == 0:
            log_loss += ce.item()
            log_n += 1
        if step % 200 == 0 or (step < 200 and step % 50 == 0):
            t = time.time()
            print(f"step {step} f {f:.3f} loss {log_loss / max(1, log_n):.4f} lr {opt.param_groups[0]['lr']:.5f} {(seen - log_seen) / (t - log_t) / 1e6:.3f} Mtok/s total {seen / 1e6:.0f}M queue {feed.qsize()} t {t - START:.0f}", flush=True)
            if not math.isfinite(log_loss):
                raise SystemExit("the loss is not finite")
            log_loss, log_n, log_t, log_seen = 0.0, 0, t, seen
    for p in crew:
        p.terminate()
    save(model, c, a.out, tok)
    print(f"trained on {seen / 1e6:.1f}M tokens in {step} steps, {time.time() - START:.0f} s", flush=True)

    # how often the whole reply is the most probable one, token for token
    items = [i for i in evalset.build(1.0 if cuda else 0.02) if i.expect]
    packed, spans = pack_items(tok, items, ROW)
    hits = []
    for i in range(0, len(packed), a.rows):      # with gradients on, so that nothing is compiled again
        part = packed[i:i + a.rows]
        n = len(part)
        if n < a.rows:
            part = np.concatenate([part, np.repeat(packed[:1], a.rows - n, 0)])
        tokens, pos, mask, _ = prepare(part)
        with torch.autocast(a.device, dtype=torch.bfloat16, enabled=cuda):
            best = model(tokens, pos, mask)[:, :-1].argmax(-1)
        hits.append((best == tokens[:, 1:]).cpu().numpy()[:n])
    hit = np.concatenate(hits)
    table: dict[str, list[int]] = {}
    for r, lo, hi, task in spans:
        row = table.setdefault(task, [0, 0])
        row[0] += int(hit[r, lo - 1:hi - 1].all())
        row[1] += 1
    for task, (good, n) in table.items():
        print(f"  {task:45s} {good / n:7.2%} of {n}")
    print(f"done after {time.time() - START:.0f} s", flush=True)


if __name__ == "__main__":
    main()
