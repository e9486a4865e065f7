// Errors, limits and lifetimes: what no other implementation can be asked about.
#include "core/text/jinja/template.hpp"

#include <thread>

#include "tests/catch.hpp"

namespace forge::jinja {
namespace {

std::string error_of(std::string_view source, const Data& variables = {},
                     const RenderOptions& options = {}) {
  const auto parsed = Template::parse(source, "t.jinja");
  if (!parsed.ok()) return parsed.status().message();
  const auto text = parsed->render(variables, options);
  return text.ok() ? "no error: " + *text : text.status().message();
}

std::string render(std::string_view source, const Data& variables = {},
                   const RenderOptions& options = {}) {
  const auto parsed = Template::parse(source);
  REQUIRE(parsed.ok());
  auto text = parsed->render(variables, options);
  REQUIRE((text.ok() ? "" : text.status().message()) == std::string());
  return *text;
}

TEST_CASE("errors name line and column, counted in characters, and show the place") {
  CHECK(error_of("a\nbb {{ missing.x }} c") ==
        "t.jinja, line 2, column 15: 'missing' is undefined\n"
        "  bb {{ missing.x }} c\n"
        "                ^");
  CHECK(error_of("é你 {{ 1 + }}") ==
        "t.jinja, line 1, column 11: unexpected 'end of print statement'\n"
        "  é你 {{ 1 + }}\n"
        "            ^");
  CHECK(error_of("{% for x in [1] %}\n\n  {{ raise_exception('no\tway') }}\n{% endfor %}")
            .starts_with("t.jinja, line 3, column 6: no\tway\n"));
  CHECK(error_of("{{ nope() }}").starts_with("t.jinja, line 1, column 4: 'nope' is undefined\n"));
  CHECK(error_of("{% if true %}\n").find("line 1, column 14: Unexpected end of template") !=
        std::string::npos);
  CHECK(error_of("x\r\ny\rz {{ [1 }}").starts_with("t.jinja, line 3, column 9: unexpected '}'"));
}

TEST_CASE("the place of an error is where the value is used, also inside macros and filters") {
  CHECK(error_of("{% macro m(a) %}\n{{ a + 1 }}{% endmacro %}\n{{ m('x') }}")
            .starts_with("t.jinja, line 2, column 6: can only concatenate"));
  CHECK(error_of("{{ 1 }}\n{{ [1, 'a'] | sort }}").starts_with("t.jinja, line 2, column 15: '<'"));
  CHECK(error_of("{{ 1 }}\n{{ x is nosuch }}").starts_with("t.jinja, line 2, column 9: No test"));
}

TEST_CASE("a long line is shortened around the place, and control characters are not shown") {
  const std::string error =
      error_of(std::string(500, 'a') + "\x1b{{ missing.x }}" + std::string(500, 'b'));
  const std::size_t line = error.find('\n');
  CHECK(error.find("...") != std::string::npos);
  CHECK(error.size() < line + 300);
  CHECK(error.find('\x1b') == std::string::npos);
  CHECK(error_of("{{ raise_exception('a\x1b[31m\\nb') }}").find("a\\x1b[31m\nb") !=
        std::string::npos);
}

TEST_CASE("source that is no UTF-8 or too long is refused") {
  CHECK(error_of("ab\n\xFFz").starts_with("t.jinja, line 2, column 1: this is not valid UTF-8"));
  const auto parsed = Template::parse(std::string(kMaxSourceBytes + 1, 'a'));
  CHECK(parsed.code() == Code::kResourceExhausted);
}

TEST_CASE("variables must be an object") {
  CHECK(error_of("x", Data(5)).find("must be an object, not number") != std::string::npos);
  CHECK(render("{{ x is defined }}", Data()) == "False");
}

TEST_CASE("nesting has limits that a stack can bear") {
  const auto nested = [](std::size_t n, const std::string& open, const std::string& middle,
                         const std::string& close) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += open;
    out += middle;
    for (std::size_t i = 0; i < n; ++i) out += close;
    return out;
  };
  for (const std::string& source : {"{{ " + nested(100000, "(", "1", ")") + " }}",
                                    "{{ " + nested(100000, "[", "1", "]") + " }}",
                                    "{{ " + nested(100000, "{1:", "1", "}") + " }}",
                                    "{{ " + nested(100000, "-", "1", "") + " }}",
                                    "{{ " + nested(100000, "not ", "1", "") + " }}",
                                    "{{ 1" + nested(100000, " + 1", "", "") + " }}",
                                    "{{ 1" + nested(100000, "|abs", "", "") + " }}",
                                    "{{ x" + nested(100000, ".a", "", "") + " }}",
                                    "{{ x" + nested(100000, "[0]", "", "") + " }}",
                                    "{{ x" + nested(100000, "()", "", "") + " }}",
                                    "{{ " + nested(100000, "1 if 1 else ", "1", "") + " }}",
                                    "{{ 1 " + nested(100000, "if 1 ", "", "") + " }}",
                                    nested(100000, "{% if 1 %}", "x", "{% endif %}"),
                                    nested(100000, "{% for x in y %}", "x", "{% endfor %}"),
                                    nested(100000, "{% macro m() %}", "x", "{% endmacro %}")}) {
    const auto parsed = Template::parse(source);
    INFO(source.substr(0, 40));
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.code() == Code::kResourceExhausted);
  }
}

