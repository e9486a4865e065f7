#!/usr/bin/env python3
"""Makes random templates for the comparison of template engines.

Usage: jinja_random.py COUNT [SEED]; writes one JSON object per line, as jinja_oracle.py reads them.
What jinja2 prints with an address in memory, or raises for reasons of CPython alone, is not made.
"""
import json
import random
import sys

VARIABLES = {
    "n": 5, "m": -3, "f": 2.5, "t": True, "nil": None, "s": "Hello World", "e": "",
    "u": "Zoë – 你好 ß ΑΣ", "w": "  a b\t c\n", "xs": [3, 1, 2, 1], "ws": ["pear", "Fig", "apple"],
    "mx": [1, "a", None, True, 2.5, [1], {"k": 1}], "z": [],
    "d": {"b": 1, "a": "x", "C": None}, "dd": {"x": {"y": [1, {"q": "r"}]}},
    "us": [{"name": "Ann", "age": 3, "ok": True}, {"name": "bob", "age": 1},
           {"name": "Cy", "age": 3, "ok": False}],
}
NAMES = list(VARIABLES) + ["missing", "xs[0]", "d.a", "d['b']", "dd.x.y[1].q", "us[0].name", "ws[-1]"]
LITERALS = ["1", "0", "2", "-1", "7", "1.5", "0.0", "1e3", "'a'", "''", "'l'", "'Fig'", "'a,b'", "' x '",
            "true", "false", "none", "[]", "[1, 2]", "['a', 'B']", "{}", "{'k': 1}", "(1, 2)", "(3,)",
            "2 ** 70", "'%s'", "'{}'", "'ß'", "'\\n'", "'<&>'"]
BINARY = ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and",
          "or"]
UNARY = ["not ", "-", "+"]
FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "first", "last", "list", "string",
           "int", "float", "abs", "round", "sort", "unique|list", "reverse|list", "sum", "min", "max", "join",
           "join(',')", "tojson", "tojson(indent=1)", "default('D')", "default('D', true)",
           "replace('l', 'L')", "replace('a', '')", "select|list", "reject|list", "select('string')|list",
           "map('string')|list", "map('upper')|list", "map(attribute='name')|list",
           "selectattr('ok')|list", "selectattr('age', 'gt', 1)|list", "rejectattr('ok')|list",
           "rejectattr('ok', 'defined')|list", "batch(2)|list", "slice(2)|list", "dictsort", "items|list",
           "sort(reverse=true)", "sort(attribute='age')", "groupby('age')", "indent(2)", "center(9)",
           "truncate(5)", "wordcount", "e", "safe", "striptags", "urlencode", "round(1)", "int(9)",
           "float(1.5)", "map('int')|list", "join('-', attribute='name')", "sum(attribute='age')",
           "max(attribute='age')", "unique(attribute='age')|list", "count", "tojson(sort_keys=true)",
           "tojson(ensure_ascii=true)", "tojson(separators=(',', ':'))", "format(1)", "attr('real')",
           "xmlattr", "filesizeformat", "title|reverse", "list|last", "map('length')|list",
           "map('default', 'q')|list", "select('in', [1, 'a'])|list", "trim('a')", "round(0, 'floor')"]
TESTS = ["defined", "undefined", "none", "string", "number", "mapping", "iterable", "sequence", "boolean",
         "true", "false", "integer", "float", "callable", "odd", "even", "divisibleby(2)", "eq(1)",
         "ne('a')", "lt(3)", "ge(1)", "in([1, 'a'])", "sameas(none)", "lower", "upper", "escaped",
         "equalto 1", "in 'abc'", "not defined", "not string", "gt 1"]
METHODS = ["upper()", "lower()", "strip()", "lstrip('H')", "rstrip()", "split()", "split(',')",
           "split('l', 1)", "rsplit(none, 1)", "startswith('H')", "endswith('d')", "find('o')", "count('l')",
           "replace('o', '0')", "title()", "capitalize()", "swapcase()", "join(ws)", "isdigit()",
           "isalpha()", "isupper()", "zfill(8)", "center(12, '*')", "ljust(8)", "partition(' ')",
           "splitlines()", "index('l')", "get('a')", "get('zz', 1)", "items()|list", "keys()|list",
           "values()|list", "index(1)", "count(1)", "format(1, 2)", "x", "a.b", "removeprefix('He')",
           "casefold()", "rpartition('l')", "istitle()", "pop()", "expandtabs(2)", "rindex('l')",
           "append(1)", "update({})", "is_integer()", "copy()"]
SUBSCRIPTS = ["[0]", "[-1]", "['a']", "[9]", "['k']", "[none]", "[true]", "[1.0]"]
SLICES = ["[1:]", "[:2]", "[::-1]", "[::2]", "[1:-1]", "[-2:]", "[5:1:-2]", "[:n]", "[m:]"]


