"""Small things done with the words of the prompt: repeating, spelling, counting, sorting, reading a few sentences."""

from __future__ import annotations

import random

from . import words
from .facts import Turn
from .grammar import article, expand, noise

_PLURAL_ODD = {"mouse": "mice", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth", "goose": "geese", "sheep": "sheep", "fish": "fish", "person": "people", "wolf": "wolves", "leaf": "leaves",
               "knife": "knives", "shelf": "shelves", "ox": "oxen", "deer": "deer", "wife": "wives", "life": "lives"}
_REGULAR = ["cat", "dog", "book", "car", "tree", "house", "apple", "box", "bus", "city", "baby", "day", "key", "dish", "watch", "story", "flower", "lady", "toy", "glass", "church", "berry", "country", "bird", "table", "fox", "party", "boy"]
_PAST = {"go": "went", "see": "saw", "eat": "ate", "run": "ran", "take": "took", "give": "gave", "come": "came", "write": "wrote", "sing": "sang", "swim": "swam", "drink": "drank", "think": "thought", "buy": "bought", "bring": "brought",
         "find": "found", "make": "made", "say": "said", "tell": "told", "know": "knew", "grow": "grew", "fly": "flew", "speak": "spoke", "break": "broke", "sleep": "slept", "feel": "felt", "leave": "left", "lose": "lost", "build": "built",
         "walk": "walked", "play": "played", "work": "worked", "dance": "danced", "love": "loved", "jump": "jumped", "talk": "talked", "open": "opened", "stop": "stopped", "cry": "cried", "help": "helped", "is": "was", "have": "had", "do": "did"}
_RHYMES = {"cat": "hat", "house": "mouse", "tree": "bee", "sun": "fun", "night": "light", "day": "play", "star": "car", "moon": "spoon", "dog": "frog", "cake": "lake", "fish": "dish", "rain": "train", "snow": "glow", "king": "ring", "book": "cook",
           "blue": "true", "red": "bed", "green": "queen", "boat": "goat", "fire": "wire", "heart": "start", "dream": "stream", "ball": "wall", "bear": "chair", "song": "long", "tall": "small", "sea": "tea", "cold": "gold", "sky": "fly"}


def _word(rng: random.Random) -> str:
    k = rng.random()
    if k < 0.65:
        return rng.choice(words.COMMON)
    if k < 0.75:
        return rng.choice(words.FRUITS)
    if k < 0.85:
        return rng.choice(words.NAMES)
    return words.pseudo_word(rng)


def plural(w: str) -> str:
    if w in _PLURAL_ODD:
        return _PLURAL_ODD[w]
    if w.endswith(("s", "x", "ch", "sh")):
        return w + "es"
    if w.endswith("y") and w[-2] not in "aeiou":
        return w[:-1] + "ies"
    return w + "s"


def _phrase(rng: random.Random) -> str:
    k = rng.random()
    if k < 0.3:
        return " ".join(rng.choice(words.COMMON) for _ in range(rng.randint(1, 6)))
    if k < 0.5:
        return expand(rng.choice(["I (like|love|eat) {food}", "the {adj} {animal} (sleeps|runs|sings)", "{name} is my friend", "we go to the {place}", "it is {weather} today", "good {day} to you", "hello {name}", "I am happy"]), rng)
    if k < 0.7:
        return " ".join(words.pseudo_word(rng) for _ in range(rng.randint(1, 3)))
    if k < 0.85:
        return str(rng.randint(0, 99999))
    return rng.choice(words.NAMES) + " " + rng.choice(words.VERBS) + "s " + rng.choice(words.ADJECTIVES)


