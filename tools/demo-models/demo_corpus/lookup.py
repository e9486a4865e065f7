"""Lists in the prompt and questions about them: values are random, so an answer must be read from the context.

A case is a `Case`: the list as text, and questions about its entries. `chat` turns it into messages: the list in the
user's message or the system prompt, the question in the same message or some turns later.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from . import words
from .facts import Turn
from .grammar import chatty, expand

# ------------------------------------------------------------------------------------------------ keys and values
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _digits(rng: random.Random, lo: int, hi: int) -> str:
    n = rng.randint(lo, hi)
    return str(rng.randint(10 ** (n - 1) if n > 1 else 0, 10 ** n - 1))


def _code(rng: random.Random) -> str:
    return rng.choice((
        rng.choice(_ALNUM) + _digits(rng, 1, 3), rng.choice(_ALNUM) + rng.choice(_ALNUM) + _digits(rng, 2, 4),
        rng.choice(_ALNUM) + "-" + _digits(rng, 2, 3), "".join(rng.choice(_ALNUM) for _ in range(rng.randint(3, 5))),
        words.pseudo_word(rng) + _digits(rng, 1, 2)))


KEYS = {
    "name": lambda r: r.choice(words.NAMES), "word": lambda r: r.choice(words.COMMON),
    "pseudo": lambda r: words.pseudo_word(r), "Pseudo": lambda r: words.pseudo_word(r).capitalize(),
    "fruit": lambda r: r.choice(words.FRUITS + words.FOODS), "animal": lambda r: r.choice(words.ANIMALS),
    "object": lambda r: r.choice(words.OBJECTS), "city": lambda r: r.choice(words.CITIES), "code": _code,
    "item": lambda r: r.choice(("item", "room", "box", "page", "line", "key", "door", "entry", "seat")) + " " + _digits(r, 1, 3),
    "two": lambda r: r.choice(words.ADJECTIVES) + " " + r.choice(words.OBJECTS + words.ANIMALS),
    "full": lambda r: r.choice(words.NAMES) + " " + words.pseudo_word(r).capitalize(), "number": lambda r: _digits(r, 2, 4),
    "color": lambda r: r.choice(list(words.COLORS)) + " " + r.choice(words.OBJECTS), "job": lambda r: r.choice(words.JOBS),
    "var": lambda r: r.choice(("a", "b", "x", "y", "key", "val", "id", "n")) + "_" + _digits(r, 1, 3),
}
KEY_WEIGHTS = [("name", 14), ("word", 14), ("pseudo", 8), ("Pseudo", 5), ("fruit", 10), ("animal", 7), ("object", 8), ("city", 6), ("code", 7),
               ("item", 6), ("two", 4), ("full", 4), ("number", 2), ("color", 3), ("job", 4), ("var", 3)]
VALUES = {
    "num": lambda r: _digits(r, 1, 6), "num4": lambda r: _digits(r, 4, 4), "num2": lambda r: _digits(r, 2, 3),
    "word": lambda r: r.choice(words.COMMON), "pseudo": lambda r: words.pseudo_word(r), "name": lambda r: r.choice(words.NAMES), "code": _code,
    "city": lambda r: r.choice(words.CITIES), "color": lambda r: r.choice(list(words.COLORS)), "food": lambda r: r.choice(words.FOODS),
    "price": lambda r: "$" + _digits(r, 1, 3) + r.choice(("", ".", ".")).replace(".", "." + f"{r.randint(0, 99):02d}"),
    "time": lambda r: f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}", "phone": lambda r: f"{r.randint(100, 999)}-{r.randint(1000, 9999)}",
    "two": lambda r: r.choice(words.ADJECTIVES) + " " + r.choice(words.OBJECTS), "age": lambda r: str(r.randint(1, 99)),
    "amount": lambda r: str(r.randint(1, 30)) if r.random() < 0.4 else str(r.choice((1, 2, 3, 4, 5, 6, 10, 12, 100, 200, 250, 500, 750, r.randint(1, 999)))) + " " + r.choice(("g", "kg", "liters", "l", "ml", "bags", "boxes", "bottles", "pieces", "cups", "cans", "packs", "loaves", "pounds", "spoons")),
    "hobby": lambda r: r.choice(words.HOBBIES), "animal": lambda r: r.choice(words.ANIMALS),
}
# noun of the value -> kinds of values, and the kinds of keys it goes with ('' = any)
NOUNS = {
    "value": (["num", "num4", "word", "pseudo", "code", "num2", "two"], ""), "code": (["num4", "code", "num"], ""), "number": (["num", "num2", "num4"], ""),
    "phone number": (["phone", "num"], "name full Pseudo"), "price": (["price", "num2"], "fruit object two color"), "room": (["num2", "code"], "name full Pseudo job"),
    "colour": (["color"], "name object animal fruit item"), "password": (["pseudo", "code", "word"], "name full code word"), "age": (["age"], "name full Pseudo"),
    "city": (["city"], "name full Pseudo job"), "key": (["code", "num4", "pseudo"], ""), "score": (["num2", "num"], "name full Pseudo"), "id": (["num", "code", "num4"], ""),
    "time": (["time"], "name city full job"), "secret word": (["word", "pseudo"], "name full"), "hobby": (["hobby"], "name full Pseudo"),
    "favourite food": (["food"], "name full Pseudo"), "pet": (["animal"], "name full Pseudo"), "weight": (["num2"], "animal object fruit"), "owner": (["name"], "object two color item"), "amount": (["amount"], "fruit object word"),
}
NOUN_WEIGHTS = [("value", 30), ("code", 12), ("number", 12), ("phone number", 6), ("price", 6), ("room", 3), ("colour", 4), ("password", 4), ("age", 4), ("city", 3), ("key", 3),
                ("score", 3), ("id", 3), ("time", 2), ("secret word", 2), ("hobby", 2), ("favourite food", 2), ("pet", 2), ("weight", 2), ("owner", 2), ("amount", 10)]


def plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def _weighted(rng: random.Random, table: list[tuple[str, int]]) -> str:
    return rng.choices([t[0] for t in table], [t[1] for t in table])[0]


LINES = ["{k}: {v}", "{k}: {v}", "{k}: {v}", "- {k}: {v}", "* {k}: {v}", "{k} = {v}", "{k}={v}", "{k} -> {v}", "{k} - {v}", "{i}. {k}: {v}", "\"{k}\": \"{v}\",", "{k},{v}",
         "| {k} | {v} |", "The {n} of {k} is {v}.", "The {n} for {k} is {v}.", "{k} has the {n} {v}.", "{k} ({v})", "{k}\t{v}", "{k}; {v}", "{k} {v}", "{k} {v}", "{k} is {v}", "{k} => {v}", "{k} | {v}", "{k}:{v}"]
INTRO = ["Here is a list[ of {ns}]:", "Here is (the|my) list[ of {ns}]:", "(Read|Remember|Look at|Study|Memorize) (this|the following) list[ of {ns}][ and answer the question(|s)][.|:]", "List:", "",
         "This is the table of {ns}:", "Here are some {ns}:", "Below is a list of {ns}.", "I give you a list[ of {ns}]:", "Please read this[ list]:", "Here is some data:",
         "(Use|Answer from) (this|the following) list:", "Data:", "Remember:", "(Remember|Note|Learn) this:", "(This|Here) is my [shopping ]list:", "Here are the facts:", "Keep this in mind:", "I will tell you some {ns}:", "[The ]{ns}:"]
ASK = ["What is the {n} (of|for) {k}?", "What is the {n} (of|for) {k}?", "Which {n} does {k} have?", "Tell me the {n} (of|for) {k}.", "What {n} does {k} have?", "[The ]{n} of {k}?", "(Give me|I need) the {n} (of|for) {k}[.|, please.]",
       "Do you remember the {n} (of|for) {k}?", "Look up the {n} (of|for) {k}.", "What was the {n} (of|for) {k}?", "Can you find the {n} (of|for) {k}[ in the list]?", "Which {n} (is|was) given for {k}?",
       "What {n} belongs to {k}?", "And the {n} (of|for) {k}?", "In the list[ above], what is the {n} (of|for) {k}?", "According to the list, what is the {n} (of|for) {k}?", "Please look in the list: (which|what) {n} has {k}?",
       "(Find|Search) {k} and tell me the {n}.", "(Which|What) {n} has {k}?", "(Which|What) is {k}'s {n}?", "{k}: (which|what) {n}?", "(Which|What) {n} do you see (for|next to|at) {k}?", "(Which|What) {n} stands (by|next to|behind) {k}?", "I want to know the {n} (of|for) {k}.",
       "For {k}, what is the {n}?", "(Which|What) {n} goes with {k}?", "Check the {n} (of|for) {k}.", "Could you tell me the {n} (of|for) {k}?", "From the list: {n} of {k}?", "What did the list say about the {n} (of|for) {k}?", "Repeat the {n} (of|for) {k}.", "Under {k}, (which|what) {n} is (written|listed|given)?"]
ASK_AMOUNT = ["How (many|much) {k} do I need?", "How (many|much) {k}?", "How (many|much) {k} should I buy?", "How (many|much) {k} (is|are) on the list?", "What amount of {k} do I need?", "And how (many|much) {k}?"]
ASK_IN = ["Is {k} (on|in) the list?", "Does the list (have|contain|include) {k}?", "Is there [an entry for ]{k} in the list?", "Can you see {k} in the list?", "(Do|Did) I (have|write|list) {k}?", "Is {k} there?"]
ASK_HELD = ["I am looking for the {n} of {k}.", "Say the {n} that belongs to {k}.", "What {n} did I write down for {k}?", "I forgot the {n} of {k}. What was it?"]
ASK_PLAIN = ["{k}?", "Look up {k}.", "What is {k}?", "Find {k} in the list.", "What does the list say (for|about) {k}?", "What comes (with|after) {k}?", "And {k}?", "What about {k}?", "What is listed for {k}?",
             "What is the value (of|for) {k}?", "What is next to {k}?"]
ASK_BACK = ["Which (entry|one|key) has the {n} {v}?", "Who or what has the {n} {v}?", "The {n} {v} belongs to (what|whom|which entry)?", "What has the {n} {v}?", "Who has {v}[ as {n}]?", "Who has the {n} {v}?", "Whose {n} is {v}?", "Which one has {v}?", "Who has {v} (points|{n}s)?", "{v} is the {n} of (whom|what|which one)?", "What is listed with {v}?", "Where do you see {v}?"]
ACK = ["I have read the list. What would you like to know?"]
ONLY = ["Answer with the {n} only.", "Just the {n}, please.", "Only the {n}.", "Answer in one word.", "Reply with only the {n}.", "Give only the {n}."]


@dataclass
class Case:
    noun: str
    entries: list[tuple[str, str]]
    lines: list[str]
    intro: str
    absent: list[str] = field(default_factory=list)
    joint: str = "\n"

    def text(self) -> str:
        if self.joint != "\n":
            return (self.intro + " " if self.intro else "") + self.joint.join(self.lines) + "."
        return (self.intro + "\n" if self.intro else "") + "\n".join(self.lines)


def make(rng: random.Random, n_entries: int) -> Case:
    noun = _weighted(rng, NOUN_WEIGHTS)
    kinds, fits = NOUNS[noun]
    vk = rng.choice(kinds)
    allowed = fits.split() if fits else [k for k, _ in KEY_WEIGHTS]
    kk = _weighted(rng, [(k, w) for k, w in KEY_WEIGHTS if k in allowed])
    mixed = n_entries > 25 and rng.random() < 0.5
    keys: dict[str, str] = {}
    tries = 0
    while len(keys) < n_entries + 2 and tries < 8 * n_entries + 40:
        tries += 1
        kind = kk
        if (mixed and rng.random() < 0.3) or tries > 3 * n_entries:
            kind = rng.choice(("pseudo", "two", "full", "code", "word"))
        keys.setdefault(KEYS[kind](rng), VALUES[vk](rng))
    items = list(keys.items())
    rng.shuffle(items)
    entries, absent = items[:max(1, len(items) - 2)], [k for k, _ in items[-2:]]
    line = rng.choice(LINES)
    lines = [line.format(k=k, v=v, n=noun, i=i + 1) for i, (k, v) in enumerate(entries)]
    if line.startswith("\""):
        lines = ["{"] + ["  " + x for x in lines] + ["}"] if rng.random() < 0.5 else lines
    joint = rng.choice((", ", "; ")) if line in ("{k}: {v}", "{k} = {v}", "{k} - {v}", "{k} -> {v}", "{k} {v}", "{k} is {v}") and rng.random() < (0.5 if line in ("{k} {v}", "{k} is {v}") else 0.15) and n_entries <= 40 else "\n"
    return Case(noun, entries, lines, expand(rng.choice(INTRO), rng, {"ns": plural(noun)}), absent, joint)


def answer(noun: str, key: str, value: str) -> str:
    return f"The {noun} of {key} is {value}."


def ask(rng: random.Random, case: Case, split: str = "train", index: int | None = None) -> Turn:
    k, v = case.entries[rng.randrange(len(case.entries)) if index is None else index]
    r = rng.random()
    n = case.noun
    if split == "test":
        q = expand(rng.choice(ASK + ASK_HELD), rng, {"n": n, "k": k})
        return Turn(q, answer(n, k, v), v)
    if case.noun == "amount" and r < 0.5:
        return Turn(expand(rng.choice(ASK_AMOUNT), rng, {"k": k}), answer(n, k, v), v)
    if r > 0.95:
        if rng.random() < 0.5 and case.absent:
            k = rng.choice(case.absent)
            return Turn(expand(rng.choice(ASK_IN), rng, {"k": k}), f"No, {k} is not in the list.", "No")
        return Turn(expand(rng.choice(ASK_IN), rng, {"k": k}), f"Yes, {k} is in the list.", "Yes")
    if r < 0.06 and case.absent:
        k = rng.choice(case.absent)
        q = expand(rng.choice(ASK), rng, {"n": n, "k": k})
        return Turn(q, f"{k} is not in the list.", "Not in the list")
    if r < 0.16 and sum(x[1] == v for x in case.entries) == 1:
        return Turn(expand(rng.choice(ASK_BACK), rng, {"n": n, "v": v}), f"{k} has the {n} {v}.", k)
    if r < 0.36:
        return Turn(expand(rng.choice(ASK_PLAIN), rng, {"k": k}), answer("value", k, v), v)
    q = chatty(rng, expand(rng.choice(ASK), rng, {"n": n, "k": k}))
    return Turn(q if rng.random() < 0.85 else q[:1].lower() + q[1:].rstrip("?."), answer(n, k, v), v)


def only(rng: random.Random, noun: str) -> str:
    return expand(rng.choice(ONLY), rng, {"n": noun})


# ------------------------------------------------------------------------------------------------ single facts in a text
_NEEDLES = [
    ("The {n} of {k} is {v}.", ["What is the {n} of {k}?", "Do you remember the {n} of {k}?", "Tell me the {n} of {k}."], "The {n} of {k} is {v}."),
    ("The secret word is {v}.", ["What is the secret word?", "Which word is secret?", "Tell me the secret word.", "What was the secret word[ again]?"], "The secret word is {v}."),
    ("The password is {v}.", ["What is the password?", "Which password did I give you?", "Tell me the password.", "What was the password[ again]?"], "The password is {v}."),
    ("The magic number is {v}.", ["What is the magic number?", "Tell me the magic number.", "Which number is magic?", "What was the magic number[ again]?"], "The magic number is {v}."),
    ("The code is {v}.", ["What is the code?", "Tell me the code.", "Which code did I give you?", "What was the code[ again]?"], "The code is {v}."),
    ("My {t} is {v}.", ["What is my {t}?", "Do you remember my {t}?", "Tell me my {t}.", "Which {t} do I have?"], "Your {t} is {v}."),
    ("The {o} is in the {p}.", ["Where is the {o}?", "Where did I put the {o}?", "In which place is the {o}?"], "The {o} is in the {p}."),
    ("{k} lives in {c}.", ["Where does {k} live?", "In which city does {k} live?"], "{k} lives in {c}."),
    ("The meeting is at {w}.", ["When is the meeting?", "At what time is the meeting?", "When does the meeting start?"], "The meeting is at {w}."),
    ("The train leaves at {w}.", ["When does the train leave?", "At what time does the train leave?"], "The train leaves at {w}."),
]


def needle(rng: random.Random) -> tuple[str, Turn]:
    """A sentence to remember and the question about it."""
    say, asks, ans = rng.choice(_NEEDLES)
    s = {"n": rng.choice(("value", "code", "number", "price", "key", "colour")), "k": rng.choice(words.NAMES) if rng.random() < 0.6 else words.pseudo_word(rng).capitalize(),
         "t": rng.choice(("phone number", "room number", "lucky number", "address", "login", "ticket number", "order number", "customer number")),
         "o": rng.choice(words.OBJECTS), "p": rng.choice(words.PLACES), "c": rng.choice(words.CITIES), "w": VALUES["time"](rng)}
    kind = "num" if "number" in say or s["n"] in ("number", "price") or "{t}" in say else rng.choice(("num", "word", "pseudo", "code"))
    s["v"] = VALUES[kind](rng)
    if s["n"] == "colour" and "{n}" in say:
        s["v"] = rng.choice(list(words.COLORS))
    short = s["v"] if "{v}" in ans else s["p"] if "{p}" in ans else s["c"] if "{c}" in ans else s["w"]
    return expand(say, rng, s), Turn(expand(rng.choice(asks), rng, s), expand(ans, rng, s), short)
