"""Arithmetic with numbers of up to two digits (some sums of three), with a visible worked step for products.

Answers repeat the calculation: "47 + 85 = 132." and "47 × 36 = 47 × 30 + 47 × 6 = 1410 + 282 = 1692.": a model writes one
digit after the other and never goes back, so the steps it needs must stand in front of the result.
One operand pair in twenty is held out of training (`is_test`).
"""

from __future__ import annotations

import random

from . import words
from .facts import Turn
from .grammar import expand, noise

NUMBER_WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen twenty").split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_word(n: int) -> str:
    if n <= 20:
        return NUMBER_WORDS[n]
    t, u = divmod(n, 10)
    return _TENS[t] + ("-" + NUMBER_WORDS[u] if u else "")


def is_test(op: str, a: int, b: int) -> bool:
    """A fixed pseudo-random twentieth of all two-digit operand pairs."""
    if max(a, b) < 10 or max(a, b) > 99:
        return False
    h = (a * 1000003 + b * 7919 + ord(op) * 104729) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0x9E3779B1) & 0xFFFFFFFF
    return (h >> 16) % 20 == 0


ASK = {
    "+": ["What is {a} + {b}?", "What is {a} plus {b}?", "{a} + {b}", "{a}+{b}", "{a} + {b} =", "{a}+{b}=", "{a} + {b} = ?", "{a}+{b}=?", "{a} plus {b}[?]", "How much is {a} (+|plus|and) {b}?",
          "(Calculate|Compute|Work out|Solve) {a} (+|plus) {b}[.|, please.]", "Add {a} and {b}.", "[Please ]add {b} to {a}[.]", "What is the sum of {a} and {b}?",
          "Can you (calculate|add|compute) {a} + {b}[ for me]?", "Tell me {a} (+|plus) {b}.", "What do I get when I add {a} and {b}?", "What does {a} plus {b} make?",
          "What does {a} + {b} equal?", "{a} and {b} together is what?", "(The sum|Sum) of {a} and {b}?", "Do you know what {a} (+|plus) {b} is?", "If (I|you) add {a} and {b}, what is (it|the result|the sum)?",
          "I want to know {a} (+|plus) {b}.", "What is the result of {a} (+|plus) {b}?", "What is the total of {a} and {b}?", "{a} added to {b}[ is what]?", "Sum up {a} and {b}.", "Give me the result of {a} (+|plus) {b}.", "Could you (add|sum up) {a} and {b}?", "(Please |Can you |Could you |)(find|give me|get|determine) {a} (+|plus) {b}[?|.]",
          "How many are {a} and {b}[ together]?", "{a} more than {b} is what?", "Increase {a} by {b}.", "(Put|Count) {a} and {b} together."],
    "-": ["What is {a} - {b}?", "What is {a} minus {b}?", "{a} - {b}", "{a}-{b}", "{a} - {b} =", "{a}-{b}=", "{a} - {b} = ?", "{a} minus {b}[?]", "How much is {a} (-|minus) {b}?",
          "(Calculate|Compute|Work out|Solve) {a} (-|minus) {b}[.|, please.]", "Subtract {b} from {a}.", "[Please ]take {b} away from {a}[.]", "What is {a} less {b}?",
          "Can you (calculate|compute) {a} - {b}[ for me]?", "Tell me {a} (-|minus) {b}.", "What do I get when I subtract {b} from {a}?", "What remains if I take {b} from {a}?",
          "What does {a} - {b} equal?", "Do you know what {a} (-|minus) {b} is?", "If (I|you) take {b} (from|away from) {a}, what is (it|the result|left)?",
          "I want to know {a} (-|minus) {b}.", "What is the result of {a} (-|minus) {b}?", "{b} subtracted from {a}[ is what]?", "{b} less than {a} is what?", "Give me the result of {a} (-|minus) {b}.", "Could you subtract {b} from {a}?", "(Please |Can you |Could you |)(find|give me|get|determine) {a} (-|minus) {b}[?|.]",
          "How much is left if I take {b} from {a}?", "Decrease {a} by {b}.", "Reduce {a} by {b}.", "(Starting from|From) {a}[,] go (down|back) by {b}.", "Deduct {b} from {a}."],
    "×": ["What is {a} (×|x|*) {b}?", "What is {a} times {b}?", "{a} (×|x|*) {b}", "{a}(×|x|*){b}", "{a} (×|x|*) {b} =", "{a}(×|x|*){b}=", "{a} (×|x|*) {b} = ?", "{a} times {b}[?]", "How much is {a} (×|x|*|times) {b}?",
          "(Calculate|Compute|Work out|Solve) {a} (×|x|*|times) {b}[.|, please.]", "Multiply {a} (by|and|with) {b}.", "[Please ]multiply {a} by {b}[.]", "What is the product of {a} and {b}?",
          "Can you (calculate|compute) {a} (×|*|times) {b}[ for me]?", "Tell me {a} (×|*|times) {b}.", "What do I get when I multiply {a} (by|and) {b}?", "What is {a} multiplied by {b}?",
          "What does {a} (×|*|times) {b} equal?", "(The product|Product) of {a} and {b}?", "Do you know what {a} times {b} is?", "If (I|you) multiply {a} (by|and|with) {b}, what is (it|the result)?",
          "I want to know {a} (×|*|times) {b}.", "What is the result of {a} (×|*|times) {b}?", "{a} multiplied by {b}[ is what]?", "Give me the result of {a} (×|*|times) {b}.", "Could you multiply {a} (and|by) {b}?", "(Please |Can you |Could you |)(find|give me|get|determine) {a} (×|*|times) {b}[?|.]",
          "How many are {a} times {b}?", "Take {a} times {b}.", "{a} groups of {b} are how many?", "Calculate the product of {a} and {b}."],
    "/": ["What is {a} (/|÷) {b}?", "What is {a} divided by {b}?", "{a} (/|÷) {b}", "{a}/{b}", "{a} (/|÷) {b} =", "{a}/{b}=", "{a} divided by {b}[?]", "How much is {a} (/|÷|divided by) {b}?",
          "(Calculate|Compute|Work out|Solve) {a} (/|÷|divided by) {b}[.|, please.]", "Divide {a} by {b}.", "[Please ]divide {a} by {b}[.]", "How often does {b} go into {a}?",
          "Can you (calculate|compute|divide) {a} / {b}[ for me]?", "Tell me {a} (/|divided by) {b}.", "What do I get when I divide {a} by {b}?", "What does {a} / {b} equal?", "If (I|you) divide {a} by {b}, what is (it|the result)?",
          "What is the result of {a} (/|÷|divided by) {b}?", "Could you divide {a} by {b}?", "Give me the result of {a} (/|divided by) {b}.", "Split {a} into {b} parts.", "How many times does {b} go into {a}?", "How many times does {b} fit into {a}?", "What is {a} over {b}?", "What comes out of {a} divided by {b}?", "I want to know {a} (/|divided by) {b}."],
}
HELD = {
    "+": ["My bill is {a} and {b}. What does it add up to?", "I wonder what {a} plus {b} might be.", "Would you work out {a} + {b} for me?"],
    "-": ["I wonder what {a} minus {b} might be.", "Would you work out {a} - {b} for me?", "I have {a} and {b} go away. What remains?"],
    "×": ["I wonder what {a} times {b} might be.", "Would you work out {a} × {b} for me?", "Which number is {a} times {b}?"],
    "/": ["I wonder what {a} divided by {b} might be.", "Would you work out {a} / {b} for me?"],
}


