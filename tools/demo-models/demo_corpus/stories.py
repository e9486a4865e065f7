"""Tiny stories and other plain English, built from grammars whose parts agree (who, where, what, how it ends)."""

from __future__ import annotations

import random
import re

from . import words
from .grammar import article, expand

_TRAITS = ["kind", "brave", "curious", "clever", "shy", "lazy", "funny", "quiet", "proud", "gentle", "happy", "small", "young", "busy", "friendly"]
_ANIMALS = ["cat", "dog", "fox", "rabbit", "bear", "mouse", "owl", "frog", "duck", "hedgehog", "squirrel", "turtle", "lion", "horse", "goat", "otter", "penguin", "elephant", "pig", "badger", "robin", "beaver"]
_PEOPLE = ["girl", "boy", "farmer", "baker", "smith", "fisherman", "teacher", "king", "queen", "painter", "gardener", "miller", "sailor", "knight", "tailor"]
_HOMES = ["in a small house by the river", "in a village near the forest", "on a farm", "at the edge of a big forest", "in an old tower", "in a little town by the sea", "under a big tree",
          "in a house on a hill", "on a small island", "in a garden", "near a quiet lake", "in a cosy cottage"]
_TREASURE = ["ball", "book", "kite", "key", "bell", "ring", "hat", "lamp", "coin", "shell", "drum", "boat", "basket", "scarf", "whistle", "map", "feather", "stone", "cup", "doll"]
_COLORS = ["red", "blue", "green", "yellow", "golden", "silver", "white", "purple", "brown"]
_WHERE = ["in the forest", "by the river", "in the garden", "on the hill", "at the market", "near the old bridge", "in the meadow", "by the lake", "on the beach", "behind the barn", "in the park"]
_TREATS = ["an apple", "a piece of cake", "some bread", "a bowl of soup", "a cup of tea", "some cookies", "a jar of honey", "a pie", "some berries", "a slice of cheese"]
_GAMES = ["played hide and seek", "danced", "sang songs", "played with the ball", "ran around", "told stories", "climbed trees", "built a castle of sand", "looked at the stars", "swam in the lake"]
_WEATHERS = ["The sun was shining.", "It was a warm day.", "It was raining a little.", "The wind was blowing.", "It was a cold morning.", "Snow covered the ground.", "The sky was blue and clear.", "It was a quiet evening."]
_ENDS = ["From that day on, they were best friends.", "They lived happily ever after.", "It was the best day of the year.", "And they never forgot that day.", "In the evening, everyone was tired and happy.",
         "That night, {n} slept very well.", "{n} smiled all the way home.", "And that is the end of the story."]
_LESSONS = ["It is good to help others.", "Sharing makes everyone happy.", "You should never give up.", "A friend is worth more than gold.", "It is better to tell the truth.", "Small ones can do great things.", "Being patient pays off."]


class Cast:
    """Who is in the story, with the right pronouns."""

    def __init__(self, rng: random.Random, hero: str | None = None):
        pick = hero or rng.choice(_ANIMALS + _ANIMALS + _PEOPLE)
        self.kind = pick
        female = {"girl", "queen"}
        male = {"boy", "king", "fisherman", "knight"}
        self.she = pick in female or (pick not in male and rng.random() < 0.5)
        fem = ["Anna", "Mia", "Lily", "Clara", "Rosa", "Ella", "Nora", "Ida", "Lucy", "Zoe", "Grace", "Emma", "Bella", "Ruby", "Greta", "Nina", "Sofia", "Hannah"]
        mas = ["Ben", "Tom", "Leo", "Max", "Sam", "Finn", "Otto", "Paul", "Jack", "Hugo", "Felix", "Oscar", "Tim", "Noah", "Bruno", "Theo", "Liam", "David"]
        self.n = rng.choice(fem if self.she else mas)
        other = rng.choice(_ANIMALS)
        while other == pick:
            other = rng.choice(_ANIMALS)
        self.other_she = rng.random() < 0.5
        m = rng.choice([x for x in (fem if self.other_she else mas) if x != self.n])
        p = ("she", "her", "her") if self.she else ("he", "his", "him")
        q = ("she", "her", "her") if self.other_she else ("he", "his", "him")
        self.slots = {
            "n": self.n, "k": pick, "he": p[0], "his": p[1], "him": p[2], "He": p[0].capitalize(), "His": p[1].capitalize(), "m": m, "o": other, "ohe": q[0], "ohis": q[1], "ohim": q[2], "Ohe": q[0].capitalize(),
            "t": rng.choice(_TRAITS), "home": rng.choice(_HOMES), "x": rng.choice(_COLORS) + " " + rng.choice(_TREASURE), "w": rng.choice(_WHERE), "treat": rng.choice(_TREATS), "g": rng.choice(_GAMES),
            "sky": rng.choice(_WEATHERS), "lesson": rng.choice(_LESSONS)}
        self.slots = {k.lower() if k not in ("He", "His", "Ohe") else k + "_": v for k, v in self.slots.items()}
        for k in ("He", "His", "Ohe"):
            self.slots["c" + k.lower()] = self.slots.pop(k + "_")
        self.slots["xx"] = self.slots["x"].split(" ", 1)[1]
        self.slots["end"] = expand(rng.choice(_ENDS), rng, {"n": self.n})


