// What the tests of this example need beside the program.
//   olmo2_test write FILE [KEY]    writes the tiny model, with the metadata entry KEY = 1 added
//   olmo2_test compare FILE LIMIT  compares logits (f32, [tokens, vocabulary]) with the computation
//                                  of forward.hpp: no difference may reach LIMIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "forward.hpp"
#include "gguf.hpp"
#include "tiny_model.hpp"

namespace {

// As in walk.sh and record.py.
const std::vector<int> kTokens = {1,  75, 104, 111, 111, 114, 259, 122, 114, 117, 111, 103,
                                  36, 13, 258, 0,   77,  259, 259, 200, 3,   99,  42,  5};

int write(const std::string& path, const std::string& extra_key) {
  std::ofstream out(path, std::ios::binary);
  const std::string bytes = tiny::gguf_file(tiny::make_model(), extra_key);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out.good() ? 0 : 1;
}

int compare(const std::string& path, double limit) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<float> logits(kTokens.size() * tiny::kVocab);
  if (bytes.size() != logits.size() * sizeof(float)) {
    std::printf("%s has %zu bytes\n", path.c_str(), bytes.size());
    return 1;
  }
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  const std::vector<tiny::Row> expected = tiny::forward(tiny::make_model(), kTokens);
  double worst = 0, squares = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double right = expected[i / tiny::kVocab][i % tiny::kVocab];
    const double difference = std::abs(double{logits[i]} - right);
    if (!(difference < limit)) {  // NaN, too
      std::printf("token %zu, logit %zu: %g, should be %g\n", i / tiny::kVocab, i % tiny::kVocab,
                  double{logits[i]}, right);
      return 1;
    }
    worst = std::max(worst, difference);
    squares += right * right;
  }
  std::printf("logits of size %.3f, largest difference %.2e\n",
              std::sqrt(squares / static_cast<double>(logits.size())), worst);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "write") return write(words[1], "");
  if (words.size() == 3 && words[0] == "write") return write(words[1], words[2]);
  if (words.size() == 3 && words[0] == "compare")
    return compare(words[1], std::atof(words[2].c_str()));
  std::fputs("olmo2_test write FILE [KEY] | compare FILE LIMIT\n", stderr);
  return 2;
}