def solve(op: str, a: int, b: int) -> str:
    """The answer text without its full stop."""
    if op == "+":
        return f"{a} + {b} = {a + b}"
    if op == "-":
        return f"{a} - {b} = {a - b}"
    if op == "/":
        q, r = divmod(a, b)
        return f"{a} / {b} = {q}" + (f" remainder {r}" if r else "")
    if a < 10 or b < 10 or b % 10 == 0:
        return f"{a} × {b} = {a * b}"
    tens, ones = b // 10 * 10, b % 10
    return f"{a} × {b} = {a} × {tens} + {a} × {ones} = {a * tens} + {a * ones} = {a * b}"


def result(op: str, a: int, b: int) -> int:
    return {"+": a + b, "-": a - b, "×": a * b, "/": a // b if b else 0}[op]


def operands(rng: random.Random, op: str, split: str) -> tuple[int, int]:
    while True:
        if op == "/":
            b = rng.randint(1, 12)
            a = b * rng.randint(0, 12) if rng.random() < 0.6 else rng.randint(0, 100)
            if split == "test" and max(a, b) < 10:
                continue
        elif split == "test":
            a, b = rng.randint(10, 99), rng.randint(10, 99)
        else:
            k = rng.random()
            if op in "+-" and k < 0.10:
                a, b = rng.randint(0, 999), rng.randint(0, 999)
                if rng.random() < 0.3:
                    a, b = rng.choice((100, 1000, 200, 500, a * 10 % 10000, a)), rng.randint(0, 99)
                    if op == "+" and rng.random() < 0.5:
                        a, b = b, a
            elif k < 0.80:
                a, b = rng.randint(10, 99), rng.randint(10, 99)
            elif k < 0.92:
                a, b = rng.randint(0, 99), rng.randint(0, 12)
                if rng.random() < 0.5:
                    a, b = b, a
            else:
                a, b = rng.randint(0, 12), rng.randint(0, 12)
            if op == "-" and a < b and rng.random() < 0.35:
                a, b = b, a
        if is_test(op, a, b) == (split == "test") or (split == "test" and op == "/"):
            return a, b


def pick_op(rng: random.Random) -> str:
    k = rng.random()
    return "+" if k < 0.27 else "-" if k < 0.54 else "×" if k < 0.90 else "/"


def question(rng: random.Random, split: str = "train", op: str | None = None) -> tuple[Turn, str, int, int]:
    op = op or pick_op(rng)
    a, b = operands(rng, op, split)
    sa, sb = str(a), str(b)
    if split == "train" and a <= 20 and b <= 20 and rng.random() < 0.3:
        sa, sb = NUMBER_WORDS[a], NUMBER_WORDS[b]
    elif split == "train" and a < 100 and b < 100 and rng.random() < 0.02:
        sa, sb = number_word(a), number_word(b)
    forms = ASK[op] if split == "train" else (ASK[op] + HELD[op])
    q = expand(rng.choice(forms), rng, {"a": sa, "b": sb})
    text = solve(op, a, b)
    plain = " × " not in text or text.count("=") == 1
    short = text.rsplit("= ", 1)[1] if plain else text
    q = q[:1].upper() + q[1:]
    if split == "train" and rng.random() < 0.12:
        q = expand(rng.choice(_BEFORE), rng) + " " + q
    return Turn(noise(rng, q, ("",)) if split == "train" else q, text + ".", short), op, a, b


_BEFORE = ["(Okay|Ok|So|Now|Well|Hey|Hi|Hello|Great|Nice|Cool|Good|Please|Quick|Next|And|Ember|Thanks|Question)[,|:|.|!]", "(Can you do|Do you know|Let us do|Let us try|Do you like|What about|How about) (maths|math|sums|addition|subtraction|multiplication|numbers|a calculation|a sum|this one|another one)[?|.|:]",
           "(I have a|Here is a|A|Next) (question|sum|calculation|maths question|problem)[:|.]", "(My homework asks|The exercise is|I need this for school|Please calculate this|Calculate|Solve this|Help me with this|Try this|My {relative} asks)[:|.]", "I am bad at maths.", "What is the answer?"]


# ------------------------------------------------------------------------------------------------ in words
_THINGS = ["apples", "books", "coins", "eggs", "flowers", "pencils", "stones", "cookies", "marbles", "stamps", "balls", "cards", "candles", "shells", "cakes", "buttons", "chairs", "stars"]


def word_problem(rng: random.Random) -> Turn:
    t = rng.choice(_THINGS)
    n, m = rng.choice(words.NAMES), rng.choice(words.NAMES)
    kind = rng.random()
    if kind < 0.4:
        while True:
            a, b = rng.randint(1, 60), rng.randint(1, 60)
            if not is_test("+", a, b):
                break
        q = expand(rng.choice([
            "I have {a} {t} and (buy|get|find) {b} more. How many {t} do I have[ now]?", "{n} has {a} {t} and {m} has {b} {t}. How many {t} do they have together?",
            "There are {a} {t} on the table. {n} brings {b} more. How many {t} are there[ now]?", "{n} had {a} {t} and got {b} more. How many does {n} have now?"]),
            rng, {"a": str(a), "b": str(b), "t": t, "n": n, "m": m})
        calc = f"{a} + {b} = {a + b}"
        r = a + b
    elif kind < 0.8:
        while True:
            a = rng.randint(2, 99)
            b = rng.randint(1, a)
            if not is_test("-", a, b):
                break
        q = expand(rng.choice([
            "I have {a} {t} and (lose|give away|sell|eat) {b}. How many {t} (are left|do I have[ now|left])?", "{n} has {a} {t} and gives {b} to {m}. How many {t} does {n} have left?",
            "There are {a} {t} in the box. {n} takes {b}. How many {t} are left?", "{n} had {a} {t} and lost {b}. How many are left?"]).replace("[ now|left]", "[ now| left]"),
            rng, {"a": str(a), "b": str(b), "t": t, "n": n, "m": m})
        calc = f"{a} - {b} = {a - b}"
        r = a - b
    else:
        a, b = rng.randint(2, 12), rng.randint(2, 12)
        if is_test("×", a, b):
            a, b = 3, 4
        q = expand(rng.choice([
            "There are {a} boxes with {b} {t} each. How many {t} are there[ in all]?", "{n} buys {a} bags of {b} {t}. How many {t} (is that|does {n} have)?",
            "One bag holds {b} {t}. How many {t} are in {a} bags?"]), rng, {"a": str(a), "b": str(b), "t": t, "n": n})
        r = a * b
        calc = solve("×", a, b)
    return Turn(noise(rng, q, (n, m)), f"{calc}, so the answer is {r} {t}.", str(r))


def chain(rng: random.Random) -> list[Turn]:
    """Three numbers in a row, or a result that is used again: 'plus 5?'."""
    a, b, c = (rng.randint(1, 50) for _ in range(3))
    if is_test("+", a, b) or is_test("+", a + b, c):
        return [question(rng)[0]]
    if rng.random() < 0.35:
        q = expand("(What is |How much is |Calculate |){a} + {b} + {c}[?]", rng, {"a": str(a), "b": str(b), "c": str(c)})
        return [Turn(q, f"{a} + {b} + {c} = {a + b} + {c} = {a + b + c}.", str(a + b + c))]
    out = [Turn(noise(rng, expand(rng.choice(ASK["+"]), rng, {"a": str(a), "b": str(b)})), solve("+", a, b) + ".", str(a + b))]
    x = a + b
    for _ in range(rng.choice((1, 1, 2))):
        op = rng.choice("++--×")
        y = rng.randint(2, 9) if op == "×" else rng.randint(1, 50)
        if is_test(op, x, y) or x > 99 or x < 0:
            break
        w = {"+": "plus", "-": "minus", "×": "times"}[op]
        q = expand(rng.choice(["And (that |now |)({w}|{o}) {y}?", "({w.cap}|{o}) {y}?", "Now {w} {y}.", "And {w} {y}?", "What is that {w} {y}?", "And if you {v}?"]), rng,
                   {"w": w, "o": op if op != "×" else "*", "y": str(y),
                    "v": {"+": f"add {y}", "-": f"subtract {y}", "×": f"multiply it by {y}"}[op]})
        out.append(Turn(q, solve(op, x, y) + ".", str(result(op, x, y))))
        x = result(op, x, y)
    return out


def small(rng: random.Random) -> Turn:
    """Comparing, doubling, halving, squares, even or odd, before and after."""
    k = rng.randrange(8)
    n, m = rng.randint(0, 99), rng.randint(0, 99)
    if k == 0:
        if n == m:
            m = n + 1
        big = rng.random() < 0.6
        r = max(n, m) if big else min(n, m)
        q = f"Which (number |)is (bigger|larger|greater)[, | -|: |:| ]{n} or {m}?" if big else f"Which (number |)is smaller[, |: | ]{n} or {m}?"
        q = q.replace("[, | -|: |:| ]", "(, |: | )").replace("[, |: | ]", "(, |: | )")
        if rng.random() < 0.3:
            q = f"Is {n} (bigger|larger|greater) than {m}?"
            return Turn(noise(rng, expand(q, rng)), f"{'Yes' if n > m else 'No'}, {n} is {'bigger' if n > m else 'smaller'} than {m}.", "Yes" if n > m else "No")
        return Turn(noise(rng, expand(q, rng)), f"{r} is {'bigger' if big else 'smaller'} than {min(n, m) if big else max(n, m)}.", str(r))
    if k == 1:
        return Turn(noise(rng, expand(f"(What is |How much is |)(the double of|twice|double) {n}?", rng)), f"2 × {n} = {2 * n}.", str(2 * n))
    if k == 2:
        n = n // 2 * 2
        return Turn(noise(rng, expand(f"(What is |How much is |)(half of|half|the half of) {n}?", rng)), f"{n} / 2 = {n // 2}.", str(n // 2))
    if k == 3:
        n = rng.randint(1, 20)
        return Turn(noise(rng, expand(f"(What is |How much is |)({n} squared|the square of {n})?", rng)), solve("×", n, n) + ".", solve("×", n, n) if n > 9 else str(n * n))
    if k == 4:
        n = n if rng.random() < 0.6 else rng.randint(100, 999)
        return Turn(noise(rng, expand(f"Is {n} (even or odd|an even number|odd or even|an odd number|even|odd)?", rng)), f"{n} is an {'odd' if n % 2 else 'even'} number.", "Odd" if n % 2 else "Even")
    if k == 5:
        return Turn(noise(rng, expand(f"(What|Which number) comes (after|next after) {n}?", rng)), f"After {n} comes {n + 1}.", str(n + 1))
    if k == 6:
        n = max(n, 1)
        return Turn(noise(rng, expand(f"(What|Which number) comes before {n}?", rng)), f"Before {n} comes {n - 1}.", str(n - 1))
    n = rng.choice((0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144))
    return Turn(noise(rng, expand(f"(What is |)the square root of {n}?", rng)), f"The square root of {n} is {int(n ** 0.5)}.", str(int(n ** 0.5)))


def turns(rng: random.Random, split: str = "train") -> list[Turn]:
    if split == "test":
        return [question(rng, split)[0]]
    k = rng.random()
    if k < 0.74:
        return [question(rng)[0]]
    if k < 0.84:
        return [word_problem(rng)]
    if k < 0.92:
        return chain(rng)
    return [small(rng)]


def prose(rng: random.Random) -> str:
    """A column of sums, for text completion."""
    out = []
    for _ in range(rng.randint(4, 12)):
        op = pick_op(rng)
        a, b = operands(rng, op, "train")
        out.append(solve(op, a, b))
    return "\n".join(out)