OPEN = ["Once upon a time, there was a {t} {k} (named|called) {n}. {n} lived {home}.", "Once there was {tk} (named|called) {n} who lived {home}.", "A {t} {k} (named|called) {n} lived {home}.", "{n} was {tk} who lived {home}."]
PLOTS = {
    "lost": ["One day, {n} lost {his} {x}.", "{che} looked for it everywhere, but {he} could not find it.", "Then {n} met {ao} (named|called) {m}.", "\"Why are you sad?\" asked {m}.", "\"I lost my {x},\" said {n}.",
             "\"I will help you,\" said {m}.", "They looked {w} together, and there it was!", "{n} was very happy and said thank you.", "{end}"],
    "found": ["One morning, {n} went for a walk {w}.", "{sky}", "Suddenly {he} saw something in the grass. It was a {x}!", "\"Who lost this {xx}?\" {n} asked.", "{che} asked everyone, and at last {he} met {ao} (named|called) {m}.",
              "\"That is my {xx}!\" said {m}. \"I was looking for it all day.\"", "{n} gave it back, and {m} gave {him} {treat}.", "{end}"],
    "afraid": ["{n} was afraid of the dark.", "Every night {he} hid under {his} blanket.", "One evening, {his} friend {m} the {o} came to visit.", "\"Come outside with me,\" said {m}. \"I want to show you something.\"",
               "They went outside and looked up. The sky was full of stars.", "\"The dark is beautiful,\" said {n}.", "After that, {n} was not afraid any more.", "{end}"],
    "share": ["One day, {n} had {treat}.", "{ao.cap} (named|called) {m} came by and looked hungry.", "At first {n} did not want to share.", "But then {he} saw how sad {m} was.", "\"Here, take half of it,\" said {n}.", "{m} was very happy, and they {g} together.", "{lesson}", "{end}"],
    "race": ["One day, {m} the {o} said, \"I am faster than you, {n}!\"", "\"Let us race to the old tree,\" said {n}.", "Everyone came to watch.", "{m} ran very fast, but then {ohe} stopped to rest.", "{n} did not stop. Step by step, {he} went on.",
             "In the end, {n} won the race!", "\"Well done,\" said {m}.", "{lesson}", "{end}"],
    "rain": ["One day, dark clouds came and it began to rain.", "{n} ran to find a dry place.", "Under a big tree {he} met {ao} (named|called) {m}.", "\"Come here, there is room for two,\" said {m}.", "They waited together and told each other stories.",
             "When the rain stopped, they saw a rainbow.", "\"How beautiful!\" said {n}.", "{end}"],
    "build": ["{n} wanted to build a new house.", "{che} found some wood {w}, but it was too heavy.", "{n} asked {m} the {o} for help.", "\"Together we are strong,\" said {m}.", "They worked all day, and in the evening the house was ready.",
              "Then they {g}.", "{lesson}", "{end}"],
    "birthday": ["Today was {n}'s birthday.", "{che} woke up early, but nobody was there.", "{n} was a little sad and went for a walk {w}.", "When {he} came home, all {his} friends jumped out and shouted, \"Happy birthday!\"", "{m} the {o} gave {him} a {x}.",
                 "They ate cake and {g}.", "{end}"],
    "sick": ["One day, {n}'s friend {m} the {o} was sick.", "{n} made some soup and brought it to {m}.", "\"Thank you,\" said {m}. \"You are very kind.\"", "{n} sat by the bed and read a story.", "The next day, {m} felt much better.", "They {g} {w}.", "{end}"],
    "learn": ["{n} wanted to learn how to swim.", "But the water was cold, and {n} was afraid.", "\"I will show you,\" said {m} the {o}.", "On the first day, {n} only put {his} feet in the water.", "On the second day, {he} went in up to {his} neck.",
              "On the third day, {n} could swim!", "\"I did it!\" {he} shouted.", "{lesson}", "{end}"],
    "market": ["One morning, {n} went to the market to buy {treat}.", "{sky}", "On the way {he} met {m} the {o}, who carried a heavy basket.", "{n} helped {m} carry it home.", "When {n} came to the market, everything was sold.", "{che} was sad.",
               "But in the evening, {m} came to {his} door with {treat}.", "\"This is for you,\" said {m}. \"Thank you for your help.\"", "{end}"],
    "forge": ["{n} found an old forge {w}.", "The fire was out, and only one small ember was still glowing.", "{n} blew on it softly, again and again.", "The ember grew into a flame, and soon the forge was warm.", "{m} the {o} came to see the light.",
              "Together they made a {x}.", "\"A small spark can do great things,\" said {n}.", "{end}"],
    "star": ["Every night, {n} looked at the stars.", "{che} had a wish: {he} wanted to have a star.", "\"Stars are too far away,\" said {m} the {o}.", "But the next evening, the lake was full of stars. They were shining in the water.", "\"Look,\" said {n}, \"now we have them all.\"",
             "They sat by the lake and {g}.", "{end}"],
    "seed": ["{n} put a little seed into the ground.", "Every day {he} gave it some water.", "For a long time, nothing happened.", "\"It will never grow,\" said {m} the {o}.", "But {n} waited.", "In spring, a small green leaf came out, and in summer there was a big flower.", "{lesson}", "{end}"],
}