def repeat(rng: random.Random) -> Turn:
    k = rng.random()
    if k < 0.7:
        p = _phrase(rng)
        quote = rng.random() < 0.3
        shown = f'"{p}"' if quote else p
        q = expand("(Repeat after me|Repeat|Repeat this|Say|Please say|Please repeat|Echo|Say this|Repeat the words|Can you repeat this|Write|Now say|Say the following): {p}", rng, {"p": shown}) if rng.random() < 0.75 else \
            expand("(Say|Please say|Repeat|Write|Can you say|Please repeat) {p}", rng, {"p": shown if quote else f'"{p}"' if " " in p else p})
        q += rng.choice(("", "", "."))
        return Turn(q, p[:1].upper() + p[1:] + "." if False else p, p)
    n = rng.randint(2, 5)
    w = rng.choice(words.COMMON)
    from .arithmetic import NUMBER_WORDS
    t = NUMBER_WORDS[n] if rng.random() < 0.5 else str(n)
    times = "twice" if n == 2 and rng.random() < 0.5 else f"{t} times"
    q = expand(f"(Say|Repeat|Write|Please say) (the word |)(\"{w}\"|{w}) {times}[.]", rng)
    return Turn(q, " ".join([w] * n), " ".join([w] * n))


def spell(rng: random.Random) -> Turn:
    w = _word(rng)
    k = rng.random()
    if k < 0.5:
        q = expand(f"(Spell|Please spell|How do you spell|Can you spell|Spell the word|How is|Can you spell the word|What is the spelling of) (\"{w}\"|{w})", rng)
        q = q.replace("How is", "How do you write") + ("?" if q[0] in "HCW" else rng.choice(("", ".")))
        s = "-".join(w.upper())
        return Turn(q, s, s)
    if k < 0.68:
        q = expand(f"(How many letters (does|has) (\"{w}\"|{w})[ have]?|How many letters are in [the word ](\"{w}\"|{w})?|How long is the word (\"{w}\"|{w})?|Count the letters (in|of) (\"{w}\"|{w})[.])", rng)
        s = "-".join(w.upper())
        return Turn(q, f"{s}: {len(w)} letters.", str(len(w)))
    if k < 0.84:
        first = rng.random() < 0.6
        q = expand(f"(What is|Which is|Tell me) the {'first' if first else 'last'} letter (of|in) [the word ](\"{w}\"|{w})[?]", rng)
        c = (w[0] if first else w[-1]).upper()
        return Turn(q, f"The {'first' if first else 'last'} letter of {w} is {c}.", c)
    w = w[:6]
    q = expand(f"(Reverse|Reverse the word|Write backwards|Spell backwards|What is the reverse of|Turn around) (\"{w}\"|{w})[.]", rng)
    return Turn(q, "-".join(w.upper()) + " backwards is " + "-".join(reversed(w.upper())) + f": {w[::-1].lower()}.", w[::-1].lower())


def count(rng: random.Random) -> Turn:
    from .arithmetic import NUMBER_WORDS
    k = rng.random()

    def num(n: int) -> str:
        return NUMBER_WORDS[n] if n <= 20 and rng.random() < 0.4 else str(n)
    if k < 0.45:
        b = rng.choice((3, 5, 5, 10, 10, 10, 12, 15, 20, rng.randint(2, 30)))
        q = expand(f"([Please ]Count (to|up to) {num(b)}|Can you count to {num(b)}|Count from one to {num(b)}|Count from 1 to {num(b)}|Numbers from 1 to {num(b)})[.|?|, please.]", rng)
        return Turn(noise(rng, q), ", ".join(str(i) for i in range(1, b + 1)) + ".", str(b))
    if k < 0.7:
        a = rng.randint(0, 90)
        b = a + rng.randint(2, 10)
        q = expand(f"([Please ]Count from {a} to {b}|Can you count from {a} to {b}|List the numbers from {a} to {b}|Write the numbers {a} to {b})[.|?]", rng)
        return Turn(noise(rng, q), ", ".join(str(i) for i in range(a, b + 1)) + ".", str(b))
    if k < 0.85:
        a = rng.choice((5, 10, 10, rng.randint(3, 20)))
        q = expand(f"(Count (backwards|down) from {num(a)}[ to (1|one)]|Can you count down from {num(a)}|Start a countdown from {num(a)})[.|?]", rng)
        return Turn(noise(rng, q), ", ".join(str(i) for i in range(a, 0, -1)) + ".", "1")
    step = rng.choice((2, 3, 5, 10))
    n = rng.randint(4, 8)
    q = expand(f"(Count (by|in) {step}s to {step * n}|Count in steps of {step} to {step * n}|Give me the first {n} multiples of {step}|List multiples of {step} up to {step * n})[.]", rng)
    return Turn(noise(rng, q), ", ".join(str(i * step) for i in range(1, n + 1)) + ".", str(step * n))


