"""The evaluation prompts, from a fixed seed: held-out operands and phrasings, and fresh random values. Plain Python."""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field

from demo_corpus import arithmetic, dialog, facts, lookup, smalltalk, stories
from demo_corpus.grammar import noise

SEED = 20_26


@dataclass
class Item:
    task: str
    messages: list[dict]
    want: str = ""                 # what the reply must hold (see `passes`)
    how: str = "contains"          # contains | last_number | regex | intent
    expect: str = ""               # the reply word for word, where there is only one
    max_tokens: int = 96
    id: int = 0
    extra: dict = field(default_factory=dict)

    def request(self) -> dict:
        return {"id": self.id, "messages": self.messages, "max_tokens": self.max_tokens}


def _chat(user: str, before: list[dialog.Message] | None = None) -> list[dict]:
    out = [{"role": r, "content": t} for r, t, _ in before or []]
    return out + [{"role": "user", "content": user}]


def approx_tokens(text: str) -> float:
    """Tokens of a list, roughly: digits and marks one each, a word by its length."""
    words = sum(max(1.0, (len(w) + 1) / 3.0) for w in re.findall(r"[A-Za-z]+", text))
    return words + len(re.findall(r"[0-9]", text)) + len(re.findall(r"[^A-Za-z0-9\s]", text)) * 0.9 + text.count("\n") * 0.8


