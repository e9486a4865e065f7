// host/cli/table.hpp: rows of text under headings, lined up.
#ifndef FORGE_HOST_CLI_TABLE_HPP_
#define FORGE_HOST_CLI_TABLE_HPP_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace forge::cli {

// Cells may hold anything: what is not printable is made visible. Thread-compatible.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string_view heading;
    Align align = Align::kLeft;
  };

  explicit Table(std::initializer_list<Column> columns) : Table(std::vector<Column>(columns)) {}
  explicit Table(const std::vector<Column>& columns);

  // Missing cells are empty, surplus ones are dropped.
  void add_row(std::vector<std::string> cells);

  // Columns two spaces apart, no trailing spaces, a newline after each row.
  std::string text() const;
  // The same as a Markdown table.
  std::string markdown() const;

 private:
  struct OwnColumn {
    std::string heading;
    Align align;
  };
  std::vector<OwnColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace forge::cli

#endif  // FORGE_HOST_CLI_TABLE_HPP_
