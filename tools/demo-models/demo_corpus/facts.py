"""Questions and answers about the facts of facts.md, and about things that are not in it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from . import words
from .grammar import article, expand, noise

FACTS_FILE = Path(__file__).resolve().parent.parent / "facts.md"


@dataclass(frozen=True)
class Turn:
    """One question with its answer. `short` answers under "one word only"; `keep`: words noise must not change."""
    user: str
    answer: str
    short: str
    keep: tuple[str, ...] = ()


def load(path: Path = FACTS_FILE) -> dict[str, list[list[str]]]:
    """Section title -> rows of cells."""
    out: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            rows = out.setdefault(line[3:].strip(), [])
        elif line.startswith("|") and rows is not None:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if not set(cells[0]) <= set("-"):
                rows.append(cells)
    return {k: v[1:] for k, v in out.items()}  # the first row of a table is its head


# Per relation: `ask` (training), `held` (evaluation only), `say` (the full answer), and optionally `back` (the
# reverse question) with `held_back`, `say_back`, and `yesno`. {a} is the first cell, {b} the second.
RELATIONS: dict[str, dict] = {
    "Capitals": dict(
        ask=["What is the capital [city ]of {a}?", "(Do you know |Tell me |Can you tell me )what the capital of {a} is?",
             "Which city is the capital of {a}?", "[What is the ](capital|Capital) of {a}?", "Name the capital [city ]of {a}.",
             "What is the name of the capital of {a}?", "Tell me the capital [city ]of {a}[.|, please.]",
             "(And what|What) is {a}'s capital[ city]?", "Which city is {a}'s capital?", "{a}: what is the capital?",
             "What's the capital city in {a}?", "I want to know the capital of {a}.", "Give me the capital of {a}.",
             "What city is the capital of {a}?", "Where is the government of {a}?", "{a} capital[?]", "(I|We) need the capital of {a}[.| for a quiz.| for school.]", "How is the capital of {a} called?",
             "Say the capital of {a}.", "Is there a capital of {a}, and what is it?", "When I think of {a}, which city is its capital?", "I have to learn the capital of {a}. Which city is it?", "What is the main city, the capital, of {a}?"],
        held=["I forgot the capital of {a}, what was it?", "Which city is the capital city in {a}?",
              "What do you call the capital of {a}?", "My homework asks for the capital of {a}. What is it?"],
        say="The capital of {a} is {b}.",
        back=["(Which|What) country has the capital {b}?", "{b} is the capital of which country?",
              "Of which country is {b} the capital?", "Which country's capital is {b}?"],
        say_back="{b} is the capital of {a}.", yesno="Is {b} the capital of {a}?"),
    "Continents": dict(
        ask=["On which continent is {a}?", "Which continent is {a} (in|on)?", "What continent is {a} (in|on)?",
             "(Do you know |Tell me )which continent {a} is on?", "{a} is on which continent?",
             "What continent does {a} belong to?", "In which part of the world is {a}?", "On what continent (is|lies|can I find) {a}?", "Where in the world is {a}?", "Where is {a}?", "{a} lies on which continent?", "Name the continent of {a}.", "Which continent has {a} on it?",
             "Is {a} in Europe, Asia, Africa or America?", "{a} is part of which continent?", "What is the continent of {a}?", "Tell me the continent of {a}."],
        held=["To which continent does {a} belong?", "Can you tell me on what continent I find {a}?"],
        say="{a.cap} is in {b}.", yesno="Is {a} in {b}?"),
    "Languages": dict(
        ask=["(What|Which) language (do people speak|is spoken) in {a}?", "What do people speak in {a}?",
             "What is the (language|main language|official language) of {a}?", "(Do you know |Tell me )which language they speak in {a}?",
             "What language do they speak in {a}?", "Which language do people use in {a}?", "How do people talk in {a}?", "What is spoken in {a}?", "When I go to {a}, which language will people speak?", "Tell me the language of {a}.", "Name the language (of|spoken in) {a}.", "In {a} people speak which language?",
             "(I travel|I am going) to {a}. Which language do I need?", "What tongue is spoken in {a}?", "{a}: which language?"],
        held=["Which language will I hear in {a}?", "In {a}, what language do people talk?"],
        say="People speak {b} in {a}.", yesno="Do people speak {b} in {a}?"),
    "Currencies": dict(
        ask=["What is the currency of {a}?", "(Which|What) currency (is used in|does|do they use in) {a}?",
             "What money do people use in {a}?", "How do people pay in {a}?", "Tell me the currency of {a}.",
             "What is the money in {a} called?", "Which money is used in {a}?", "With what money do people pay in {a}?", "Name the currency of {a}.", "In {a}, which currency do people use?", "What do I pay with in {a}?", "I travel to {a}. Which money will I use?",
             "(Do you know|Can you tell me) the currency of {a}?", "{a}: which currency?", "What currency does {a} have?", "What is the name of the currency of {a}?"],
        held=["Which money do I need in {a}?", "What currency should I take to {a}?"],
        say="The currency of {a} is the {b}."),
    "Opposites": dict(
        ask=["What is the opposite of {a}?", "[Tell me |Give me |Name ]the opposite of {a}[.|, please.|?]", "What is the (contrary|antonym) of {a}?",
             "Opposite of {a}?", "Which word is the opposite of {a}?", "(Do you know |Can you tell me )what the opposite of {a} is?",
             "What is the opposite of the word {a}?", "Which word is the contrary of {a}?", "Say the opposite of {a}.", "What is not {a} but the opposite?", "I look for the opposite of {a}.", "I need the opposite of {a}.", "{a}: what is the opposite?", "What would be the opposite of {a}?",
             "Turn {a} into its opposite.", "What word is opposite to {a}?", "{a} is the opposite of what?", "When something is the opposite of {a}, what is it?", "Find the opposite of {a}."],
        held=["Which word means the opposite of {a}?", "If something is not {a}, what is the opposite word?"],
        say="The opposite of {a} is {b}.", symmetric=True),
    "Animal sounds": dict(
        ask=["What sound does {a.an} make?", "What does {a.an} say?", "What noise does {a.an} make?", "How does {a.an} go?",
             "What is the sound of {a.an}?", "Which sound does the {a} make?", "What noise does the {a} make?", "How does the {a} sound?", "What do you hear from the {a}?", "Imitate {a.an}.", "{a}: which sound?", "What does the {a} say?", "Tell me the sound of {a.an}.", "Which noise comes from {a.an}?", "Make the sound of {a.an}.", "How do {a}s sound?", "(Tell me |Do you know )what sound {a.an} makes."],
        held=["What noise do I hear from {a.an}?", "If I meet {a.an}, what sound will it make?"],
        say="{a.an} says {b}.", back=["Which animal says {b}?", "What animal says {b}?", "Which animal makes the sound {b}?"],
        say_back="The {a} says {b}."),
    "Baby animals": dict(
        ask=["What is a baby {a} called?", "What do you call a baby {a}?", "What is a young {a} called?", "What is the name for a baby {a}?",
             "How do you call a young {a}?", "(Tell me |Do you know )what a baby {a} is called?", "What is the young of {a.an} called?", "What is the word for a baby {a}?", "Name the baby of {a.an}.", "What do people call a little {a}?", "A baby {a} is called what?", "How is a baby {a} called?", "What is the baby of {a.an}?",
             "Is there a name for a young {a}?", "The young {a} is called what?", "What name has a baby {a}?", "Give me the word for a young {a}."],
        held=["Which word means a baby {a}?", "A baby {a} has a special name. What is it?"],
        say="A baby {a} is called {b.an}.", back=["What is {b.an}?", "What does {b} mean?", "What animal is {b.an}?"],
        say_back="{b.an} is a baby {a}."),
    "Animal homes": dict(
        ask=["Where does {a.an} live?", "What is the home of {a.an} called?", "In what does {a.an} live?", "Where do you find {a.an}?", "Where do {a}s live?", "What is the place where {a.an} lives?", "Where is the home of {a.an}?", "In what kind of home does {a.an} live?", "What is {a.an}'s home called?", "Tell me where {a.an} lives.", "Where does the {a} sleep?", "The {a} lives in what?"],
        held=["What do you call the home of {a.an}?"], say="{a.an} lives in {b.an}."),
    "Legs": dict(
        ask=["How many legs does {a.an} have?", "How many legs has {a.an}?", "(Tell me |Do you know )how many legs {a.an} has?",
             "What is the number of legs of {a.an}?", "On how many legs does {a.an} walk?", "How many legs do you count on {a.an}?", "{a.an.cap} has how many legs?", "What is the leg count of {a.an}?", "Does {a.an} have legs, and how many?", "How many legs does the {a} have?", "How many legs can I count on {a.an}?", "Tell me the number of legs of {a.an}.", "{a}: how many legs?", "How many legs are on {a.an}?"],
        held=["Count the legs of {a.an}. How many are there?", "If I see {a.an}, how many legs will it have?"],
        say="{a.an} has {b} legs."),
    "Colours of things": dict(
        ask=["What (colour|color) is {a}?", "Which (colour|color) is {a}?", "What is the (colour|color) of {a}?", "What (colour|color) does {a} have?",
             "(Tell me |Do you know )what (colour|color) {a} is?", "{a} has which (colour|color)?", "In which (colour|color) is {a}?", "Tell me the (colour|color) of {a}.", "Name the (colour|color) of {a}.", "Which (colour|color) has {a}?", "What (colour|color) would you paint {a}?", "How would you describe the (colour|color) of {a}?", "When I look at {a}, which (colour|color) do I see?",
             "{a} is what (colour|color)?", "What is the usual (colour|color) of {a}?", "{a}: which (colour|color)?"],
        held=["If I paint {a}, which colour should I take?", "In which colour do you see {a}?"],
        say="{a} is {b}.", yesno="Is {a} {b}?"),
    "Mixed colours": dict(
        ask=["What do you get when you mix {a}?", "What (colour|color) do {a} make?", "Which (colour|color) do you get from {a}?",
             "Mix {a}. What is the result?", "What is {a} mixed together?", "What happens when I mix {a}?", "If I mix {a}, what do I get?", "Which (colour|color) is {a} together?", "What (colour|color) results from {a}?", "I mix {a}. What is it?", "{a} make which (colour|color)?", "{a} gives what?", "What comes out when {a} are mixed?", "Mixing {a} gives which (colour|color)?", "When you combine {a}, what (colour|color) do you get?",
             "I stir {a} paint together. Which (colour|color) do I get?"],
        held=["I have {a} paint and stir them. Which colour is it?"], say="If you mix {a}, you get {b}."),
    "Chemical symbols": dict(
        ask=["What is the [chemical ]symbol (for|of) {a}?", "[Do you know |Tell me ]the [chemical ]symbol (for|of) {a}[.|?]",
             "Which symbol does {a} have?", "How is {a} written in chemistry?", "What is the symbol of the element {a}?", "In chemistry, what is the symbol of {a}?", "Which letter or letters mean {a} in chemistry?", "What stands for {a} in the table of elements?", "{a}: what is its symbol?", "What do chemists write for {a}?", "How do you write {a} as a symbol?", "Give me the symbol of {a}.", "What is {a}'s chemical symbol?",
             "What is the short form of {a} in chemistry?", "Which abbreviation does {a} have in the periodic table?"],
        held=["In the periodic table, what stands for {a}?", "Which letters stand for {a} in chemistry?"],
        say="The chemical symbol of {a} is {b}.",
        back=["Which element has the symbol {b}?", "What element is {b}?", "What does the chemical symbol {b} stand for?"],
        say_back="{b} is the chemical symbol of {a}."),
    "Units": dict(
        ask=["How many {a}?", "How many {x} are [there ](in|on) {y}?", "How many {x} does {y} have?", "(Tell me |Do you know |Can you tell me )how many {x} are (in|on) {y}?",
             "What is the number of {x} (in|on) {y}?", "{y.cap} has how many {x}?", "Tell me the number of {x} (in|on) {y}.", "How many {x} do I find (in|on) {y}?", "How many {x} make up {y}?", "(In|On) {y}, how many {x} are there?", "How many {x} can I count (in|on) {y}?", "What number of {x} does {y} have?", "Count the {x} (in|on) {y}.", "{x} (in|on) {y}: how many?",
             "I need to know how many {x} are (in|on) {y}.", "Is it true that {y} has {x}, and how many?"],
        held=["Give me the number of {x} (in|on) {y}.", "I wonder how many {x} there are (in|on) {y}."],
        say="There are {b} {a}."),
    "Days in a month": dict(
        ask=["How many days (does|has) {a}[ have]?", "How many days are [there ]in {a}?", "How long is {a}?", "What is the number of days in {a}?",
             "(Tell me |Do you know )how many days {a} has?", "The month {a} has how many days?", "How many days long is {a}?", "Tell me the length of {a} in days.", "How many days are there in the month of {a}?", "Does {a} have 30 or 31 days?", "{a}: how many days?", "Count the days of {a}.", "When {a} is over, how many days have passed?"],
        held=["The month of {a}: how many days is it long?"], say="{a} has {b} days."),
    "Authors": dict(
        ask=["Who wrote {a}?", "Who is the author of {a}?", "Who was the author of {a}?", "(Do you know |Tell me |Can you tell me )who wrote {a}?",
             "By whom is {a}?", "Which author wrote {a}?", "{a} was written by whom?", "Who wrote the book {a}?", "Which writer wrote {a}?", "Name the author of {a}.", "Tell me the author of {a}.", "{a}: who wrote it?", "Who is behind the work {a}?", "I like {a}. Who wrote that?", "From which author is {a}?", "Whose work is {a}?", "Whose book is {a}?", "I just finished {a}. Who is the author?",
             "By which writer is {a}?", "The author of {a} is who?", "Do you know the writer of {a}?"],
        held=["I am reading {a}. Who wrote it?", "Who is the writer of {a}?"], say="{a} was written by {b}."),
    "Deeds": dict(
        ask=["Who {a}?", "(Do you know |Tell me |Can you tell me )who {a}?", "Which person {a}?", "What is the name of the person who {a}?",
             "Who was it that {a}?", "Which famous person {a}?", "Which man or woman {a}?", "Tell me the name of the person who {a}.", "The person who {a}: who was it?", "Name the person who {a}.", "Who is the one who {a}?", "I wonder who {a}.", "We learned in school who {a}. Who was it?", "Whose name do we remember because he or she {a}?", "Somebody {a}. Do you know the name?",
             "I want to know who {a}.", "Who is famous because he or she {a}?"],
        held=["I would like to know who {a}.", "Someone {a}. Who was that?"], say="{b} {a}."),
    "Superlatives": dict(
        ask=["What is {a}?", "Which is {a}?", "(Do you know |Tell me |Can you tell me )what {a} is?", "Name {a}.", "What is called {a}?",
             "What do we call {a}?", "Tell me {a}[.|, please.]", "What is the name of {a}?", "Which one is {a}?", "I want to know what {a} is.", "{a.cap} is called what?", "{a.cap}: what is it?", "What is known as {a}?", "Do you know {a}?", "Can you name {a}?", "Please name {a}.", "What could be {a}?", "{a.cap}?", "I forgot what {a} is.",
             "Which is called {a}?", "Who or what is {a}?", "Quiz question: what is {a}?"],
        held=["I would like to know what {a} is.", "What would you say is {a}?"], say="{a.cap} is {b}."),
    "What things are": dict(
        ask=["What is {a}?", "What does {a0} mean?", "(Do you know |Tell me |Can you tell me |Explain )what {a} is?", "Explain {a}[.|, please.|?]", "Define {a}.",
             "What do you know about {a}?", "What exactly is {a}?", "Tell me about {a}.", "What is the meaning of {a0}?", "Please explain what {a} is.", "What do you call {a}?", "How do you define {a}?", "Describe {a}[.|, please.]", "What is meant by {a0}?", "I do not know what {a} is.", "I want to know what {a} is.", "Give me a definition of {a0}.", "In simple words, what is {a}?",
             "My child asks what {a} is.", "What kind of thing is {a}?", "How can one explain {a}?", "What can you say about {a}?"],
        held=["How would you explain {a}?", "Please describe what {a} is."], say="{a.cap} is {b}."),
}
_ARTICLE_CAP = ("Animal sounds", "Baby animals", "Animal homes", "Legs", "Colours of things", "Deeds")

FACTS = load()
QUESTIONS = FACTS["Questions"]
N_FACTS = sum(len(v) for v in FACTS.values())


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _slots(section: str, row: list[str]) -> dict[str, str]:
    a, b = row[0], row[1]
    s = {"a": a, "b": b}
    if section == "Units":
        for sep in (" in ", " on "):
            if sep in a:
                s["x"], s["y"] = a.split(sep, 1)
                break
    if section == "What things are":
        s["a0"] = a.split(" ", 1)[1] if a.split(" ")[0] in ("a", "an", "the") else a
    return s


def _fix_units(row: list[str], question: str) -> str:
    """'in' and 'on' are not free: use the one of the table."""
    right = " on " if " on " in row[0] and " in " not in row[0] else " in "
    y = row[0].split(right, 1)[1]
    return question.replace(" on " + y, right + y).replace(" in " + y, right + y)


def _answer(section: str, row: list[str]) -> str:
    rel = RELATIONS[section]
    s = _slots(section, row)
    text = _cap(expand(rel["say"], random.Random(0), s))
    if section == "Animal homes" and s["b"] in ("water",):
        text = text.replace("a water", "water")
    if section == "Units":
        text = f"There {'is' if s['b'] == '1' else 'are'} {s['b']} {s['a']}."
    return text


def _short(section: str, row: list[str]) -> str:
    b = row[1]
    return b if section in ("What things are",) else _cap(b)


def all_facts() -> list[tuple[str, int]]:
    return [(sec, i) for sec, rows in FACTS.items() for i in range(len(rows))]


def ask(rng: random.Random, section: str, i: int, held: bool = False) -> Turn:
    """A forward question about one fact, in a training or a held-out phrasing."""
    row = FACTS[section][i]
    if section == "Questions":
        forms = [f.strip() for f in row[0].split(" / ")]
        pick = [f[1:] for f in forms if f.startswith("!")] if held else [f for f in forms if not f.startswith("!")]
        return Turn(rng.choice(pick), row[1], _cap(row[2]), ())
    rel = RELATIONS[section]
    if rel.get("symmetric") and rng.random() < 0.5:
        row = [row[1], row[0]]
    s = _slots(section, row)
    q = _cap(expand(rng.choice(rel["held" if held else "ask"]), rng, s))
    if section == "Units":
        q = _fix_units(row, q)
    if section == "Currencies":
        q = q.replace("currency does ", "currency do they use in ")
    return Turn(q, _answer(section, row), _short(section, row), (row[0], row[1]) if section != "Questions" else ())


_WRAP = ["(Hey|Hi|Hello|Ok|Okay|So|Now|Please tell me|Tell me|Quick question|I have a question|One more question|Question|Next question|Ember|Hey Ember|Just curious|By the way|Another question|Easy question|I am curious|A question for you|Riddle me this|Well|Um|Alright)[,|:|!|.] {q}",
         "{q} Do you know[ it| that]?", "{q} (Please answer|Tell me please|Thanks|I forgot it|I forgot|I have no idea|I need it for school|It is for a quiz|I want to learn it|Please be quick|I hope you know it|My {relative} asked me).",
         "My {relative} asked me: {q}", "(I forgot|I want to know|I have to know|I need to know|My homework asks|The quiz asks|A friend asked me|I am learning|Here is a question)(:|.) {q}", "Can you answer this[ question]? {q}", "(Let me|I will) ask you something[.|:] {q}",
         "You surely know this[.|:] {q}", "{q} Answer[ me], please.", "Do you know the answer? {q}", "I am doing a quiz. {q}", "For (school|my homework|a quiz|a game|my {relative}), {q}", "Could you help me? {q}"]


_STOP = {"is", "the", "a", "an", "do", "does", "what", "of", "are", "in", "to", "did", "was", "which", "it", "i", "we", "has", "have", "there", "for", "can", "you"}


def telegraph(rng: random.Random, q: str) -> str:
    """The question as typed into a search box: some of the small words are gone."""
    out = [w for w in q.rstrip("?.").split() if w.lower() not in _STOP or rng.random() < 0.4]
    return " ".join(out) + rng.choice(("", "", "?")) if len(out) > 1 else q


def wrap(rng: random.Random, q: str) -> str:
    """Puts a question into a sentence a person might use."""
    r = rng.random()
    if r < 0.56:
        return q
    if r < 0.66:
        return telegraph(rng, q)
    w = rng.choice(_WRAP)
    if w.endswith("{q}") and rng.random() < 0.5 and not q.startswith("I "):
        q = q[:1].lower() + q[1:]
    return expand(w, rng, {"q": q})


def _capital_back_ok(row: list[str]) -> bool:
    return sum(r[1] == row[1] for r in FACTS["Capitals"]) == 1


def reverse(rng: random.Random) -> Turn:
    """From the answer back to the subject, where that is unique."""
    while True:
        sec = rng.choice(("Capitals", "Capitals", "Capitals", "Animal sounds", "Baby animals", "Chemical symbols"))
        row = rng.choice(FACTS[sec])
        if sum(r[1] == row[1] for r in FACTS[sec]) > 1:
            continue
        rel, s = RELATIONS[sec], _slots(sec, row)
        return Turn(_cap(expand(rng.choice(rel["back"]), rng, s)), _cap(expand(rel["say_back"], rng, s)), _cap(row[0].removeprefix("the ")),
                    (row[0], row[1]))


def yes_no(rng: random.Random) -> Turn:
    sec = rng.choice(("Capitals", "Capitals", "Continents", "Languages", "Colours of things"))
    row = rng.choice(FACTS[sec])
    rel = RELATIONS[sec]
    full = _answer(sec, row)
    low = full if sec in ("Languages", "Continents") and not full.startswith("The ") else full[:1].lower() + full[1:]
    if sec == "Languages":
        low = full[:1].lower() + full[1:]
    if rng.random() < 0.5:
        return Turn(expand(rel["yesno"], rng, {"a": row[0], "b": row[1]}), "Yes, " + low, "Yes", (row[0], row[1]))
    while True:
        other = rng.choice(FACTS[sec])[1]
        if other != row[1]:
            break
    return Turn(expand(rel["yesno"], rng, {"a": row[0], "b": other}), "No, " + low, "No", (row[0], other))


# ------------------------------------------------------------------------------------------------ what is not known
_OTHER_COUNTRIES = words._w("""
Mongolia, Bolivia, Paraguay, Nigeria, Sudan, Chad, Mali, Niger, Angola, Namibia, Botswana, Zambia, Zimbabwe, Mozambique, Tanzania,
Uganda, Rwanda, Somalia, Libya, Algeria, Yemen, Oman, Qatar, Kuwait, Bahrain, Pakistan, Bangladesh, Sri Lanka, Bhutan, Myanmar, Laos,
Cambodia, Malaysia, Brunei, Fiji, Samoa, Tonga, Kazakhstan, Uzbekistan, Kyrgyzstan, Armenia, Georgia, Azerbaijan, Belarus, Moldova,
Albania, Montenegro, Bosnia, North Macedonia, Jamaica, Haiti, Panama, Honduras, Nicaragua, Guatemala, El Salvador, Costa Rica, Belize,
Guyana, Suriname, Cameroon, Gabon, Togo, Benin, Liberia, Sierra Leone, Gambia, Madagascar, Mauritius, Malawi, Eritrea, Djibouti
""")
_OTHER_ELEMENTS = words._w("boron, fluorine, argon, titanium, chromium, manganese, cobalt, arsenic, bromine, krypton, iodine, xenon, tungsten, platinum, radium, plutonium")
_OTHER_WORKS = words._w("""Ulysses, The Trial, Dune, Emma's Diary, The Stranger, Beloved, The Great Gatsby, Macbeth Two, The Idiot, Nausea, The Plague, The Tin Drum,
Steppenwolf, Siddhartha, Walden, Middlemarch, Vanity Fair, Jane Eyre, Wuthering Heights, The Name of the Rose, Momo, Heidi""")
_OTHER_DEEDS = words._w("""invented the sandwich, built the Eiffel Tower, discovered Australia, invented the bicycle, painted the Night Watch, invented paper, invented chess,
wrote the first novel, won the last election, invented the zipper, founded Rome, invented the piano, discovered Pluto, composed the Ring, invented velcro,
won the chess world cup, directed that film, sang that song, designed the first bridge, invented the microwave, invented ice cream""")


def unknown(rng: random.Random) -> Turn:
    """A question whose answer is not taught; the answer says so."""
    k = rng.random()
    if k < 0.22:
        c = rng.choice(_OTHER_COUNTRIES) if rng.random() < 0.8 else _cap(words.pseudo_word(rng))
        q = expand(rng.choice(RELATIONS["Capitals"]["ask"]), rng, {"a": c})
        return Turn(q, f"I do not know the capital of {c}, sorry.", "Unknown", (c,))
    if k < 0.27:
        e = rng.choice(_OTHER_ELEMENTS)
        q = expand(rng.choice(RELATIONS["Chemical symbols"]["ask"]), rng, {"a": e})
        return Turn(q, f"I do not know the chemical symbol of {e}, sorry.", "Unknown", (e,))
    if k < 0.35:
        w = rng.choice(_OTHER_WORKS) if rng.random() < 0.6 else "The " + _cap(rng.choice(words.ADJECTIVES)) + " " + _cap(rng.choice(words.OBJECTS))
        q = expand(rng.choice(RELATIONS["Authors"]["ask"]), rng, {"a": w})
        return Turn(q, f"I do not know who wrote {w}, sorry.", "Unknown", (w,))
    if k < 0.42:
        d = rng.choice(_OTHER_DEEDS)
        q = expand(rng.choice(RELATIONS["Deeds"]["ask"]), rng, {"a": d})
        return Turn(q, f"I do not know who {d}, sorry.", "Unknown", (d,))
    if k < 0.50:
        w = words.pseudo_word(rng)
        q = expand(rng.choice(["What is {a.an}?", "What does {a} mean?", "Do you know what {a.an} is?", "Explain the word {a}.",
                               "What is the meaning of {a}?", "Who is {b}?", "Where is {b}?", "Have you heard of {b}?", "Do you know {b}?"]), rng, {"a": w, "b": _cap(w)})
        named = w if w in q else _cap(w)
        return Turn(q, f"I do not know the word {named}, sorry." if named == w else f"I have never heard of {named}, sorry.", "Unknown", (w, _cap(w)))
    if k < 0.60:
        q = expand(rng.choice([
            "Who (was|is) the (president|king|queen|prime minister|mayor|ruler) of {land}[ in {y}]?", "Who won the (election|world cup|championship|race|Nobel prize|Oscar) in {y}?",
            "What happened in (the year |){y}?", "When was {name} (Smith|Jones|Miller|Brown|Garcia|Muller) born?", "Who is {name} (Smith|Jones|Miller|Brown|Garcia|Muller)?",
            "How many people live in {city}?", "How (big|old|rich) is {city}?", "What is the population of (the world|{land}|{city})?", "How much does {object.an} cost[ in {city}]?",
            "What is the (price|weight|size) of {object.an}?", "Which team won (yesterday|last night|on {day})?", "What is the score of the game?",
            "Who sang that song?", "What is the best (restaurant|hotel|museum|school) in {city}?", "How far is it from {city} to {land}?", "How do I get (to|from) {city}?",
            "What is the phone number of {name}?", "When does the (train|bus|plane|shop|museum) (leave|arrive|open|close)?", "What is the (highest building|largest lake|oldest town) in {land}?"]),
            rng, {"y": str(rng.randrange(1200, 2030))})
        return Turn(q, "I do not know that, sorry. I am a very small model and know only a few facts.", "Unknown")
    k = rng.random()
    t = rng.choice(words.TOPICS) if k < 0.6 else rng.choice(words.EXTRA_NOUNS) + "s" if k < 0.75 else rng.choice(words.EXTRA_ADJ) + " " + rng.choice(words.EXTRA_NOUNS) + "s" if k < 0.9 else words.pseudo_word(rng)
    q = expand(rng.choice([
        "(Can you |Could you |Please )(explain|describe) {t}[ to me][.|?]", "(Explain|Describe) {t}[ to me].", "What do you know about {t}?", "Tell me [something |a bit |everything |more ]about {t}[.|, please.]",
        "What is {t}?", "How does {t} work?", "Why is {t} (important|interesting|so hard)?", "What are the main ideas of {t}?", "Who (invented|discovered|started) {t}?",
        "When did {t} (begin|start|end)?", "Give me a summary of {t}.", "Can you teach me {t}?", "What is the history of {t}?", "Write an essay about {t}.",
        "I have a question about {t}.", "Let us talk about {t}.", "What do you think about {t}?", "Do you know (anything|something|much) about {t}?",
        "Is {t} (hard|easy) to learn?", "How can I learn [more ]about {t}?", "Where can I read about {t}?"]), rng, {"t": t})
    a = rng.choice((f"I do not know much about {t}, sorry. I am a very small model.",
                    f"Sorry, {t} {'are' if t.endswith('s') and not t.endswith(('ics', 'ss', 'us')) else 'is'} too big a topic for a small model like me."))
    return Turn(q, a, "Unknown", (t,))


def turn(rng: random.Random, split: str = "train") -> Turn:
    """A random question of this module in random wording."""
    k = rng.random()
    if k < 0.72:
        sec, i = rng.choice(_ALL)
        t = ask(rng, sec, i, held=(split == "test"))
    elif k < 0.79:
        t = reverse(rng)
    elif k < 0.86:
        t = yes_no(rng)
    else:
        t = unknown(rng)
    user = wrap(rng, t.user) if split == "train" else t.user
    return Turn(noise(rng, user, t.keep), t.answer, t.short, t.keep)


_ALL = all_facts()


def ellipsis_pair(rng: random.Random) -> list[Turn]:
    """A question followed by short ones: 'And of Italy?'."""
    sec = rng.choice(("Capitals", "Capitals", "Opposites", "Legs", "Animal sounds", "Colours of things", "Languages", "Chemical symbols", "Continents", "Baby animals"))
    out = []
    for n in range(rng.choice((2, 2, 3))):
        row = rng.choice(FACTS[sec])
        s = _slots(sec, row)
        a = row[0] if sec not in ("Legs", "Animal sounds", "Baby animals") else article(row[0])
        if n == 0:
            q = _cap(expand(rng.choice(RELATIONS[sec]["ask"]), rng, s))
            if sec == "Currencies":
                q = q.replace("currency does ", "currency do they use in ")
        elif sec in ("Capitals", "Opposites", "Chemical symbols", "Languages", "Baby animals") and rng.random() < 0.4:
            q = expand("[And ]of {a}?", rng, {"a": a})
        else:
            q = expand("(And|What about|How about|And what about|And how about|Now|And for) {a}?", rng, {"a": a})
        out.append(Turn(noise(rng, _cap(q), (row[0], row[1])), _answer(sec, row), _short(sec, row), (row[0], row[1])))
    return out


def prose(rng: random.Random) -> str:
    """A few facts as plain sentences, for text completion."""
    rows = rng.sample(_ALL, rng.randint(3, 8))
    if rng.random() < 0.6:
        sec = rng.choice([s for s in FACTS])
        idx = rng.sample(range(len(FACTS[sec])), min(len(FACTS[sec]), rng.randint(3, 8)))
        rows = [(sec, i) for i in idx]
    return " ".join(FACTS[s][i][1] if s == "Questions" else _answer(s, FACTS[s][i]) for s, i in rows)
