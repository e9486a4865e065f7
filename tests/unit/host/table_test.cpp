#include "host/cli/table.hpp"

#include "host/cli/help.hpp"
#include "host/cli/terminal.hpp"
#include "tests/catch.hpp"

namespace forge::cli {
namespace {

TEST_CASE("columns line up by what the eye sees") {
  Table table({{"name"}, {"size", Table::Align::kRight}, {"note"}});
  table.add_row({"a", "1.5 GiB", ""});
  table.add_row({"漢字", "7 B", "wide\n", "surplus"});
  table.add_row({});
  CHECK(table.text() ==
        "name     size  note\n"
        "a     1.5 GiB\n"
        "漢字      7 B  wide\\n\n"
        "\n");
  CHECK(table.markdown() ==
        "| name | size | note |\n|---|---:|---|\n| a | 1.5 GiB |  |\n| 漢字 | 7 B | wide\\n |\n"
        "|  |  |  |\n");
}

TEST_CASE("a bar does not end a Markdown cell") {
  Table table({{"a|b"}});
  table.add_row({"c|d"});
  CHECK(table.markdown() == "| a\\|b |\n|---|\n| c\\|d |\n");
}

TEST_CASE("display width counts columns") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("é") == 1);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("漢字") == 4);
  CHECK(display_width("🙂") == 2);
  CHECK(display_width("") == 0);
  CHECK(display_width("\xff") == 1);
}

TEST_CASE("text is broken between words, later lines are indented") {
  CHECK(wrap("one two three", 2, 9) == "one two\n  three");
  CHECK(wrap("one two three", 0, 13) == "one two three");
  CHECK(wrap("averylongword x", 0, 5) == "averylongword\nx");
  CHECK(wrap("", 4, 20).empty());
}

}  // namespace
}  // namespace forge::cli
