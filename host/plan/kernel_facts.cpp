#include "host/plan/kernel_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

// Made by gpu_facts.S, which includes the table as it is.
extern "C" {
extern const char forge_gpu_facts_begin[];
extern const char forge_gpu_facts_end[];
}

namespace forge::plan {
namespace {

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t tab; (tab = line.find('\t')) != std::string_view::npos;
       line.remove_prefix(tab + 1))
    cells.push_back(line.substr(0, tab));
  cells.push_back(line);
  return cells;
}

bool read(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<KernelTable> KernelTable::parse(std::string_view text) {
  KernelTable table;
  std::vector<std::string_view> headings;
  std::size_t columns[3] = {};
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::vector<std::string_view> cells = split(line);
    if (headings.empty()) {
      headings = cells;
      std::size_t* column = columns;
      for (const std::string_view name : {"valu", "dot", "matrix"}) {
        const auto at = std::find(cells.begin(), cells.end(), name);
        if (at == cells.end())
          return data_loss(fmt::format("table of kernels, line {}: no column {}", number, name));
        *column++ = static_cast<std::size_t>(at - cells.begin());
      }
      continue;
    }
    KernelFacts facts;
    if (cells.size() != headings.size() || !read(cells[columns[0]], facts.vector) ||
        !read(cells[columns[1]], facts.dots) || !read(cells[columns[2]], facts.matrix)) {
      return data_loss(fmt::format("table of kernels, line {}: not {} cells with numbers", number,
                                   headings.size()));
    }
    table.rows_[{std::string(cells[0]), std::string(cells[1])}] = facts;
  }
  return table;
}

const KernelTable& KernelTable::builtin() {
  // That it can be parsed is tested.
  static const KernelTable table = [] {
    Result<KernelTable> parsed =
        parse({forge_gpu_facts_begin,
               static_cast<std::size_t>(forge_gpu_facts_end - forge_gpu_facts_begin)});
    return parsed.ok() ? std::move(parsed).value() : KernelTable();
  }();
  return table;
}

std::optional<KernelFacts> KernelTable::find(std::string_view gfx, std::string_view kernel) const {
  const auto row = rows_.find({std::string(gfx), std::string(kernel)});
  if (row == rows_.end()) return std::nullopt;
  return row->second;
}

}  // namespace forge::plan