def sort(rng: random.Random) -> Turn:
    k = rng.random()
    n = rng.randint(3, 6)
    if k < 0.55:
        xs = rng.sample(range(0, 100), n)
        desc = rng.random() < 0.25
        sep = rng.choice((", ", ", ", " "))
        lst = sep.join(map(str, xs))
        kind = rng.random()
        if kind < 0.6:
            q = expand(rng.choice(["(Sort|Order|Please sort) (these|the) numbers{d}: {l}", "(Sort|Order){d}: {l}", "Put these numbers in order{d}: {l}", "Can you sort {l}{d}?"]), rng,
                       {"l": lst, "d": rng.choice((" from big to small", " in descending order", " from largest to smallest")) if desc else rng.choice(("", "", " from small to big", " in ascending order", " from smallest to largest"))})
            r = ", ".join(map(str, sorted(xs, reverse=desc)))
            return Turn(noise(rng, q), r + ".", r)
        big = rng.random() < 0.6
        q = expand(rng.choice(["(What|Which) is the {w} (number|of these numbers|of these)[ in this list]: {l}?", "Find the {w} number: {l}", "(Which|What) number is the {w}: {l}?"]), rng,
                   {"w": rng.choice(("largest", "biggest", "highest", "greatest") if big else ("smallest", "lowest")), "l": lst})
        r = max(xs) if big else min(xs)
        return Turn(noise(rng, q), f"The {'largest' if big else 'smallest'} number is {r}.", str(r))
    pool = rng.choice((words.FRUITS, words.ANIMALS, words.NAMES, words.COMMON))
    xs = rng.sample(sorted(set(pool)), n)
    q = expand(rng.choice(["(Sort|Order|Please sort) (these|the) words (alphabetically|by the alphabet): {l}", "Sort alphabetically: {l}", "Put these (words|names|things) in alphabetical order: {l}", "Can you sort these by the alphabet: {l}?"]), rng, {"l": ", ".join(xs)})
    r = ", ".join(sorted(xs, key=str.lower))
    return Turn(q, r + ".", r)


def list_item(rng: random.Random) -> Turn:
    """First, last, n-th, how many, is it in: on a short list."""
    pool = rng.choice((words.FRUITS, words.ANIMALS, words.NAMES, words.OBJECTS, words.COMMON))
    xs = rng.sample(sorted(set(pool)), rng.randint(3, 7))
    lst = ", ".join(xs)
    k = rng.randrange(4)
    if k == 0:
        i = rng.choice((0, len(xs) - 1, rng.randrange(min(5, len(xs)))))
        w = "last" if i == len(xs) - 1 else ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")[i]
        q = expand(rng.choice(["What is the {w} (word|item|thing|one) (in|of) this list: {l}?", "{l}: which one is the {w}?", "Here is a list: {l}. What is the {w} (word|item|one)?"]), rng, {"w": w, "l": lst})
        return Turn(q, f"The {w} one is {xs[i]}.", xs[i])
    if k == 1:
        q = expand(rng.choice(["How many (words|items|things) are in this list: {l}?", "Count the (words|items|things): {l}", "How many are these: {l}?"]), rng, {"l": lst})
        return Turn(q, f"There are {len(xs)}.", str(len(xs)))
    if k == 2:
        yes = rng.random() < 0.5
        rest = [x for x in sorted(set(pool)) if x not in xs]
        w = rng.choice(xs) if yes else rng.choice(rest)
        q = expand(rng.choice(["Is {w} in this list: {l}?", "Here is a list: {l}. Is {w} in it?", "{l}. Does this list contain {w}?"]), rng, {"w": w, "l": lst})
        return Turn(q, f"Yes, {w} is in the list." if yes else f"No, {w} is not in the list.", "Yes" if yes else "No")
    i = rng.randrange(len(xs) - 1)
    after = rng.random() < 0.6
    q = expand(rng.choice(["What comes {r} {a} in this list: {l}?", "In the list {l}, what comes {r} {a}?"]), rng, {"r": "after" if after else "before", "a": xs[i] if after else xs[i + 1], "l": lst})
    return Turn(q, f"{(xs[i] if after else xs[i + 1])} is followed by {xs[i + 1]}." if after else f"Before {xs[i + 1]} comes {xs[i]}.", xs[i + 1] if after else xs[i])


