"""Reads smalltalk.txt and plays it: intents, answers, follow-ups, what the user has told so far."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import stories, words
from .grammar import SLOTS, expand, slot_names, to_regex
from .paraphrase import paraphrase

FILE = Path(__file__).resolve().parent.parent / "smalltalk.txt"


@dataclass
class Answer:
    text: str
    asks: str = ""            # kind of question the answer ends with
    goto: str = ""            # answer as this intent does
    only_if: str = ""         # memory key that must be there
    sets: tuple[tuple[str, str], ...] = ()


@dataclass
class Intent:
    name: str
    weight: float = 1.0
    flags: frozenset[str] = frozenset()
    users: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    follow: list[tuple[str, Answer]] = field(default_factory=list)
    why: str = ""
    sets: list[tuple[str, str]] = field(default_factory=list)
    need: str = ""
    never: str = ""


def _answer(text: str) -> Answer:
    sets = []
    while m := re.search(r"\s:([a-z_]+)=([a-z_]+)$", text):
        sets.append((m[1], m[2]))
        text = text[:m.start()]
    asks = ""
    if m := re.search(r"\s\?([a-z_0-9]+)$", text):
        asks, text = m[1], text[:m.start()]
    text = text.strip()
    goto = text[1:] if text.startswith("@") else ""
    return Answer("" if goto else text, asks, goto, "", tuple(sets))


def load(path: Path = FILE) -> tuple[dict[str, Intent], dict[str, list[tuple[str, Answer]]]]:
    intents: dict[str, Intent] = {}
    groups: dict[str, list[tuple[str, Answer]]] = {}
    cur: Intent | None = None
    group: list[tuple[str, Answer]] | None = None
    for no, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("# ") or line == "#" or line.startswith("# -"):
            continue
        kind, _, rest = line.partition(" ")
        if kind == "##":
            parts = rest.split()
            w = float(parts[1]) if len(parts) > 1 and parts[1].replace(".", "").isdigit() else 1.0
            cur = intents[parts[0]] = Intent(parts[0], w, frozenset(p for p in parts[1:] if not p.replace(".", "").isdigit()))
            group = None
        elif kind == "??":
            group, cur = groups.setdefault(rest, []), None
        elif kind == "+":
            user, sep, ans = rest.partition(" => ")
            if not sep:
                raise ValueError(f"{path}:{no}: no '=>' in a follow-up")
            (cur.follow if cur else group).append((user.strip(), _answer(ans)))
        elif cur is None:
            raise ValueError(f"{path}:{no}: '{kind}' outside of an intent")
        elif kind == "u":
            cur.users.append(rest)
        elif kind == "t":
            cur.tests.append(rest)
        elif kind == "a" or kind.startswith("a@"):
            a = _answer(rest)
            a.only_if = kind[2:]
            cur.answers.append(a)
        elif kind == "y":
            cur.why = rest
        elif kind == "set":
            k, v = rest.split("=")
            cur.sets.append((k, v))
        elif kind == "need":
            cur.need = rest
        elif kind == "not":
            cur.never = rest
        else:
            raise ValueError(f"{path}:{no}: unknown line '{line}'")
    for it in intents.values():
        for _, a in it.follow:
            if a.goto and a.goto not in intents:
                raise ValueError(f"{it.name}: no intent '{a.goto}'")
        for a in it.answers:
            if a.asks and a.asks not in groups:
                raise ValueError(f"{it.name}: no question kind '{a.asks}'")
    for g, rows in groups.items():
        for _, a in rows:
            if (a.goto and a.goto not in intents) or (a.asks and a.asks not in groups):
                raise ValueError(f"?? {g}: bad target {a}")
    return intents, groups


INTENTS, GROUPS = load()
_FREE = [i for i in INTENTS.values() if "only" not in i.flags]

# ------------------------------------------------------------------------------------------------ slots made on the fly
_PLURAL = {"mouse": "mice", "fox": "foxes", "wolf": "wolves", "sheep": "sheep", "fish": "fish", "deer": "deer", "goose": "geese", "butterfly": "butterflies", "donkey": "donkeys", "monkey": "monkeys", "octopus": "octopuses"}
ANIMALS_PL = [_PLURAL.get(a, a + "s") for a in words.ANIMALS if not a.endswith("ch")]
HOBBY_GO = ["swimming", "hiking", "running", "cycling", "fishing", "climbing", "skiing", "surfing", "sailing", "camping", "dancing", "skating", "jogging", "shopping", "diving"]
THINGS = words._w("sink, roof, engine, heating, website, printer, washing machine, oven, fridge, dishwasher, garage door, lawn mower, router, zip, tyre, wall, fence, software, driver, account, password, network")
_JOBS_PL = [j + "s" for j in words.JOBS if not j.endswith(("man", "s", "ss"))] + ["firemen", "policemen", "children", "artists", "athletes", "singers", "kings", "parents", "neighbours", "tourists"]
HEROES = words._w("cat, dog, fox, rabbit, bear, mouse, owl, frog, duck, hedgehog, squirrel, turtle, lion, horse, goat, otter, penguin, elephant, pig, badger, robin, beaver, girl, boy, farmer, baker, smith, fisherman, teacher, king, "
                  "queen, painter, gardener, miller, sailor, knight, tailor, dragon, robot, wizard, princess, prince, pirate, bird, tiger, monkey, whale, snail, bee, star, tree, cloud, snowman, ghost, giant, mermaid, kitten, puppy")
_OBJ2 = [o for o in words.OBJECTS if o not in ("piano", "towel", "clock", "watch", "bottle", "computer", "phone", "map", "radio", "guitar", "violin")]
_MISC = [
    "(My|Our|The) {thing} (broke|is broken|makes strange noises|does not work|is very old|was repaired|needs a repair)[ again| today].",
    "(There is|I saw|We found|I noticed) {object.an} (under|behind|on|next to) (the table|my bed|the car|the door|the {place}|my {object2}).",
    "My (neighbour|boss|cousin|colleague|friend {name}|teacher) (bought|sold|lost|found|painted|built) {object.an}[ yesterday| last week| in {month}].",
    "{name} (told|asked|called|wrote) me (yesterday|today|last night|about the {object}|about a {thing}|again).",
    "The (train|bus|meeting|shop|museum|concert|film|plane) (was late|was early|was full|is closed|starts soon|was cancelled|was very long)[ today| again].",
    "I (think|believe|hope|feel|heard|read) that (the {adj} {object} is mine|it will be {weather}|{name} is right|everything will be fine|the {animal} is hungry|{land} is far away|{subject} is important|people are strange).",
    "(People|Some people|My friends|Children|Old people|Many people) (often|never|always|sometimes) (talk about|forget|lose|like|dislike|buy) (their {object}s|{food}|the {place}|{subject}|{music}).",
    "I (work|worked|study|studied|wait|waited) (with|for) {name} (in {city}|at the {place}|since {month}|all day).",
    "(In|Near) {city} there is (a very {adj} {place}|a {place} with many {animals}|a {adj} {object}).",
    "I (need|want|would like|have always wanted) (a new {thing}|{object.an}|a {adj} {object}|to see the {place}|to meet {name}).",
    "The {animal} (sat|slept|ran|jumped|sang) (in|near|behind) the {place}.",
    "(The|This|My) {object} is (very |too |really |)({adj}).",
    "We (have|had) {food} (for|after) (dinner|lunch|breakfast)[ today| yesterday| at home].",
    "I (can|cannot|can not) (find|open|close|carry|use|repair) (my|the) ({object}|{thing}).",
    "My {relative} (thinks|says|believes) that (I work too much|{hobby} is boring|{food} is healthy|we should move to {city}|the {animal} is too loud|{topic} is interesting).",
    "(I was|We were|{name} was) (at|in) the {place} (when it started to rain|with {name}|the whole day|because of the {object}).",
    "It (costs|cost|weighs) (too much|more than I thought|only a little|{n99} {unit}).",
    "I (once|often|never) (saw|touched|rode|fed) {animal.an}[ in {land}| at the {place}].",
    "(Sometimes|Usually|On {day}s|In {season}) I (think about|dream of|play with|look at) (the {place}|my {object}|{topic}|my old {pet}|the stars).",
    "My (computer|phone|graphics card|laptop) (is|was) (slow|new|very fast|broken|too hot|loud|expensive)[ today| again].",
    "I (just|finally|already) (installed|tried|updated|configured|compiled|started) (rocmforge|Linux|the program|a new model|my computer|the driver).",
    "I (have|got) (a new|an old|a small|a big|a {color}) ({object}|{thing}|car|house|boat)[ from my {relative}].",
]
_MISCQ = [
    "(Where|When|Why) did {name} (put|lose|buy|sell|find) the {object}?", "How many {object}s (fit into|are in) a {place}?", "(What|Which) {object} is the (best|cheapest|oldest|biggest)?",
    "Why (do|don't) {animals} (like|eat|chase|fear) {animals2}?", "How (long|fast|far|high) can {animals} (run|jump|fly|swim|live)?", "(Is|Was) {name} (at home|in {city}|at the {place}|right|married)?",
    "(When|Where) (does|will) the (train|bus|plane|concert|film) (leave|start|arrive|begin|stop)?", "How (much|many) {food} (do|should) I (need|buy|cook)?", "Which (bus|train) goes to (the {place}|{city})?",
    "What (happens|happened) (in|at) the {place}[ yesterday| today]?", "Who (lives|works) in the {adj} {place}?", "(Should I|Can I|May I) (buy|sell|keep|open|wear|take) the {adj} {object}?", "Which {thing} should I (buy|use|choose)?",
    "Why (is|was) my {thing} (broken|so slow|so loud|so expensive)?", "Who is (the boss|the owner) of the {place}?", "What does the {object} of {name} look like?", "How does a {thing} work?", "(What|How much) does a {thing} cost?",
    "Where can I (buy|find|see|repair) a {thing}?", "Where can I (buy|find|get) (good |cheap |){food}?", "What is (inside|behind|under|near) the {place}?", "Did {name} (call|write|win|leave|arrive)[ yesterday| today]?",
    "How is {food} made?", "When was {city} (founded|built)?", "Who (built|founded|discovered) {city}?", "What is {city} known for?", "How (many people|many {animals}) live in {land}?", "What is the {adj}est {animal} in {land}?",
]
_MISCR = [
    "(Build|Buy|Bring|Give|Fetch|Send|Get) me ({object.an}|a new {thing}|some {food}|a {drink}).", "(Fix|Repair|Clean|Paint|Move|Check) (my|the) ({thing}|{object}|{place}).", "(Show|Draw) me (the {place}|a {animal}|a picture of {city}|the {thing}).",
    "(Open|Close|Start|Stop|Find) (the|my) ({thing}|door|window|{object})[, please].", "(Go to|Drive to|Meet me at) the {place}.", "(Make|Cook|Bake) me (some {food}|a cake|breakfast|dinner).",
    "(Delete|Copy|Rename|Save|Print) (the file|my files|this text|all pictures).", "(Explain|Teach me|Show me) how (a {thing} works|to repair a {thing}|to train {animal.an}|to draw {animal.an}).", "(Compare|Describe|Rate) (the {thing} and the {object}|{city} and {city2}|{food} and {food2}).",
    "(List|Name) (ten|five|three|some) (famous|old|good|different) (films|songs|books|rivers|people|companies|{object}s).", "(Plan|Organize) (my|a) (trip to {city}|party|weekend|holiday in {land}|birthday).", "Write (a list of {object}s|a plan|a recipe for {food}|a review of {city}).",
]


_LOOSE: dict[str, list[str]] = {}       # filled below


# sentences about anything at all, from a wide vocabulary
_MISC3 = [
    "(I|We|They|{name}|My {relative}|My {relative}'s friend|The {en2}|Somebody|Nobody|Everybody|The people here) {ev} (the|a|my|our|that|another|every) {ea} {en}[ yesterday| today| again| last night| in {month}| on {day}| in {city}| without a reason| by accident].",
    "(The|My|Our|That|This|Her|His) {en} (is|was|looks|looked|seems|became) (very |too |really |quite |so |)({ea})[ today| now| since {day}| in {season}].",
    "There (is|was|are many|were some) {ea} {en}s? (in|near|behind|under) the {en2}.",
    "(The|My|Our|A) {en} (in|near|behind|from|with|without|for) (the|my|our|a) {en2} (is|was) ({ea}|closed|open|gone|here|missing|broken|{color}).",
    "(I|We) (need|want|have|saw|know|like|use|collect|own|think about|wait for|talked about|heard about|am afraid of|dream of) (a|the|that|this|some) ({ea} |){en}[ for my {relative}| in the {place}| at work| at school| every day].",
    "(It|That|This) (is|was) (a|the) (very |most |)({ea}) {en}[ I have ever seen| of all| in {city}].",
    "(My {relative}|{name}|Someone|The {job}) (says|thinks|told me|believes|knows) that (the|my|this) {en} (is|was|will be) ({ea}|a {en2}|for me).",
    "(When|Because|Although|If) (the|my) {en} (is|was) {ea}, (I|we|they) {ev} the {en2}.",
    "(My|The) {en} and (my|the) {en2} (are|were) ({ea}|in the {place}|both {color}).",
    "I {ev} {n99} {en}s[ and a {en2}| this week| in {city}].",
]
_MISCQ2 = [
    "(Where|When|Why|How) (did|does|will|can|could) (you|we|they|I|{name}|the {en2}|my {relative}) (find|use|buy|see|open|clean|sell|repair|carry|build|leave) (the|a|my|that) ({ea} |){en}?",
    "(Who|Which person) {ev} the ({ea} |){en}[ in {city}| in {y}]?", "(What|Which) {en} (is|was) (the most {ea}|better|the best|for sale|in the {place})?", "(Is|Was|Are) (the|my|this) {en} ({ea}|in the {en2}|ready|from {land})?",
    "How (long|big|old|heavy|expensive|fast|deep|high) (is|was) the ({ea} |){en}[ in {city}| of {name}]?", "How (many|much) ({ea} |){en}s? (are there|do you need|does it take|fit into a {en2}) ?", "What (is|are) the ({ea} |){en} (made of|used for|good for|worth|called)?",
    "Why (is|was|are) (the|my|some) {en}s? (so |)({ea})?", "(Can|Could|Should|Would|May) (I|we|they) (use|take|buy|sell|eat|touch|open|keep) (the|a|this) ({ea} |){en}?", "What (happens|happened) (to|with|when I drop) the {en}?", "What is the difference between a {en} and a {en2}?",
    "Do (you|they|people) (know|like|need|have|use|understand) (the|a|this|any) ({ea} |){en}?",
]


_LOOSE.update(misc=_MISC, misc2=_MISC, misc3=_MISC3, miscq=_MISCQ, miscq2=_MISCQ2, miscr=_MISCR)


def _dynamic(name: str, rng: random.Random, slots: dict[str, str], answer: bool) -> str | None:
    if name == "age":
        return str(rng.randint(6, 90))
    if name == "n99":
        return str(rng.randint(0, 99))
    if name == "n12":
        return rng.choice(("one", "two", "three", "four", "five", "six", "seven", "ten", "1", "2", "3", "4", "5", "6", "8", "12"))
    if name in ("animals", "animals2"):
        return rng.choice(ANIMALS_PL)
    if name == "hobby3":
        return rng.choice(HOBBY_GO)
    if name in ("color2", "sport2", "lang2", "city2"):
        return rng.choice(SLOTS[name[:-1]])
    if name == "object2":
        return rng.choice(_OBJ2)
    if name == "unit":
        return rng.choice(("euros", "dollars", "kilos", "pounds"))
    if name in ("en", "en2"):
        return rng.choice(words.EXTRA_NOUNS) if rng.random() < 0.85 else words.pseudo_word(rng)
    if name == "ev":
        return rng.choice(words.EXTRA_VERBS)
    if name == "ea":
        return rng.choice(words.EXTRA_ADJ)
    if name == "y":
        return str(rng.randint(1500, 2030))
    if name == "jobs":
        return rng.choice(_JOBS_PL)
    if name == "name2":
        while True:
            v = rng.choice(words.NAMES) if rng.random() < 0.8 else words.pseudo_word(rng).capitalize()
            if v != slots.get("name"):
                return v
    if name == "thingx":
        k = rng.random()
        if k < 0.35:
            return words.pseudo_word(rng).capitalize() + (" " + words.pseudo_word(rng).capitalize() if rng.random() < 0.4 else "")
        return rng.choice(words.EXTRA_NOUNS) + "s" if k < 0.6 else rng.choice(words.TOPICS) if k < 0.75 else rng.choice(words.EXTRA_ADJ) + " " + rng.choice(words.EXTRA_NOUNS) + "s" if k < 0.9 else rng.choice(words.NAMES) + " " + words.pseudo_word(rng).capitalize()
    if name == "story_hero":
        return "nobody"
    if name.startswith("pseudo"):
        return words.pseudo_word(rng)
    if name == "hero":
        return rng.choice(HEROES)
    if name == "thing":
        return rng.choice(THINGS)
    if name in _LOOSE:
        text = fill(rng.choice(_LOOSE[name]), rng, {}).replace("s? ", "s " if rng.random() < 0.5 else " ").replace(" ?", "?")
        return text[:1].upper() + text[1:]
    if name == "suggest2":
        return rng.choice(words.HOBBIES) if rng.random() < 0.5 else rng.choice(words.FOODS)
    if name == "story":
        return stories.short_story(rng)
    if name == "hero_story":
        return stories.short_story(rng, slots.get("hero"))
    if name == "color_thing":
        return words.COLORS.get(slots.get("color", ""), "a rainbow")
    if answer:      # the model proposes known words only; invented ones are for what users say
        return None
    if name == "name" and rng.random() < 0.25:
        return words.pseudo_word(rng).capitalize()
    if name == "pet_name" and rng.random() < 0.5:
        return words.pseudo_word(rng).capitalize() if rng.random() < 0.5 else rng.choice(words.NAMES)
    if name in ("hobby", "food") and "_reply" not in slots:      # only where the question says what it must be
        return None
    if name in ("city", "job", "hobby", "food") and rng.random() < 0.08:
        w = words.pseudo_word(rng)
        return w.capitalize() if name == "city" else w + "er" if name == "job" else w + "ing" if name == "hobby" else w
    return None


def fill(text: str, rng: random.Random, slots: dict[str, str], answer: bool = False) -> str:
    for n in slot_names(text):
        if n not in slots:
            v = _dynamic(n, rng, slots, answer)
            if v is not None:
                slots[n] = v
    return expand(text, rng, slots)


def _agree(text: str, food: str) -> str:
    """'is' or 'are' after a food, 'sound' or 'sounds': by its ending."""
    plural = food.endswith("s") and not food.endswith(("ss", "us", "hummus", "couscous"))
    return text.replace("(is|are)", "are" if plural else "is").replace("(sound|sounds)", "sound" if plural else "sounds")


# memory key -> how it is said in a summary
_SUMMARY = [("my_name", "Your name is {}."), ("my_age", "You are {} years old."), ("my_land", "You are from {}."), ("my_city", "You live in {}."), ("my_job", "You work as {}."), ("my_hobby", "You like {}."), ("my_food", "You like to eat {}."),
            ("my_color", "Your favourite colour is {}."), ("my_animal", "Your favourite animal is the {}."), ("my_music", "You listen to {}."), ("my_pet", "You have {}.")]


def summary(memory: dict[str, str]) -> str:
    from .grammar import article
    out = []
    for k, form in _SUMMARY:
        if k in memory:
            v = article(memory[k]) if k in ("my_job", "my_pet") else memory[k]
            if k == "my_pet" and "my_pet_name" in memory:
                v += " called " + memory["my_pet_name"]
            out.append(form.format(v))
    return " ".join(out)


_ONCE = ("story", "hero_story", "summary", "suggest2", "bot", "_reply")


class Talk:
    """One conversation: what the user told, which question is open, what was said already."""

    def __init__(self, rng: random.Random, bot: str = "Ember", sysname: bool = False, plain: bool = False):
        self.rng = rng
        self.plain = plain          # say the sentences as they are written
        self.bot = bot
        self.sysname = sysname
        self.memory: dict[str, str] = {}
        self.open: str = ""
        self.last: Intent | None = None
        self.turn_of: dict[str, int] = {}
        self.slots: dict[str, str] = {}

    def _allowed(self, it: Intent) -> bool:
        if it.need == "any" and not any(k in self.memory for k, _ in _SUMMARY):
            return False
        if it.need and it.need != "any" and it.need not in self.memory:
            return False
        if it.never and it.never in self.memory:
            return False
        if self.sysname and it.name in ("name_meaning", "are_you_other", "who_made_you", "rocmforge_like", "how_trained"):
            return False
        if any("Ember" in a.text for a in it.answers) and self.sysname:
            return False
        return True

    def _reply(self, a: Answer, slots: dict[str, str]) -> str:
        for k, s in a.sets:
            self.memory[k] = slots[s]
        if a.goto:
            self.slots = slots
            return self._answer_of(INTENTS[a.goto], slots)
        full = dict(slots)
        full.update(self.memory)
        full["bot"] = self.bot
        full["summary"] = summary(self.memory)
        text = _agree(a.text, full.get("food", ""))
        out = fill(text, self.rng, full, answer=True)
        for k, v in full.items():
            if k not in _ONCE:
                slots.setdefault(k, v)
        for k in ("story", "hero_story"):
            if k in full:
                slots["story_hero"] = stories.hero_of(full[k])
        self.open = a.asks
        return out[:1].upper() + out[1:]

    def _answer_of(self, it: Intent, slots: dict[str, str]) -> str:
        self.last = it
        have = {k for k in self.memory} | ({"sysname"} if self.sysname else set())
        pool = [a for a in it.answers if a.only_if and a.only_if in have] or [a for a in it.answers if not a.only_if]
        a = self.rng.choice(pool)
        if "norepeat" in it.flags:      # the first at random, then one after the other
            i = (self.turn_of[it.name] + 1) % len(pool) if it.name in self.turn_of else pool.index(a)
            self.turn_of[it.name] = i
            a = pool[i]
        return self._reply(a, slots)

    def by_intent(self, it: Intent, form: str | None = None) -> tuple[str, str, tuple[str, ...]]:
        """One exchange begun by the user: (user, assistant, words noise must keep)."""
        text = form or self.rng.choice(it.users)
        slots: dict[str, str] = {k: v for k, v in self.memory.items()}
        user = fill(text, self.rng, slots)
        user = user[:1].upper() + user[1:]
        used = {n: slots[n] for n in slot_names(text) if n in slots}
        if it.name == "my_age" and not (user.startswith("I") or user.startswith("My")):
            user = "I am " + user
        if not self.plain:
            user = paraphrase(self.rng, user, tuple(used.values()))
        for k, s in it.sets:
            if s in used or s in slots:
                self.memory[k] = slots[s]
        answer = self._answer_of(it, slots)
        self.slots = slots
        keep = tuple(v for n, v in used.items() if n in ("name", "city", "land", "pet_name", "my_name", "pseudo", "pseudo2"))
        return user, answer, keep

    def follow(self, rows: list[tuple[str, Answer]]) -> tuple[str, str, tuple[str, ...]]:
        text, a = self.rng.choice(rows)
        slots = {k: v for k, v in self.memory.items()}
        needed = slot_names(a.text) if a.text else ()
        for n in (n for n in needed if n in self.slots):      # "the {pet}" means the one spoken of
            if n not in slot_names(text):
                slots[n] = self.slots[n]
        slots["_reply"] = "yes"
        user = fill(text, self.rng, slots)
        user = user[:1].upper() + user[1:]
        self.open = ""
        if not self.plain:
            user = paraphrase(self.rng, user, tuple(slots[n] for n in slot_names(text) if n in slots))
        used = [slots[n] for n in slot_names(text) if n in slots and n in ("name", "city", "land", "pet_name")]
        answer = self._reply(a, slots)
        self.slots = slots
        return user, answer, tuple(used)

    def pick(self, start: bool = False, end: bool = False) -> Intent:
        while True:
            pool = [i for i in _FREE if (not start or "start" in i.flags) and (not end or "end" in i.flags)]
            it = self.rng.choices(pool, [i.weight for i in pool])[0]
            if self._allowed(it):
                return it

    def recall(self) -> Intent | None:
        names = {"my_name": "recall_name", "my_age": "recall_age", "my_city": "recall_city", "my_land": "recall_land", "my_job": "recall_job", "my_hobby": "recall_hobby", "my_food": "recall_food",
                 "my_rel_name": "recall_relative_name", "my_kid1": "recall_kids", "my_color": "recall_color", "my_animal": "recall_animal", "my_pet_name": "recall_pet_name", "my_pet": "recall_pet"}
        have = [v for k, v in names.items() if k in self.memory]
        if len([k for k, _ in _SUMMARY if k in self.memory]) >= 2:
            have.append("recall_all")
        return INTENTS[self.rng.choice(have)] if have else None

    def step(self) -> tuple[str, str, tuple[str, ...]]:
        """The next exchange: an answer to the open question, a follow-up, a recall or something new."""
        r = self.rng.random()
        if self.open and GROUPS.get(self.open) and r < 0.62:
            return self.follow(GROUPS[self.open])
        if self.last and self.last.follow and r < 0.80:
            it, self.last = self.last, None
            return self.follow(it.follow)
        if self.last and self.last.why and r < 0.83:
            why, self.last = self.last.why, None
            user = self.rng.choice(("Why?", "Why is that?", "How come?", "Why so?", "And why?"))
            self.open = ""
            return user, why if not self.sysname else INTENTS["react_why"].answers[0].text, ()
        if self.memory and self.rng.random() < 0.22:
            it = self.recall()
            if it is not None and self._allowed(it):
                return self.by_intent(it)
        return self.by_intent(self.pick())


def accepts(it: Intent, text: str) -> bool:
    """Is `text` an answer this intent could give? (for evaluation)"""
    t = text.strip()
    for a in it.answers:
        pattern = to_regex(a.text).replace(re.escape("(is|are)"), "(?:is|are)")
        if re.fullmatch(pattern, t, re.S | re.I):
            return True
    return False