TEST_CASE("renderings that never end are stopped") {
  RenderOptions options;
  options.limits.steps = 1'000'000;
  options.limits.memory = std::size_t{16} << 20;
  options.limits.output = std::size_t{4} << 20;
  for (const char* source : {
           "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
           "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
           "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
           "{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
           "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = ns.x + ns.x %}{% "
           "endfor %}",
           "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] "
           "%}{% endfor %}{{ ns.x }}",
           "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] "
           "%}{% endfor %}{{ ns.x == ns.x }}",
           "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% "
           "endfor %}{{ ns.x|tojson }}",
           "{% set ns = namespace(x='a') %}{% for a in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% "
           "endfor %}",
           "{% set ns = namespace(x='a') %}{% for a in range(100) %}{% set ns.x = "
           "ns.x|replace('a', 'aa') %}{% endfor %}",
           "{% set ns = namespace(x=[1]) %}{% for a in range(1000) %}{% set ns.x = "
           "ns.x|map('string') %}{% endfor %}{{ ns.x|list }}",
           "{{ 'x' * 10000000000 }}",
           "{{ [1] * 10000000000 }}",
           "{{ 2 ** 100000 }}",
           "{{ '%1000000000d' % 1 }}",
           "{{ '{:1000000000}'.format(1) }}",
           "{{ 'a'.center(1000000000) }}",
           "{{ 'a'|indent(1000000000) }}",
           "{{ ('a' * 1000000).replace('', 'b' * 1000) }}",
           "{{ ('a' * 1000).join(['b'] * 100000) }}",
           "{{ [1]|tojson(indent=1000000000) }}",
           "{{ '\\t'.expandtabs(1000000000) }}",
           "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
           "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% "
           "endcall %}{% endmacro %}{{ r() }}",
           "{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}",
       }) {
    INFO(source);
    const auto text = Template::parse(source)->render({}, options);
    REQUIRE_FALSE(text.ok());
    CHECK(text.code() != Code::kInternal);
  }
}

TEST_CASE("a list that holds itself can be made, printed as an error and freed") {
  RenderOptions options;
  options.allow_mutation = true;
  CHECK(error_of("{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}", {}, options)
            .find("nested more than") != std::string::npos);
  CHECK(render("{% set l = [1] %}{% set _ = l.append(l) %}{{ l|length }}", {}, options) == "2");
}

