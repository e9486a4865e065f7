"""A small template language for sentences.

    (a|b|c)   one of the alternatives, equally likely; an alternative may be empty
    [a]       a, or nothing (half each)
    {name}    a slot: a value given by the caller, or drawn from SLOTS on first use and kept
    {name.f}  the slot's value passed through a filter: cap (first letter upper case), an (with a/an), up, low

Everything else is literal. Templates are parsed once and kept.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from itertools import product

from . import words

SLOTS: dict[str, list[str]] = {
    "name": words.NAMES, "pet_name": words.PET_NAMES, "pet": words.PETS, "animal": words.ANIMALS, "food": words.FOODS,
    "food2": words.FOODS, "fruit": words.FRUITS, "drink": words.DRINKS, "color": list(words.COLORS), "hobby": words.HOBBIES,
    "hobby2": words.HOBBIES, "job": words.JOBS, "city": words.CITIES, "land": words.COUNTRIES_FROM,
    "object": words.OBJECTS, "place": words.PLACES, "weather": words.WEATHER, "season": words.SEASONS, "day": words.DAYS,
    "month": words.MONTHS, "music": words.MUSIC, "sport": words.SPORTS, "films": words.FILMS, "books": words.BOOKS,
    "lang": words.LANGUAGES, "subject": words.SUBJECTS, "relative": words.RELATIVES, "topic": words.TOPICS,
    "adj": words.ADJECTIVES, "verb": words.VERBS,
}


def article(text: str) -> str:
    """'a' or 'an' in front of a noun phrase, by its first letter (good enough for our lists)."""
    return ("an " if text[:1].lower() in "aeiou" else "a ") + text


FILTERS = {"cap": lambda s: s[:1].upper() + s[1:], "an": article, "up": str.upper, "low": str.lower}

_TOKEN = re.compile(r"[()\[\]|]|\{[a-z_0-9.]+\}|[^()\[\]|{}]+")


def _parse(tokens: list[str], pos: int, end: str) -> tuple[tuple, int]:
    """Parses alternatives up to `end` (')' or ']' or '' for the whole text). Returns (node, next position)."""
    alts: list[tuple] = []
    seq: list = []
    while pos < len(tokens):
        t = tokens[pos]
        pos += 1
        if t == end:
            alts.append(tuple(seq))
            return (tuple(alts),), pos
        if t == "(":
            node, pos = _parse(tokens, pos, ")")
            seq.append(("alt", node[0]))
        elif t == "[":
            node, pos = _parse(tokens, pos, "]")
            seq.append(("alt", node[0] + ((),)) if len(node[0]) == 1 else
                       ("alt", ((("alt", node[0]),), ())))
        elif t == "|":
            alts.append(tuple(seq))
            seq = []
        elif t in ")]":
            raise ValueError(f"unbalanced '{t}'")
        elif t[0] == "{":
            name, _, flt = t[1:-1].partition(".")
            flts = tuple(f for f in flt.split(".") if f)
            if any(f not in FILTERS for f in flts):
                raise ValueError(f"unknown filter in {t}")
            seq.append(("slot", name, flts))
        else:
            seq.append(t)
    if end:
        raise ValueError(f"missing '{end}'")
    alts.append(tuple(seq))
    return (tuple(alts),), pos


@lru_cache(maxsize=16384)
def compile_template(text: str) -> tuple:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"cannot read template: {text}")
    try:
        node, _ = _parse(tokens, 0, "")
    except ValueError as e:
        raise ValueError(f"{e} in template: {text}") from None
    return node[0]


def _emit(alts: tuple, rng: random.Random, slots: dict[str, str], out: list[str]) -> None:
    seq = alts[0] if len(alts) == 1 else alts[int(rng.random() * len(alts))]
    for part in seq:
        if part.__class__ is str:
            out.append(part)
        elif part[0] == "alt":
            _emit(part[1], rng, slots, out)
        else:
            v = slots.get(part[1])
            if v is None:
                v = slots[part[1]] = rng.choice(SLOTS[part[1]])
            for f in part[2]:
                v = FILTERS[f](v)
            out.append(v)


def expand(text: str, rng: random.Random, slots: dict[str, str] | None = None) -> str:
    """One random expansion. Slots drawn on the way are written back into `slots`."""
    out: list[str] = []
    _emit(compile_template(text), rng, {} if slots is None else slots, out)
    return "".join(out)


@lru_cache(maxsize=16384)
def slot_names(text: str) -> tuple[str, ...]:
    """The slots of a template, sorted (the order must not depend on the hash seed)."""
    found: set[str] = set()

    def walk(alts: tuple) -> None:
        for seq in alts:
            for part in seq:
                if not isinstance(part, str):
                    walk(part[1]) if part[0] == "alt" else found.add(part[1])
    walk(compile_template(text))
    return tuple(sorted(found))


def to_regex(text: str, slots: dict[str, str] | None = None) -> str:
    """A regular expression that matches every expansion (slots not given match anything)."""
    def seq_re(seq: tuple) -> str:
        out = []
        for part in seq:
            if isinstance(part, str):
                out.append(re.escape(part))
            elif part[0] == "alt":
                out.append("(?:" + "|".join(seq_re(s) for s in part[1]) + ")")
            else:
                v = (slots or {}).get(part[1])
                for f in part[2] if v is not None else ():
                    v = FILTERS[f](v)
                out.append(".+?" if v is None else re.escape(v))
        return "".join(out)
    return "|".join("(?:" + seq_re(s) + ")" for s in compile_template(text))


def variants(text: str, limit: int = 64) -> list[str]:
    """All expansions of a slot-free template (at most `limit`)."""
    def seq_all(seq: tuple) -> list[str]:
        parts = []
        for part in seq:
            if isinstance(part, str):
                parts.append([part])
            elif part[0] == "alt":
                parts.append([x for s in part[1] for x in seq_all(s)])
            else:
                parts.append(["{" + part[1] + "}"])
        return ["".join(p) for p in product(*parts)][:limit]
    return [x for s in compile_template(text) for x in seq_all(s)][:limit]


# ------------------------------------------------------------------------------------------------ how people type
_CONTRACT = [("what is", "what's"), ("What is", "What's"), ("who is", "who's"), ("Who is", "Who's"), ("I am", "I'm"),
             ("do not", "don't"), ("It is", "It's"), ("it is", "it's"), ("I would", "I'd"), ("can not", "can't"),
             ("where is", "where's"), ("Where is", "Where's"), ("you are", "you're"), ("I have", "I've"),
             ("That is", "That's"), ("that is", "that's"), ("I will", "I'll"), ("does not", "doesn't"),
             ("let us", "let's"), ("Let us", "Let's"), ("is not", "isn't"), ("cannot", "can't")]


def _typo(rng: random.Random, text: str) -> str:
    i = rng.randrange(len(text) - 1)
    if not (text[i].isalpha() and text[i + 1].isalpha()):
        return text
    kind = rng.random()
    if kind < 0.4:
        return text[:i] + text[i + 1] + text[i] + text[i + 2:]
    if kind < 0.7:
        return text[:i] + text[i + 1:]
    return text[:i] + text[i] + text[i:]


def noise(rng: random.Random, text: str, keep: tuple[str, ...] = ()) -> str:
    """Casual spelling of a user's line. `keep`: slot values that stay as they are (their case at least)."""
    if rng.random() < 0.35:
        for a, b in _CONTRACT:
            if a in text and rng.random() < 0.8:
                text = text.replace(a, b, 1)
    r = rng.random()
    if r < 0.22:
        text = text[:1].lower() + text[1:] if rng.random() < 0.3 and not text.startswith("I ") else text.lower()
        for k in keep:
            if k and rng.random() < 0.75:
                text = text.replace(k.lower(), k)
    elif r < 0.23 and not keep:
        text = text.upper()
    r = rng.random()
    if text[-1:] in ".!?" and text[-2:-1] not in ".!?":
        if r < 0.3:
            text = text[:-1]
        elif r < 0.33:
            text += text[-1]
        elif r < 0.345:
            text = text[:-1] + " " + text[-1]
    if rng.random() < 0.12:
        text = text.replace("'", "")
    if rng.random() < 0.05 and len(text) > 8 and not keep:
        text = _typo(rng, text)
    if rng.random() < 0.03:
        text = text + rng.choice((" ", " :)", " :-)", " please", ", please", " thanks"))
    return text


_BEFORE = ["So, ", "Well, ", "Hey, ", "Ember, ", "By the way, ", "Okay, ", "And ", "Now ", "Oh, ", "Hm, ", "Ah, ", "Hey Ember, ", "Ok ", "Yes, but ", "But ", "You know, ", "Actually, ", "Just curious, ", "Honestly, ", "Haha, ", "Also, ", "Then ", "Please, ", "Listen, "]
_AFTER = [", Ember", ", my friend", ", please", ", really", " then", " now", ", you know", ", buddy", ", little model", " by the way", ", thanks", ", haha", ", I think", " :)"]


def chatty(rng: random.Random, text: str) -> str:
    """Now and then a word before or after what is said."""
    r = rng.random()
    if r < 0.09 and len(text) > 6:
        b = rng.choice(_BEFORE)
        keep = text.startswith(("I ", "I'", "Ember")) or text[:2].isupper()
        return b + (text if keep else text[:1].lower() + text[1:])
    if r < 0.14 and len(text) > 6:
        a = rng.choice(_AFTER)
        return text[:-1] + a + text[-1] if text[-1] in ".!?" else text + a
    return text