_CYCLE = {"day": words.DAYS, "month": words.MONTHS, "season": [s for s in words.SEASONS]}


def calendar(rng: random.Random) -> Turn:
    kind = rng.choice(("day", "day", "month", "month", "season", "letter"))
    if kind == "letter":
        i = rng.randint(0, 24)
        a, b = chr(65 + i), chr(66 + i)
        if rng.random() < 0.6:
            return Turn(noise(rng, expand(f"(What|Which) (letter |)comes after [the letter ]{a}[ in the alphabet]?", rng), (a,)), f"After {a} comes {b}.", b)
        return Turn(noise(rng, expand(f"(What|Which) (letter |)comes before [the letter ]{b}[ in the alphabet]?", rng), (b,)), f"Before {b} comes {a}.", a)
    xs = _CYCLE[kind]
    i = rng.randrange(len(xs))
    a, b = xs[i], xs[(i + 1) % len(xs)]
    k = rng.random()
    if k < 0.5:
        q = expand(rng.choice(["(What|Which) {kind} (comes|is) after {a}?", "What comes after {a}?", "Which {kind} follows {a}?", "What is the {kind} after {a}?", "[The ]{kind} after {a}?"]), rng, {"kind": kind, "a": a})
        return Turn(noise(rng, q), f"After {a} comes {b}.", b.capitalize())
    if k < 0.8:
        q = expand(rng.choice(["(What|Which) {kind} (comes|is) before {a}?", "What comes before {a}?", "What is the {kind} before {a}?"]), rng, {"kind": kind, "a": b})
        return Turn(noise(rng, q), f"Before {b} comes {a}.", a.capitalize())
    if kind == "day":
        if rng.random() < 0.5:
            return Turn(noise(rng, expand(f"(If today is {a}, what day is tomorrow|Today is {a}. What day is (it |)tomorrow|It is {a}. Which day is tomorrow)?", rng)), f"If today is {a}, tomorrow is {b}.", b)
        return Turn(noise(rng, expand(f"(If today is {b}, what day was yesterday|Today is {b}. What day was (it |)yesterday)?", rng)), f"If today is {b}, yesterday was {a}.", a)
    if kind == "month":
        ords = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
        return Turn(noise(rng, expand(f"(What|Which|Which one) is the {ords[i]} month[ of the year]?", rng)), f"The {ords[i]} month of the year is {a}.", a)
    return Turn(noise(rng, f"What comes after {a}?"), f"After {a} comes {b}.", b.capitalize())


def grammar_form(rng: random.Random) -> Turn:
    k = rng.random()
    if k < 0.35:
        w = rng.choice(list(_PLURAL_ODD)) if rng.random() < 0.5 else rng.choice(_REGULAR)
        return Turn(noise(rng, expand(f"(What is the plural of|Tell me the plural of|Plural of|What is more than one|Which is the plural of) (\"{w}\"|{w})[?]", rng)), f"The plural of {w} is {plural(w)}.", plural(w).capitalize())
    if k < 0.7:
        w = rng.choice(list(_PAST))
        return Turn(noise(rng, expand(f"(What is the past tense of|Past tense of|Tell me the past tense of|What is the past of|Put into the past:) (\"{w}\"|{w})[?]", rng)), f"The past tense of {w} is {_PAST[w]}.", _PAST[w].capitalize())
    w = rng.choice(list(_RHYMES))
    a, b = (w, _RHYMES[w]) if rng.random() < 0.6 else (_RHYMES[w], w)
    if list(_RHYMES.values()).count(a) > 1 and a not in _RHYMES:
        a, b = w, _RHYMES[w]
    return Turn(noise(rng, expand(f"(What rhymes with|Which word rhymes with|Tell me a rhyme for|Find a word that rhymes with|Give me a rhyme for) (\"{a}\"|{a})[?]", rng)), f"{b.capitalize()} rhymes with {a}.", b.capitalize())


