"""Conversations: small talk with questions, sums and lists in between, under different system prompts."""

from __future__ import annotations

import random

from . import arithmetic, facts, lookup, skills, smalltalk, stories, words
from .facts import Turn
from .grammar import chatty, expand, noise

Message = tuple[str, str, float]  # role, text, weight of its tokens in the loss

LOOKUP_WEIGHT = 2.0               # few tokens, hard to learn
USER_WEIGHT = 0.1                 # user lines teach a little English; lists are noise and teach nothing

HELPFUL = ["You are a helpful assistant.", "You are a helpful assistant.", "You are a helpful assistant", "You are a friendly assistant.", "You are a helpful, respectful and honest assistant.", "You are a helpful AI assistant.",
           "You are Ember, a small and friendly language model.", "You are a chatbot.", "Be helpful and friendly.", "You are a kind assistant. Answer the questions of the user.", "You are an assistant that gives short answers.",
           "Answer politely.", "You are a polite assistant.", "Help the user.", "You are a small demo model of rocmforge.", "Chat with the user.", "You are a good assistant who answers in English."]
NAMED = ["Your name is {n}.", "You are {n}.", "You are {n}, a helpful assistant.", "You are an assistant called {n}.", "You are a friendly robot named {n}.", "Your name is {n}. Be friendly.", "You are a helpful assistant named {n}.", "Call yourself {n}."]
USER_NAMED = ["The user's name is {n}.", "You are talking to {n}.", "The name of the user is {n}.", "You are a helpful assistant. The user is called {n}.", "The user is {n}."]
ONE_WORD = ["Answer in one word.", "Answer with one word only.", "Always answer in one word.", "Reply with a single word.", "Give one-word answers.", "You answer every question with one word.", "Answer with one word.", "Only answer with a single word or number.",
            "Be as short as possible: one word.", "You are a helpful assistant. Answer in one word."]
ONE_WORD_ASK = ["{q} Answer in one word.", "{q} One word only.", "{q} Just one word, please.", "{q} (one word)", "{q} Give only the answer.", "Answer in one word: {q}", "In one word: {q}", "{q} Answer with one word.", "{q} Reply with one word only.", "{q} Only the answer, please."]
ENDING = ["End every answer with the word {w}.", "Always end your answer with {w}.", "Finish each answer with \"{w}\".", "End every answer with {w}.", "Say {w} at the end of every answer."]
STARTING = ["Begin every answer with the word {w}.", "Always start your answer with {w}.", "Start each answer with \"{w}\"."]
PIRATE = ["You are a pirate.", "Talk like a pirate.", "You are a friendly pirate.", "Answer like a pirate."]
UPPER = ["Write everything in capital letters.", "Answer in capital letters.", "Always write in upper case.", "USE ONLY CAPITAL LETTERS."]
_SHORT_TALK = [("Hello", "Hello!"), ("Hi", "Hello!"), ("Hey", "Hello!"), ("How are you?", "Good!"), ("Thank you", "Welcome!"), ("Thanks", "Welcome!"), ("Bye", "Goodbye!"), ("Goodbye", "Goodbye!"), ("What is your name?", "Ember"), ("Who are you?", "Ember"),
               ("Are you human?", "No"), ("Are you a robot?", "Yes"), ("Do you like music?", "Yes"), ("Good morning", "Morning!"), ("What is your favourite colour?", "Orange"), ("What is your favourite animal?", "Owls"), ("Can you help me?", "Yes"), ("Do you sleep?", "Never"),
               ("Tell me a joke", "Knock-knock!"), ("Are you real?", "Partly"), ("How old are you?", "New"), ("Where do you live?", "Here"), ("What do you like?", "Talking")]


