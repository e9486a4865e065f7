// bench/tokenizer_bench.cpp: how fast a vocabulary loads and text becomes tokens.
//
// Usage: tokenizer_bench MODEL.gguf TEXT [REPEATS]
// Prints the median and the range of REPEATS (default 7) runs: milliseconds from opening the file
// to a tokenizer that is ready, and MB/s (10^6 bytes) of encoding the text. One thread, and its own
// CPU time, so that others on the machine count little.
#include <fmt/core.h>

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/gguf/file.hpp"
#include "core/text/tokenizer/tokenizer.hpp"

namespace {

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class T>
T require(forge::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  fmt::print(stderr, "error: {}\n", result.status().message());
  std::exit(1);
}

void print(const char* what, std::vector<double> values, const char* unit) {
  std::sort(values.begin(), values.end());
  fmt::print("{:<22} {:>9.2f} {} (of {}: {:.2f} to {:.2f})\n", what, values[values.size() / 2],
             unit, values.size(), values.front(), values.back());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace forge;
  if (argc < 3) {
    fmt::print(stderr, "usage: tokenizer_bench MODEL.gguf TEXT [REPEATS]\n");
    return 2;
  }
  const int repeats = argc > 3 ? std::max(1, std::atoi(argv[3])) : 7;
  std::ifstream in(argv[2], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};

  std::vector<double> load, first, warm;
  std::size_t count = 0;
  for (int i = 0; i < repeats; ++i) {
    const double start = cpu_seconds();
    const gguf::File file = require(gguf::File::open(argv[1]));
    auto vocab = require(text::Vocab::create(require(text::read_vocab_source(file.metadata()))));
    const auto tokenizer = require(text::Tokenizer::create(std::move(vocab)));
    load.push_back((cpu_seconds() - start) * 1e3);
    for (std::vector<double>* rate : {&first, &warm}) {
      const double begin = cpu_seconds();
      count = require(tokenizer->encode(text)).size();
      rate->push_back(static_cast<double>(text.size()) / (cpu_seconds() - begin) / 1e6);
    }
  }
  fmt::print("{} bytes, {} tokens, {:.2f} bytes a token\n", text.size(), count,
             static_cast<double>(text.size()) / static_cast<double>(count));
  print("load", load, "ms");
  print("encode, first time", first, "MB/s");
  print("encode, again", warm, "MB/s");
}