_RELS = [
    ("{n} (likes|eats) {v}.", "food", ["What does {n} {V}?"], "{n} {S} {v}."),
    ("{n} lives in {v}.", "city", ["Where does {n} live?", "In which city does {n} live?"], "{n} lives in {v}."),
    ("{n} works as {v.an}.", "job", ["What is {n}'s job?", "What does {n} do for work?", "What does {n} work as?"], "{n} works as {v.an}."),
    ("{n} has {v.an}.", "pet", ["What does {n} have?", "Which animal does {n} have?", "What pet does {n} have?"], "{n} has {v.an}."),
    ("{n} has a {v} car.", "color", ["What colour is {n}'s car?", "Which colour does {n}'s car have?"], "{n} has a {v} car."),
    ("{n} is {v} years old.", "age", ["How old is {n}?", "What is {n}'s age?"], "{n} is {v} years old."),
    ("{n} comes from {v}.", "land", ["Where does {n} come from?", "Which country does {n} come from?", "Where is {n} from?"], "{n} comes from {v}."),
    ("{n}'s hobby is {v}.", "hobby", ["What is {n}'s hobby?", "Which hobby does {n} have?"], "{n}'s hobby is {v}."),
    ("{n} went to the {v}.", "place", ["Where did {n} go?", "Where is {n}?"], "{n} went to the {v}."),
]
_WHO_Q = {"food": "Who (likes|eats) {v}?", "city": "Who lives in {v}?", "job": "Who works as {v.an}?", "pet": "Who has {v.an}?", "color": "Who has a {v} car?", "age": "Who is {v} years old?", "land": "Who comes from {v}?",
          "hobby": "Whose hobby is {v}?", "place": "Who went to the {v}?"}


def reading(rng: random.Random) -> list[Turn]:
    """A few sentences about people and questions about them."""
    from .grammar import SLOTS
    names = rng.sample(words.NAMES, rng.randint(1, 5))
    n_rel = rng.choice((1, 1, 1, 2))
    rels = rng.sample(range(len(_RELS)), n_rel)
    sents, facts = [], []
    for r in rels:
        form, slot, _, _ = _RELS[r]
        vals: list[str] = []
        for n in names:
            while True:
                v = str(rng.randint(5, 90)) if slot == "age" else rng.choice(SLOTS[slot])
                if v not in vals:
                    break
            vals.append(v)
            likes = rng.random() < 0.5 if slot == "food" else False
            s = expand(form.replace("(likes|eats)", "likes" if not likes else "eats"), rng, {"n": n, "v": v})
            sents.append(s)
            facts.append((r, n, v, likes, s))
    rng.shuffle(sents)
    text = " ".join(sents)
    out = []
    for i in range(rng.choice((1, 1, 2, 3))):
        r, n, v, likes, s = rng.choice(facts)
        _, slot, asks, ans = _RELS[r]
        full = expand(ans, rng, {"n": n, "v": v, "s": "eats" if likes else "likes"}) if "{S}" not in ans else f"{n} {'eats' if likes else 'likes'} {v}."
        if rng.random() < 0.7:
            q = expand(rng.choice(asks).replace("{V}", "eat" if likes else "like"), rng, {"n": n, "v": v})
            t = Turn(q, full, v)
        else:
            q = expand(_WHO_Q[slot].replace("(likes|eats)", "eats" if likes else "likes"), rng, {"v": v})
            t = Turn(q, full, n)
        if i == 0:
            t = Turn(rng.choice((f"{text} {t.user}", f"{text}\n{t.user}", f"{t.user} {text}")) if rng.random() < 0.9 else f"Read this: {text} {t.user}", t.answer, t.short)
        out.append(t)
    return out


def turns(rng: random.Random) -> list[Turn]:
    k = rng.random()
    if k < 0.16:
        return [repeat(rng)]
    if k < 0.36:
        return [spell(rng)]
    if k < 0.46:
        return [count(rng)]
    if k < 0.57:
        return [sort(rng)]
    if k < 0.65:
        return [list_item(rng)]
    if k < 0.74:
        return [calendar(rng)]
    if k < 0.84:
        return [grammar_form(rng)]
    return reading(rng)