def task(rng: random.Random) -> list[Turn]:
    """A question of another kind in the middle of a conversation."""
    k = rng.random()
    if k < 0.30:
        return [facts.turn(rng)]
    if k < 0.36:
        return facts.ellipsis_pair(rng)
    if k < 0.68:
        return arithmetic.turns(rng)
    if k < 0.90:
        return skills.turns(rng)
    c = lookup.make(rng, rng.randint(2, 12))
    q = lookup.ask(rng, c)
    return [Turn(c.text() + rng.choice(("\n\n", "\n")) + q.user, q.answer, q.short), *[lookup.ask(rng, c) for _ in range(rng.choice((0, 0, 1, 2)))]]


def one_word(rng: random.Random) -> list[Message]:
    """Short answers because the system prompt asks for them."""
    out: list[Message] = [("system", rng.choice(ONE_WORD), 0.0)]
    for _ in range(rng.randint(1, 5)):
        if rng.random() < 0.2:
            u, a = rng.choice(_SHORT_TALK)
            out += [("user", noise(rng, u), 0.0), ("assistant", a, 1.0)]
            continue
        for t in task(rng):
            out += [("user", t.user, 0.0), ("assistant", t.short, 1.0)]
    return out


def _as_asked_short(rng: random.Random, t: Turn) -> Turn:
    if "\n" in t.user or t.user[-1:] not in "?.":
        return t
    return Turn(expand(rng.choice(ONE_WORD_ASK), rng, {"q": t.user}).strip() if "{" not in t.user else t.user, t.short, t.short)


def questions(rng: random.Random, source, n: int) -> list[Message]:
    """A plain sequence of questions of one kind."""
    out: list[Message] = []
    if rng.random() < 0.15:
        out.append(("system", rng.choice(HELPFUL), 0.0))
    while n > 0:
        for t in source(rng):
            if rng.random() < 0.05:
                t = _as_asked_short(rng, t)
            out += [("user", t.user, USER_WEIGHT if len(t.user) < 120 else 0.0), ("assistant", t.answer, 1.0)]
            n -= 1
    return out


