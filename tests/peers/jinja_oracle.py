#!/usr/bin/env python3
"""Renders templates with jinja2, set up as transformers does for chat templates.

Reads one JSON object per line: {"template": "...", "variables": {...}, "now": "2025-01-31"};
writes one per line: {"text": "..."} or {"error": "...", "type": "UndefinedError"}.
"optimized": false keeps jinja2 from evaluating constant expressions when it compiles, where it
lets pass what is an error later ({{ 5[1:] }}).
"""
import copy
import datetime
import json
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """{% generation %}: a call block whose caller is called at once."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        call = self.call_method("render_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    @staticmethod
    def render_body(caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)


def make_environment(now, optimized):
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols],
        optimized=optimized)
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda pattern: now.strftime(pattern)
    return environment


def answer(request):
    now = datetime.datetime.fromisoformat(request["now"]) if "now" in request else (
        datetime.datetime.now())
    try:
        template = make_environment(now, request.get("optimized", True)).from_string(request["template"])
        # A copy: templates can change what they are given.
        text = template.render(**copy.deepcopy(request.get("variables", {})))
        text.encode("utf-8")
        return {"text": text}
    except RecursionError:
        return {"error": "recursion", "type": "RecursionError"}
    except SyntaxError as error:
        return {"error": error.msg, "type": "SyntaxError"}
    except Exception as error:  # whatever the template does wrong
        return {"error": str(error), "type": type(error).__name__}


if __name__ == "__main__":
    sys.setrecursionlimit(2000)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
