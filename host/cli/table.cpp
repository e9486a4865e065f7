#include "host/cli/table.hpp"

#include <algorithm>

#include "core/base/quote.hpp"
#include "host/cli/terminal.hpp"

namespace forge::cli {
namespace {

// A bar would end a Markdown cell.
std::string escape_bars(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Table::Table(const std::vector<Column>& columns) {
  for (const Column& column : columns) {
    columns_.push_back({std::string(column.heading), column.align});
  }
}

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string out;
  const auto add_cell = [&](std::size_t i, const std::string& cell) {
    const std::string blanks(widths[i] - display_width(cell), ' ');
    if (i > 0) out += "  ";
    out += columns_[i].align == Align::kRight ? blanks + cell : cell + blanks;
  };
  const auto end_line = [&] {
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) add_cell(i, columns_[i].heading);
  end_line();
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) add_cell(i, row[i]);
    end_line();
  }
  return out;
}

std::string Table::markdown() const {
  std::string out = "|";
  for (const OwnColumn& column : columns_) out += " " + escape_bars(column.heading) + " |";
  out += "\n|";
  for (const OwnColumn& column : columns_) out += column.align == Align::kRight ? "---:|" : "---|";
  out += '\n';
  for (const auto& row : rows_) {
    out += '|';
    for (const std::string& cell : row) out += " " + escape_bars(cell) + " |";
    out += '\n';
  }
  return out;
}

}  // namespace forge::cli
