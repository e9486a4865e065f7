// Reads the answers of other implementations that tests/data/jinja/record.py wrote down.
#ifndef FORGE_TESTS_UNIT_TEXT_JINJA_RECORDED_HPP_
#define FORGE_TESTS_UNIT_TEXT_JINJA_RECORDED_HPP_

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/text/jinja/data.hpp"

namespace forge::jinja::testing {

inline std::string read_file(const std::string& name) {
  std::ifstream stream(std::string(FORGE_TEST_DATA "/jinja/") + name, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read test data " + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline Data read_json(const std::string& name) {
  auto data = Data::parse_json(read_file(name));
  if (!data.ok()) throw std::runtime_error(name + ": " + data.status().message());
  return *std::move(data);
}

// One value per line.
inline std::vector<Data> read_lines(const std::string& name) {
  std::vector<Data> out;
  const std::string text = read_file(name);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    auto line = Data::parse_json(std::string_view(text).substr(begin, end - begin));
    if (!line.ok()) throw std::runtime_error(name + ": " + line.status().message());
    out.push_back(*std::move(line));
    begin = end + 1;
  }
  return out;
}

// A text member that must be there.
inline const std::string& text_of(const Data& object, std::string_view key) {
  const Data* found = object.find(key);
  if (found == nullptr || found->as_string() == nullptr) {
    throw std::runtime_error("test data has no text '" + std::string(key) + "'");
  }
  return *found->as_string();
}

}  // namespace forge::jinja::testing

#endif  // FORGE_TESTS_UNIT_TEXT_JINJA_RECORDED_HPP_