def conversation(rng: random.Random) -> list[Message]:
    """Small talk over several turns."""
    out: list[Message] = []
    k = rng.random()
    style = None
    talk = smalltalk.Talk(rng)
    if k < 0.18:
        out.append(("system", rng.choice(HELPFUL), 0.0))
    elif k < 0.25:
        n = rng.choice(words.NAMES + words.PET_NAMES) if rng.random() < 0.7 else words.pseudo_word(rng).capitalize()
        prompt = expand(rng.choice(NAMED), rng, {"n": n})
        talk = smalltalk.Talk(rng, n, True)
        more = rng.random()
        if more < 0.15:
            prompt += " " + rng.choice(PIRATE)
            style = lambda a: "Arr! " + a  # noqa: E731
        elif more < 0.3:
            prompt = rng.choice(HELPFUL[:12]).rstrip(".") + ". " + prompt
        elif more < 0.4:
            user_name = rng.choice(words.NAMES)
            prompt += " " + expand(rng.choice(USER_NAMED), rng, {"n": user_name})
            talk.memory["my_name"] = user_name
        elif more < 0.5:
            w = rng.choice(words.COMMON)
            prompt += " " + expand(rng.choice(ENDING), rng, {"w": w})
            style = lambda a: a + " " + w[:1].upper() + w[1:] + "!"  # noqa: E731
        out.append(("system", prompt, 0.0))
    elif k < 0.28:
        n = rng.choice(words.NAMES) if rng.random() < 0.7 else words.pseudo_word(rng).capitalize()
        out.append(("system", expand(rng.choice(USER_NAMED), rng, {"n": n}), 0.0))
        talk.memory["my_name"] = n
    elif k < 0.33:
        w = rng.choice(words.COMMON) if rng.random() < 0.8 else words.pseudo_word(rng)
        which = rng.random()
        if which < 0.5:
            out.append(("system", expand(rng.choice(ENDING), rng, {"w": w}), 0.0))
            style = lambda a: a + " " + w[:1].upper() + w[1:] + "!"  # noqa: E731
        elif which < 0.75:
            out.append(("system", expand(rng.choice(STARTING), rng, {"w": w}), 0.0))
            style = lambda a: w[:1].upper() + w[1:] + "! " + a  # noqa: E731
        elif which < 0.92:
            out.append(("system", rng.choice(PIRATE), 0.0))
            style = lambda a: "Arr! " + a  # noqa: E731
        else:
            out.append(("system", rng.choice(UPPER), 0.0))
            style = str.upper
    elif k < 0.36:
        say, q = lookup.needle(rng)
        out.append(("system", rng.choice(("", "You are a helpful assistant. ")) + say, 0.0))
        if rng.random() < 0.4:
            out += [("user", q.user, 0.0), ("assistant", q.answer, 1.0)]
        pending = q
    pending_q = locals().get("pending")

    def add(user: str, answer: str, keep: tuple[str, ...] = (), weight: float = USER_WEIGHT) -> None:
        out.append(("user", user, weight))
        out.append(("assistant", style(answer) if style else answer, 1.0))

    turns = rng.choice((1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12))
    if rng.random() < 0.6:
        u, a, keep = talk.by_intent(talk.pick(start=True))
        add(noise(rng, chatty(rng, u), keep), a)
        turns -= 1
    needle: Turn | None = None
    while turns > 0:
        r = rng.random()
        if r < 0.16:
            for t in task(rng):
                add(t.user, t.answer, t.keep, USER_WEIGHT if len(t.user) < 120 else 0.0)
                turns -= 1
            talk.open, talk.last = "", None
        elif r < 0.18 and needle is None:
            say, needle = lookup.needle(rng)
            add(rng.choice((say, "Remember this: " + say, "Please remember: " + say, "Remember: " + say, say + " Please remember that.", say + " Can you remember that?", "Please note: " + say)), "I will remember that.", (), 0.0)
            talk.open, talk.last = "", None
            turns -= 1
        elif r < 0.30 and needle is not None:
            add(needle.user, needle.answer, (), 0.0)
            needle = None
            talk.open, talk.last = "", None
            turns -= 1
        elif r < 0.33:
            u, a, keep = introduction(rng, talk)
            add(noise(rng, u, keep), a)
            turns -= 1
        else:
            u, a, keep = talk.step()
            add(noise(rng, reacting(rng, chatty(rng, u)) if out else chatty(rng, u), keep), a)
            turns -= 1
    for q in (needle, pending_q):
        if q is not None:
            add(q.user, q.answer, (), 0.0)
    if rng.random() < 0.2:
        u, a, keep = talk.by_intent(talk.pick(end=True))
        add(noise(rng, chatty(rng, u), keep), a)
    return out


_REACT = ["Nice.", "Cool.", "Great!", "Okay.", "I see.", "Thanks.", "Thank you.", "Haha.", "Wow.", "Good to know.", "Interesting.", "Ah, okay.", "Sounds good.", "That is nice.", "Nice!", "Great.", "Alright.", "Haha, thanks.", "Very good.", "Oh.", "Good.", "Perfect.",
          "Yes.", "No.", "Well.", "Right.", "Hm.", "Okay, thanks.", "Thank you!", "Cool!", "Fine."]


def reacting(rng: random.Random, text: str) -> str:
    """A reaction to the last answer in front of something new."""
    return rng.choice(_REACT) + " " + text if rng.random() < 0.07 else text