def _arith(rng: random.Random, n: int) -> list[Item]:
    out = []
    for op, task in (("+", "arithmetic: sum"), ("-", "arithmetic: difference"), ("×", "arithmetic: product"), ("/", "arithmetic: division")):
        for _ in range(n if op != "/" else n // 2):
            t, op_, a, b = arithmetic.question(rng, "test", op)
            how = "last_number" if op != "/" else "contains"
            want = str(arithmetic.result(op, a, b)) if op != "/" else t.answer.rsplit("= ", 1)[1].rstrip(".")
            out.append(Item(task, _chat(t.user), want, how, t.answer))
    return out


def _facts(rng: random.Random) -> list[Item]:
    out = []
    for held in (False, True):
        for sec, i in facts.all_facts():
            t = facts.ask(rng, sec, i, held)
            want = t.answer if sec in ("Questions", "What things are") else t.short
            out.append(Item("facts: held-out phrasing" if held else "facts: seen phrasing", _chat(t.user), want, "contains", t.answer))
    return out


def list_case(rng: random.Random, distance: int) -> tuple[str, lookup.Case, int]:
    """A list in which one entry stands about `distance` tokens before the end. Returns text, case, entry."""
    n = 4
    while True:
        c = lookup.make(rng, n)
        c.joint = "\n"
        if len(c.lines) != len(c.entries):
            continue
        total = approx_tokens(c.text())
        if total > distance * 1.05 + 12 or n > 600:
            break
        n = int(n * 1.1) + 1
    back = 0.0
    for i in range(len(c.lines) - 1, -1, -1):
        back += approx_tokens(c.lines[i]) + 1
        if back >= distance:
            break
    first = max(0, i - rng.randint(0, 12))       # not much in front of the entry, so that the prompt stays short
    c.lines, c.entries = c.lines[first:], c.entries[first:]
    return c.text(), c, i - first


def _lookup(rng: random.Random, n: int) -> list[Item]:
    out = []
    for distance in (50, 100, 500, 1000, 2000):
        for j in range(n):
            text, c, i = list_case(rng, distance)
            t = lookup.ask(rng, c, "test", i)
            if j % 4 == 3:        # something else in between
                before = [("user", text, 0), ("assistant", lookup.ACK[0], 0)] + dialog.small_turn(rng)
                out.append(Item(f"lookup: {distance} tokens back", _chat(t.user, before), t.short, "contains", t.answer))
            else:
                out.append(Item(f"lookup: {distance} tokens back", _chat(text + "\n\n" + t.user), t.short, "contains", t.answer))
    for _ in range(n):
        msgs = dialog.haystack_chat(rng, rng.choice((600, 2000, 4000)))
        *before, (_, user, _), (_, ans, _) = msgs
        out.append(Item("lookup: sentence in a text", _chat(user, before), ans, "contains", ans))
    return out


def _memory(rng: random.Random, n: int) -> list[Item]:
    out = []
    tells = ["my_name", "my_city", "my_job", "my_hobby", "my_food", "my_color", "my_pet_named"]
    for turns in (1, 3, 6, 12):
        for _ in range(n):
            talk = smalltalk.Talk(rng, plain=True)
            tell = rng.choice(["my_name"] * 5 + tells)
            it = smalltalk.INTENTS[tell]
            u, a, keep = talk.by_intent(it, rng.choice(it.users + it.tests))
            before: list[dialog.Message] = [("user", u, 0), ("assistant", a, 0)]
            for _ in range(turns):
                before += dialog.small_turn_keep(rng, talk)
            back = smalltalk.INTENTS[{"my_pet_named": "recall_pet_name"}.get(tell, tell.replace("my_", "recall_"))]
            user, ans, _ = talk.by_intent(back, rng.choice(back.users + back.tests))
            key = {"my_pet_named": "my_pet_name"}.get(tell, tell)
            out.append(Item(f"memory: {turns} exchanges later", _chat(user, before), talk.memory[key], "contains", ans))
    return out


def _smalltalk(rng: random.Random, n: int) -> list[Item]:
    out = []
    for it in smalltalk.INTENTS.values():
        for form in it.tests:
            for _ in range(n):
                talk = smalltalk.Talk(rng, plain=True)
                if not talk._allowed(it):
                    continue
                user, _, keep = talk.by_intent(it, form)
                out.append(Item("small talk: held-out phrasing", _chat(noise(rng, user, keep)), it.name, "intent"))
        for _ in range(n):
            talk = smalltalk.Talk(rng, plain=True)
            if not talk._allowed(it) or it.name == "recall_all":
                continue
            user, _, keep = talk.by_intent(it)
            out.append(Item("small talk: seen phrasing", _chat(noise(rng, user, keep)), it.name, "intent"))
    for _ in range(60 * n):
        talk = smalltalk.Talk(rng, plain=True)
        before: list[dialog.Message] = []
        u, a, keep = talk.by_intent(talk.pick(start=True))
        before += [("user", u, 0), ("assistant", a, 0)]
        for _ in range(rng.randint(2, 6)):
            u, a, keep = talk.step()
            before += [("user", noise(rng, u, keep), 0), ("assistant", a, 0)]
        while True:
            it = talk.pick()
            if it.tests and not it.sets and "recall" not in it.name:
                break
        u, a, keep = talk.by_intent(it, rng.choice(it.tests))
        out.append(Item("small talk: later in a conversation", _chat(u, before), it.name, "intent"))
    return out


def _other(rng: random.Random, n: int) -> list[Item]:
    out = []
    for _ in range(n):
        t = facts.unknown(rng)
        out.append(Item("honesty: question about unknown things", _chat(t.user), r"(do not know|never heard|sorry|too big)", "regex"))
    for _ in range(n):
        name = rng.choice(facts.words.NAMES)
        sys = dialog.expand(rng.choice(dialog.NAMED), rng, {"n": name})
        q = rng.choice(smalltalk.INTENTS["your_name"].tests + ["What is your name?", "who are you?"])
        out.append(Item("system prompt: name", [{"role": "system", "content": sys}] + _chat(q), name, "contains"))
    for _ in range(n):
        sec, i = rng.choice(facts.all_facts())
        while sec in ("What things are", "Questions"):
            sec, i = rng.choice(facts.all_facts())
        t = facts.ask(rng, sec, i)
        out.append(Item("system prompt: one word", [{"role": "system", "content": rng.choice(dialog.ONE_WORD)}] + _chat(t.user), "^" + re.escape(t.short) + r"[.!]?$", "regex", t.short))
    for _ in range(n):
        from demo_corpus import skills
        t = skills.turns(rng)[0]
        out.append(Item("skills: spell, sort, count, read", _chat(t.user), t.answer, "contains", t.answer))
    return out


def build(scale: float = 1.0, seed: int = SEED) -> list[Item]:
    """All items in a fixed order. `scale` thins the tasks that can have any number of items."""
    rng = random.Random(seed)
    n = max(2, int(100 * scale))
    items = _arith(rng, 2 * n) + _facts(rng) + _lookup(rng, n) + _memory(rng, n // 2) + _smalltalk(rng, max(1, int(2 * scale))) + _other(rng, n)
    for i, it in enumerate(items):
        it.id = i
    return items


def passes(item: Item, reply: str) -> bool:
    r = reply.strip()
    if item.how == "last_number":
        nums = re.findall(r"-?\d+", r.replace("−", "-"))
        return bool(nums) and nums[-1] == item.want
    if item.how == "regex":
        return re.search(item.want, r, re.I) is not None
    if item.how == "intent":
        return smalltalk.accepts(smalltalk.INTENTS[item.want], r)
    want = item.want.rstrip(".").lower()
    return re.search(r"(?<![0-9a-z])" + re.escape(want) + r"(?![0-9a-z])", r.lower()) is not None


def to_json(item: Item) -> dict:
    return asdict(item)
