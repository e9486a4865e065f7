#!/usr/bin/env python3
"""Records what jinja2, set up as transformers does, makes of our templates, for the unit tests.

Usage: python3 tests/data/jinja/record.py
Writes the files recorded_*.jsonl beside this script: the small templates of expressions.txt and
statements.txt and some random ones with variables.json, and templates/*.jinja with the
conversations. recorded_numbers.jsonl and recorded_unicode.json hold what Python itself makes of
random numbers and of all characters. Needs python3-jinja2.
"""
import json
import pathlib
import random
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "peers"))
import jinja_oracle  # noqa: E402
import jinja_random  # noqa: E402

NOW = "2025-03-09T04:05:06"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


def read(name):
    # Only "\n" ends a line: the templates hold other line breaks.
    return (HERE / name).read_text(encoding="utf-8").split("\n")


def write(name, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (HERE / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(text)} bytes")


def answered(row, template, variables, **more):
    answer = jinja_oracle.answer({"template": template, "variables": variables, "now": NOW, **more})
    answer.pop("type", None)
    return {**row, **answer}


def small():
    variables = json.loads((HERE / "variables.json").read_text(encoding="utf-8"))
    lines = [line for line in read("expressions.txt") if line and not line.startswith("# ")]
    blocks = "\n".join(read("statements.txt")).split("\n----\n")
    for template in lines + blocks:
        yield answered({"template": template}, template, variables)


def random_ones(count, seed):
    maker = jinja_random.Maker(random.Random(seed))
    made = 0
    while made < count:
        template = f"{{{{ {maker.expression(3)} }}}}" if made % 3 else maker.statement(2)
        row = answered({"template": template}, template, jinja_random.VARIABLES, optimized=False)
        # Errors teach little: one in ten is enough.
        if len(template) < 200 and ("text" in row or maker.rng.random() < 0.1):
            made += 1
            yield row


def chats():
    conversations = json.loads((HERE / "conversations.json").read_text(encoding="utf-8"))
    for file in sorted((HERE / "templates").glob("*.jinja")):
        for conversation in conversations:
            for prompt in (True, False):
                variables = {**TOKENS, "add_generation_prompt": prompt, **conversation["request"]}
                row = {"template": file.name, "conversation": conversation["name"],
                       "add_generation_prompt": prompt}
                yield answered(row, file.read_text(encoding="utf-8"), variables)


def numbers(rng):
    for _ in range(200):
        bits = rng.getrandbits(64)
        value = struct.unpack("<d", struct.pack("<Q", bits))[0]
        yield {"bits": f"{bits:016x}", "repr": repr(value)}
    for _ in range(150):
        value = rng.uniform(-1, 1) * 10 ** rng.randint(-6, 20)
        digits = rng.randint(-6, 8)
        yield {"value": repr(value), "digits": digits, "rounded": repr(round(value, digits))}
    for _ in range(120):
        a = rng.randint(-10 ** rng.randint(1, 60), 10 ** rng.randint(1, 60))
        b = rng.randint(-10 ** rng.randint(1, 40), 10 ** rng.randint(1, 40)) or 1
        yield {"a": str(a), "b": str(b), "sum": str(a + b), "difference": str(a - b),
               "product": str(a * b), "quotient": str(a // b), "remainder": str(a % b),
               "ratio": repr(a / b), "float": repr(float(a)), "hex": f"{abs(a):x}"}


def unicode_facts():
    """Per property: how many characters have it, and a checksum of which; per mapping of what."""
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    out = {}
    for name in ("isalpha", "isdecimal", "isdigit", "isnumeric", "isalnum", "isspace", "isupper",
                 "islower", "istitle", "isprintable"):
        having = [c for c in points if getattr(chr(c), name)()]
        out[name] = {"count": len(having),
                     "crc32": zlib.crc32(b"".join(struct.pack("<I", c) for c in having))}
    for name in ("upper", "lower", "title", "capitalize", "swapcase", "casefold"):
        text = "".join(getattr(chr(c), name)() + "\n" for c in points)
        out[name] = {"crc32": zlib.crc32(text.encode("utf-8"))}
    for sample in ("ΌΣΟΣ ΣΑΣ Σ.Σ", "they're o'neill's x2y ǆabc", "ΑΣ'Σ ΑΣ", "ﬁx ŉ İstanbul ß"):
        out[sample] = {name: getattr(sample, name)()
                       for name in ("upper", "lower", "title", "capitalize", "swapcase", "casefold")}
    return out


def main():
    write("recorded_small.jsonl", small())
    write("recorded_random.jsonl", random_ones(700, 5))
    write("recorded_chats.jsonl", chats())
    write("recorded_numbers.jsonl", numbers(random.Random(3)))
    write("recorded_unicode.json", [unicode_facts()])


if __name__ == "__main__":
    main()