class Maker:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, things):
        return self.rng.choice(things)

    def expression(self, depth):
        kind = self.rng.random()
        if depth <= 0 or kind < 0.16:
            return self.pick(NAMES) if self.rng.random() < 0.6 else self.pick(LITERALS)
        inner = lambda: self.expression(depth - 1)
        if kind < 0.34:
            return f"({inner()} {self.pick(BINARY)} {inner()})"
        if kind < 0.38:
            return f"({self.pick(UNARY)}{inner()})"
        if kind < 0.62:
            return f"({inner()})|{self.pick(FILTERS)}"
        if kind < 0.70:
            return f"(({inner()}) is {self.pick(TESTS)})"
        if kind < 0.82:
            return f"({inner()}).{self.pick(METHODS)}"
        if kind < 0.87:
            return f"({inner()}){self.pick(SUBSCRIPTS)}"
        if kind < 0.90:
            # Of a variable: what jinja2 makes of a constant's slice depends on its optimizer.
            return f"{self.pick(NAMES)}{self.pick(SLICES)}"
        if kind < 0.94:
            return f"({inner()} if {inner()} else {inner()})"
        if kind < 0.95:
            return f"({inner()} if {inner()})"
        if kind < 0.97:
            return f"[{inner()}, {inner()}]"
        if kind < 0.98:
            return f"({inner()}, {inner()})"
        return f"{{'p': {inner()}, {self.pick(['1', 'n', 's', 'f'])}: {inner()}}}"

    def tag(self, text):
        left = self.pick(["", "", "-", "+"])
        right = self.pick(["", "", "-", "+"])
        return f"{{%{left} {text} {right}%}}"

    def space(self):
        return self.pick(["", "", " ", "\n", "\n  ", "  \n", "x", " y\n\n", "\t"])

    def statement(self, depth):
        kind = self.rng.random()
        inner = lambda: self.space() + self.statement(depth - 1) + self.space()
        if depth <= 0 or kind < 0.35:
            sign = self.pick(["", "", "-"])
            return f"{{{{{sign} {self.expression(2)} {self.pick(['', '-'])}}}}}"
        if kind < 0.5:
            out = self.tag(f"if {self.expression(2)}") + inner()
            if self.rng.random() < 0.3:
                out += self.tag(f"elif {self.expression(1)}") + inner()
            if self.rng.random() < 0.5:
                out += self.tag("else") + inner()
            return out + self.tag("endif")
        if kind < 0.72:
            target = self.pick(["i", "i", "i", "a, b"])
            filtered = f" if {self.expression(1)}" if self.rng.random() < 0.2 else ""
            used = self.pick(["loop.index", "loop.last", "loop.length", "loop.previtem", "loop.nextitem",
                              "loop.revindex", "loop.cycle('x', 'y')", "loop.changed(i)", "i", "i", "a"])
            jump = self.tag(f"if {self.expression(1)}") + self.tag(self.pick(["break", "continue"])) + \
                self.tag("endif") if self.rng.random() < 0.2 else ""
            out = self.tag(f"for {target} in {self.expression(2)}{filtered}")
            out += f"{{{{ {used} }}}}" + jump + inner()
            if self.rng.random() < 0.2:
                out += self.tag("else") + inner()
            return out + self.tag("endfor")
        if kind < 0.84:
            name = self.pick(["n", "q", "i", "s"])
            if self.rng.random() < 0.3:
                return self.tag(f"set {name}") + inner() + self.tag("endset") + f"{{{{ {name} }}}}"
            return self.tag(f"set {name} = {self.expression(2)}") + inner() + f"{{{{ {name} }}}}"
        if kind < 0.89:
            return (self.tag("macro mac(a, b=1)") + "{{ a }}{{ b }}" + inner() + self.tag("endmacro") +
                    f"{{{{ mac({self.expression(1)}) }}}}{{{{ mac(b={self.expression(1)}) }}}}")
        if kind < 0.92:
            return self.tag(f"filter {self.pick(['upper', 'trim', 'title', 'e', 'indent', 'string'])}") + \
                inner() + self.tag("endfilter")
        if kind < 0.95:
            return self.tag(f"with q = {self.expression(1)}") + inner() + "{{ q }}" + self.tag("endwith")
        if kind < 0.98:
            return (self.tag("set ns = namespace(v=0)") + self.tag("for i in xs") +
                    self.tag(f"set ns.v = {self.expression(1)}") + inner() + self.tag("endfor") +
                    "{{ ns.v }}")
        return f"{{#{self.pick(['', '-', '+'])} c {self.pick(['', '-', '+'])}#}}" + inner()


def main():
    count = int(sys.argv[1])
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    maker = Maker(rng)
    for _ in range(count):
        if rng.random() < 0.6:
            template = f"{{{{ {maker.expression(rng.randint(1, 4))} }}}}"
        else:
            template = "".join(maker.space() + maker.statement(3) for _ in range(rng.randint(1, 3)))
        print(json.dumps({"template": template, "variables": VARIABLES, "now": "2025-03-09T04:05:06",
                          "optimized": False}))


if __name__ == "__main__":
    main()
