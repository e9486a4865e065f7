#!/usr/bin/env python3
"""Prints the accuracy of a model per task, on the prompts of evalset.py. Needs only Python's standard library.

    eval.py models/demo-qwen3.gguf --program build/release/bin/rocmforge
    eval.py models/demo-qwen3.gguf --share 0.2 -- --sequences 4                     a fifth of the prompts; program arguments after --
    eval.py --write-requests requests.jsonl                                         for another engine, ...
    eval.py --answers answers.jsonl                                                 ... and its answers scored
    eval.py --answers answers.jsonl --draft models/demo-draft.gguf                  also: how often the draft is right; the
                                                                                    answers must have token ids (generate.py)

The program is run once as `PROGRAM run -m MODEL --temp 0 --batch REQUESTS` and prints one JSON object a line:
{"id": n, "text": "..."}; requests are {"id", "messages", "max_tokens"}. Answers are greedy, so a run repeats exactly.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import evalset  # noqa: E402


def subset(items: list[evalset.Item], share: float) -> list[evalset.Item]:
    """Of each task `share` of its items, evenly spread over it."""
    seen: dict[str, int] = {}
    out = []
    for it in items:
        i = seen.get(it.task, 0)
        seen[it.task] = i + 1
        if int((i + 1) * share + 1e-9) > int(i * share + 1e-9):
            out.append(it)
    return out


def run_program(program: str, model: str, items: list[evalset.Item], extra: list[str]) -> list[dict]:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as f:
        for it in items:
            f.write(json.dumps(it.request()) + "\n")
    r = subprocess.run([program, "run", "-m", model, "--temp", "0", "--batch", f.name, *extra], stdout=subprocess.PIPE, text=True)
    Path(f.name).unlink()
    if r.returncode != 0:
        sys.exit(f"{program} ended with code {r.returncode}")
    return [json.loads(x) for x in r.stdout.splitlines() if x.startswith("{")]


def score(items: list[evalset.Item], answers: dict[int, str]) -> tuple[dict[str, list[int]], list[tuple[evalset.Item, str]]]:
    table: dict[str, list[int]] = {}
    failed = []
    for it in items:
        ok = it.id in answers and evalset.passes(it, answers[it.id])
        row = table.setdefault(it.task, [0, 0])
        row[0] += ok
        row[1] += 1
        if not ok:
            failed.append((it, answers.get(it.id, "(no answer)")))
    return table, failed


def print_table(table: dict[str, list[int]]) -> None:
    print(f"{'task':45s} {'right':>7s} {'of':>5s} {'accuracy':>9s}")
    for task, (good, n) in table.items():
        print(f"{task:45s} {good:7d} {n:5d} {good / n:9.1%}")
    good, n = (sum(x) for x in zip(*table.values()))
    print(f"{'all':45s} {good:7d} {n:5d} {good / n:9.1%}")


def acceptance(program: str, draft: str, items: list[evalset.Item], answers: list[dict]) -> None:
    """Share of the model's tokens the draft would have proposed: argmax of the draft after the same tokens.

    Uses `PROGRAM logits DRAFT --tokens IDS --out FILE` and the token ids in the answers ("prompt_ids", "ids").
    """
    by_task: dict[str, list[int]] = {}
    tasks = {it.id: it.task.split(":")[0] for it in items}
    with tempfile.TemporaryDirectory() as d:
        for a in answers:
            p, ids = a["prompt_ids"], a["ids"]
            out = Path(d) / "logits.f32"
            subprocess.run([program, "logits", draft, "--tokens", ",".join(map(str, p + ids)), "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
            raw = out.read_bytes()
            n_vocab = len(raw) // 4 // (len(p) + len(ids))
            row = by_task.setdefault(tasks[a["id"]], [0, 0])
            for j, t in enumerate(ids):
                o = (len(p) + j - 1) * n_vocab * 4
                z = struct.unpack_from(f"<{n_vocab}f", raw, o)
                row[0] += max(range(n_vocab), key=z.__getitem__) == t
                row[1] += 1
    print()
    print(f"{'draft: tokens proposed as the model has them':45s} {'right':>7s} {'of':>5s} {'rate':>9s}")
    for task, (good, n) in by_task.items():
        print(f"{task:45s} {good:7d} {n:5d} {good / n:9.1%}")
    good, n = (sum(x) for x in zip(*by_task.values()))
    print(f"{'all':45s} {good:7d} {n:5d} {good / n:9.1%}")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("model", nargs="?")
    ap.add_argument("--program", default="rocmforge")
    ap.add_argument("--draft", help="a draft model: measure how often it agrees (needs token ids in the answers)")
    ap.add_argument("--scale", type=float, default=1.0, help="share of the prompts of each task")
    ap.add_argument("--share", type=float, default=1.0, help="ask only this share of the prompts of each task, always the same ones")
    ap.add_argument("--task", default="", help="only tasks whose name holds this")
    ap.add_argument("--failed", type=int, default=0, help="print this many wrong answers")
    ap.add_argument("--json", type=Path, help="write the table as JSON")
    ap.add_argument("--write-requests", type=Path)
    ap.add_argument("--answers", type=Path)
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    a = ap.parse_args(sys.argv[1:cut])
    rest = sys.argv[cut + 1:]
    items = subset([it for it in evalset.build(a.scale) if a.task in it.task], a.share)
    if a.write_requests:
        a.write_requests.write_text("".join(json.dumps(it.request()) + "\n" for it in items))
        print(f"{len(items)} requests")
        return
    if a.answers:
        answers = [json.loads(x) for x in a.answers.read_text().splitlines() if x.strip()]
    elif a.model:
        answers = run_program(a.program, a.model, items, rest)
    else:
        ap.error("give a model, or --write-requests, or --answers")
    table, failed = score(items, {x["id"]: x["text"] for x in answers})
    for it, text in failed[:a.failed] if a.failed else []:
        print(f"--- {it.task}: {it.messages[-1]['content'][-200:]!r}\n    wanted {it.want!r}\n    got    {text!r}")
    print_table(table)
    if a.json:
        a.json.write_text(json.dumps({t: {"right": g, "of": n} for t, (g, n) in table.items()}, indent=1))
    if a.draft:
        known = {it.id for it in items}
        with_ids = [x for x in answers if x.get("ids") and x["id"] in known]
        if not with_ids:
            sys.exit("--draft needs answers with \"prompt_ids\" and \"ids\", as generate.py writes them")
        some = with_ids[::max(1, len(with_ids) // 200)]
        acceptance(a.program, a.draft, items, some)


if __name__ == "__main__":
    main()