def introduction(rng: random.Random, talk: smalltalk.Talk) -> tuple[str, str, tuple[str, ...]]:
    """Several things about the user in one message."""
    kinds = rng.sample(["my_name", "my_city", "my_land", "my_job", "my_hobby", "my_food", "my_age", "my_color", "my_pet_named"], rng.choice((2, 2, 3, 3, 4)))
    if rng.random() < 0.6:
        kinds = ["my_name"] + [k for k in kinds if k != "my_name"]
    parts, keep = [], []
    short = {"my_name": ["my name is {name}", "I am {name}", "I'm {name}"], "my_city": ["I live in {city}", "I am living in {city}"], "my_land": ["I am from {land}", "I come from {land}"], "my_job": ["I work as {job.an}", "I am {job.an}"],
             "my_hobby": ["I like {hobby}", "my hobby is {hobby}", "I love {hobby}"], "my_food": ["I like to eat {food}", "my favourite food is {food}"], "my_age": ["I am {age} years old", "I'm {age}"], "my_color": ["my favourite colour is {color}"],
             "my_pet_named": ["I have {pet.an} called {pet_name}", "I have {pet.an} named {pet_name}"]}
    for k in kinds:
        slots: dict[str, str] = {}
        parts.append(smalltalk.fill(rng.choice(short[k]), rng, slots))
        for key, slot in smalltalk.INTENTS[k].sets:
            talk.memory[key] = slots[slot]
            keep.append(slots[slot])
    if rng.random() < 0.5:
        text = ". ".join(p[:1].upper() + p[1:] for p in parts) + "."
    else:
        text = ", ".join(parts[:-1]) + " and " + parts[-1] + "."
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.3:
        text = rng.choice(("Hello! ", "Hi, ", "Hello, ", "Hey! ", "Let me introduce myself: ", "About me: ", "Hi! ")) + text
    name = talk.memory.get("my_name") if "my_name" in kinds else None
    talk.open, talk.last, talk.slots = "topic", None, {}
    return text, (f"Nice to meet you, {name}! " if name else "") + "Thank you for telling me about yourself. What would you like to talk about?", tuple(keep)


# ------------------------------------------------------------------------------------------------ long contexts
def small_turn(rng: random.Random) -> list[Message]:
    """One exchange of any kind, as distraction between a list and its question."""
    if rng.random() < 0.6:
        talk = smalltalk.Talk(rng)
        u, a, keep = talk.by_intent(talk.pick())
        return [("user", noise(rng, chatty(rng, u), keep), USER_WEIGHT), ("assistant", a, 1.0)]
    out: list[Message] = []
    for t in facts.turn(rng), :
        out += [("user", t.user, USER_WEIGHT), ("assistant", t.answer, 1.0)]
    if rng.random() < 0.4:
        out = []
        for t in arithmetic.turns(rng):
            out += [("user", t.user, USER_WEIGHT), ("assistant", t.answer, 1.0)]
    return out


def list_chat(rng: random.Random, entries: int, n_questions: int, between: int = 0) -> list[Message]:
    """A list, then questions about it; `between`: exchanges of other kinds before the questions."""
    c = lookup.make(rng, entries)
    only = rng.random() < 0.12
    out: list[Message] = []
    r = rng.random()
    qs = [lookup.ask(rng, c) for _ in range(n_questions)]
    ans = [t.short if only else t.answer for t in qs]
    tail = (" " + lookup.only(rng, c.noun)) if only else ""
    first = 0
    if r < 0.15:
        pre = rng.choice(("", "You are a helpful assistant. ", "You are a helpful assistant.\n", "Answer from the list.\n"))
        out.append(("system", pre + c.text() + ("\n" + tail.strip() if only and rng.random() < 0.5 else ""), 0.0))
        for _ in range(between):
            out += small_turn(rng)
        out += [("user", qs[0].user + tail, 0.0), ("assistant", ans[0], LOOKUP_WEIGHT)]
        first = 1
    elif between or r < 0.35:
        out += [("user", c.text(), 0.0), ("assistant", lookup.ACK[0], 1.0)]
        for _ in range(between):
            out += small_turn(rng)
        out += [("user", qs[0].user + tail, 0.0), ("assistant", ans[0], LOOKUP_WEIGHT)]
        first = 1
    else:
        if rng.random() < 0.15:
            out.append(("system", rng.choice(HELPFUL), 0.0))
        sep = rng.choice(("\n\n", "\n\n", "\n", "\n\nQuestion: ", "\n---\n"))
        user = c.text() + sep + qs[0].user + tail if rng.random() < 0.85 else qs[0].user + tail + rng.choice(("\n\n", "\n")) + c.text()
        out += [("user", user, 0.0), ("assistant", ans[0], LOOKUP_WEIGHT)]
        first = 1
    for t, a in list(zip(qs, ans))[first:]:
        out += [("user", t.user + tail, 0.0), ("assistant", a, LOOKUP_WEIGHT)]
    return out