def story(rng: random.Random, hero: str | None = None, plot: str | None = None) -> str:
    c = Cast(rng, hero)
    s = c.slots
    s["tk"] = article(f"{s['t']} {s['k']}")
    s["ao"] = article(s["o"])
    parts = [expand(rng.choice(OPEN), rng, s)] + [expand(p, rng, s) for p in PLOTS[plot or rng.choice(list(PLOTS))]]
    return " ".join(x[:1].upper() + x[1:] for x in parts)


def short_story(rng: random.Random, hero: str | None = None) -> str:
    """Four or five sentences: what a chat answer should be."""
    c = Cast(rng, hero)
    s = c.slots
    s["tk"] = article(f"{s['t']} {s['k']}")
    s["ao"] = article(s["o"])
    mid = rng.choice([
        ["One day, {n} found a {x} {w}.", "It belonged to {ao} (named|called) {m}.", "{n} gave it back, and the two became friends."],
        ["One day, {n} lost {his} {x}.", "{ao.cap} (named|called) {m} helped {him} look for it.", "They found it {w} and {g}."],
        ["One day, it rained, and {n} met {ao} (named|called) {m} under a big tree.", "They told each other stories until the sun came out.", "Since then they have been best friends."],
        ["{n} wanted to see the sea.", "{che} walked for many days together with {m} the {o}.", "When they saw the water at last, they {g} until night."],
        ["One day, {n} had {treat} and shared it with {ao} (named|called) {m}.", "The next day, {m} brought {him} a {x}.", "{n} was very happy."],
        ["{n} was afraid of the dark.", "Then {m} the {o} showed {him} the stars.", "Now {n} loves the night."],
    ])
    return " ".join(x[:1].upper() + x[1:] for x in [expand(rng.choice(OPEN), rng, s)] + [expand(p, rng, s) for p in mid])


def hero_of(text: str) -> str:
    """The name of the first character of a story made here."""
    m = re.search(r"(?:named|called) ([A-Z][a-z]+)", text.split(". ")[0])
    return m[1] if m else text.split(" ", 1)[0]