TEST_CASE("searches take linear time whatever is searched") {
  // Quadratic, these would take hours.
  const Data variables = Data::object(
      {{"text", std::string(4'000'000, 'a')}, {"part", std::string(2'000'000, 'a') + "b"}});
  CHECK(render("{{ part in text }}{{ text.find(part) }}{{ text.rfind(part) }}{{ text.count(part) }}"
               "{{ text.split(part)|length }}{{ text.replace(part, '')|length }}",
               variables) == "False-1-1014000000");
}

TEST_CASE("what a template may change is its own") {
  RenderOptions changes;
  changes.allow_mutation = true;
  const Data variables = Data::object({{"xs", Data::Array{1, 2}}, {"d", Data::object({{"a", 1}})}});
  const char* source =
      "{% set q = [] %}{% set _ = q.append(1) %}{% set _ = xs.extend([3]) %}"
      "{% set _ = d.update({'b': 2}, c=3) %}{% set _ = xs.insert(0, 0) %}{{ q }}{{ xs }}{{ d }}"
      "{{ d.pop('a') }}{{ d.setdefault('z', 9) }}{{ d.popitem() }}{{ xs.sort(reverse=true) }}{{ xs "
      "}}";
  const std::string expected = "[1][0, 1, 2, 3]{'a': 1, 'b': 2, 'c': 3}19('z', 9)None[3, 2, 1, 0]";
  CHECK(render(source, variables, changes) == expected);
  CHECK(render(source, variables, changes) ==
        expected);  // the first rendering changed nothing here
  CHECK(error_of(source, variables)
            .find("access to attribute 'append' of 'list' object is unsafe.") != std::string::npos);
}

TEST_CASE("one template renders on many threads at once") {
  const auto parsed = Template::parse(
      "{% macro m(x) %}{{ x|upper }}é{% endmacro %}{% for i in range(n) %}{{ m('a' ~ i) }},{% "
      "endfor %}"
      "{{ 'constant'|length }}{{ 'ünïcode'[2:4] }}");
  REQUIRE(parsed.ok());
  const Data variables = Data::object({{"n", 50}});
  const std::string expected = *parsed->render(variables);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto text = parsed->render(variables);
        if (!text.ok() || *text != expected) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a text that grows by concatenation costs linear memory and shares nothing wrongly") {
  RenderOptions options;
  options.limits.memory = std::size_t{8} << 20;  // quadratic growth would need 200 MB
  CHECK(
      render("{% set ns = namespace(s='') %}{% for i in range(20000) %}{% set ns.s = ns.s + 'x' %}"
             "{% endfor %}{{ ns.s|length }}",
             {}, options) == "20000");
  CHECK(
      render(
          "{% set a = 'x' * 2000 %}{% set a = a + 'b' %}{% set c = a + 'c' %}{% set d = a + 'd' %}"
          "{{ a[-2:] }}{{ c[-2:] }}{{ d[-2:] }}") == "xbbcbd");
}

TEST_CASE("characters and bytes of texts with stray bytes stay apart") {
  const Data variables = Data::object({{"s", std::string("a\xFF\xC3 z\xE4\xBD")}});
  CHECK(render("{{ s|length }}{{ s[1:2] == s[1] }}{{ s.split()|length }}", variables) == "7True2");
  CHECK(render("{{ s }}", variables) == "a\xFF\xC3 z\xE4\xBD");
  CHECK(render("{{ [s] }}", variables) == R"(['a\xff\xc3 z\xe4\xbd'])");
  CHECK(render("{{ s[::-1][::-1] == s }}{{ s|upper|length }}", variables) == "True7");
}

TEST_CASE("include and autoescape are errors only where they are reached") {
  CHECK(render("{% if false %}{% include 'x' %}{% endif %}ok") == "ok");
  CHECK(error_of("{% include 'x' %}").find("no loader") != std::string::npos);
  CHECK(error_of("{% autoescape true %}x{% endautoescape %}").find("not supported") !=
        std::string::npos);
}

}  // namespace
}  // namespace forge::jinja