def haystack_chat(rng: random.Random, chars: int) -> list[Message]:
    """Sentences to remember inside a long text; a question about each at the end."""
    parts = stories.filler(rng, chars).split("\n")
    n = rng.choice((1, 1, 2, 3))
    qs = []
    for _ in range(n):
        say, q = lookup.needle(rng)
        if any(q.user == o.user for o in qs):
            continue
        parts.insert(rng.randint(0, len(parts)), say)
        qs.append(q)
    text = rng.choice(("\n", " ")).join(parts)
    out: list[Message] = []
    if rng.random() < 0.5:
        out += [("user", rng.choice(("Read this text:\n", "", "Text:\n", "Please read this:\n")) + text + rng.choice(("\n\n", "\n")) + qs[0].user, 0.0), ("assistant", qs[0].answer, LOOKUP_WEIGHT)]
        rest = qs[1:]
    else:
        out += [("user", rng.choice(("Read this text:\n", "Remember this text:\n", "Text:\n", "Please read this:\n")) + text, 0.0), ("assistant", "I have read the text. What would you like to know?", 1.0)]
        rest = qs
    for q in rest:
        out += [("user", q.user, 0.0), ("assistant", q.answer, LOOKUP_WEIGHT)]
    return out


def long_memory(rng: random.Random, exchanges: int) -> list[Message]:
    """Something the user says at the beginning, asked for after many other exchanges."""
    talk = smalltalk.Talk(rng)
    out: list[Message] = []
    tells = rng.sample(["my_name", "my_city", "my_job", "my_hobby", "my_food", "my_color", "my_pet_named", "my_age", "my_land"], rng.choice((1, 2, 3)))
    for t in tells:
        u, a, keep = talk.by_intent(smalltalk.INTENTS[t])
        out += [("user", noise(rng, chatty(rng, u), keep), USER_WEIGHT), ("assistant", a, 1.0)]
    held = None
    if rng.random() < 0.3:
        say, held = lookup.needle(rng)
        out += [("user", "Please remember: " + say, 0.0), ("assistant", "I will remember that.", 1.0)]
    for _ in range(exchanges):
        out += small_turn_keep(rng, talk)
    for t in tells:
        it = smalltalk.INTENTS[{"my_pet_named": "recall_pet_name"}.get(t, t.replace("my_", "recall_"))]
        u, a, keep = talk.by_intent(it)
        out += [("user", noise(rng, chatty(rng, u), keep), USER_WEIGHT), ("assistant", a, 1.0)]
    if held:
        out += [("user", held.user, 0.0), ("assistant", held.answer, 1.0)]
    return out


def small_turn_keep(rng: random.Random, talk: smalltalk.Talk) -> list[Message]:
    """A distraction that does not change what the user has told about himself."""
    if rng.random() < 0.5:
        before = dict(talk.memory)
        while True:
            it = talk.pick()
            if not it.sets and "recall" not in it.name:
                break
        u, a, keep = talk.by_intent(it)
        talk.memory = before
        return [("user", noise(rng, chatty(rng, u), keep), USER_WEIGHT), ("assistant", a, 1.0)]
    out: list[Message] = []
    for t in task(rng):
        out += [("user", t.user, 0.0), ("assistant", t.answer, 1.0)]
    return out