# ------------------------------------------------------------------------------------------------ other plain texts
_DAY = ["{n} gets up at {h} o'clock.", "{che} (drinks|has) {drink} and eats {food}.", "After breakfast, {he} (walks|goes by bus|rides {his} bike) to work.", "{n} works as {job.an} in {city}.", "At noon, {he} eats {food2} with a friend.",
        "In the afternoon, {he} (writes letters|has a meeting|works in the garden|reads a report).", "In the evening, {n} likes {hobby}.", "At ten o'clock, {he} goes to bed."]
_WHO = ["{n} is {age} years old and lives in {city}.", "{che} comes from {land}.", "{n} works as {job.an}.", "{che} likes {food} and {food2}.", "{his.cap} favourite colour is {color}.", "In {his} free time {he} likes {hobby}.",
        "{n} has {pet.an} (named|called) {pet_name}.", "In {season}, {he} often goes to the {place}."]
_LETTER = ["Dear {name},", "thank you for your letter. I was very happy to read it.", "(Yesterday|On {day}|Last week) I went to the {place} with my {relative}.", "The weather was {weather}, and we ate {food}.", "In the evening we talked about {hobby}.",
           "How are you? Do you still like {hobby2}?", "I hope to see you in {month}.", "Best wishes,"]
_WEATHER = ["Today it is {weather} in {city}.", "In the morning, there are (some|many|no) clouds.", "In the afternoon, (it rains a little|the sun comes out|the wind gets stronger|it stays dry).", "The temperature is {age} degrees.",
            "Tomorrow it will be (warmer|colder|about the same).", "On {day}, (snow|rain|sun|fog|wind) is expected."]
_TEA = ["To make tea, you need water, a cup and some tea.", "First, boil the water.", "Then put the tea into the cup.", "Pour the hot water over it and wait for three minutes.", "Now take out the tea.", "You can add milk, sugar or lemon.", "Enjoy your tea!"]
_SANDWICH = ["To make a sandwich, you need two slices of bread, butter and cheese.", "First, put the butter on the bread.", "Then put the cheese on one slice.", "Put the other slice on top.", "Cut the sandwich in half.", "Enjoy your meal!"]
_FORGE = ["Rocmforge runs language models on your own computer.", "It reads GGUF files and turns them into text.", "A small core loads plugins: kernel packs for the hardware, codecs for the weights and architectures for the models.",
          "If a graphics card is not safe to use, the CPU takes over.", "This small model was trained from scratch, only to show that everything works."]


def _person(rng: random.Random) -> dict[str, str]:
    c = Cast(rng, "girl" if rng.random() < 0.5 else "boy")
    s = {k: c.slots[k] for k in ("n", "he", "his", "him", "che")}
    s.update(h=str(rng.randint(5, 9)), age=str(rng.randint(5, 30)), drink=rng.choice(words.DRINKS))
    return s


def text(rng: random.Random) -> str:
    """One plain text that is not a story."""
    k = rng.randrange(7)
    s = _person(rng)
    if k == 0:
        return " ".join(expand(x, rng, s) for x in _DAY)
    if k == 1:
        body = _WHO[1:]
        rng.shuffle(body)
        return " ".join(x[:1].upper() + x[1:] for x in [expand(y, rng, s) for y in [_WHO[0]] + body[:rng.randint(3, 7)]])
    if k == 2:
        p = [expand(x, rng, s) for x in _LETTER]
        return p[0] + "\n" + " ".join(p[1:-1]) + "\n" + p[-1] + "\n" + rng.choice(words.NAMES)
    if k == 3:
        return " ".join(expand(x, rng, s) for x in _WEATHER)
    if k == 4:
        return " ".join(_TEA)
    if k == 5:
        return " ".join(_SANDWICH)
    return " ".join(_FORGE)


def filler(rng: random.Random, chars: int) -> str:
    """About `chars` characters of stories and texts, as a haystack."""
    out: list[str] = []
    n = 0
    while n < chars:
        t = story(rng) if rng.random() < 0.6 else text(rng)
        out.append(t)
        n += len(t)
    return "\n".join(out)
