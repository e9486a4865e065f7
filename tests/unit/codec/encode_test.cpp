#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "forge/sdk/half.hpp"
#include "tests/catch.hpp"
#include "tests/unit/codec/golden.hpp"

namespace forge {
namespace {

std::vector<float> normal_numbers(std::size_t n, float spread, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> x(n);
  for (float& v : x) v = normal(engine);
  return x;
}

std::vector<float> round_trip(const forge_codec_v1& codec, const std::vector<float>& x,
                              const float* importance = nullptr) {
  std::vector<char> blocks;
  const Status status = golden::quantize(codec, x, importance, 1, blocks);
  INFO(codec.name << ": " << status.message());
  REQUIRE(status.ok());
  return golden::dequantize(codec, blocks);
}

TEST_CASE("zeros decode to zeros") {
  for (const forge_codec_v1* codec : golden::encoders()) {
    INFO(codec->name);
    for (const float v : round_trip(*codec, std::vector<float>(512, 0.0f))) REQUIRE(v == 0);
  }
}

TEST_CASE("no encoding is worse than zeros, whatever the size of the numbers") {
  // 1e-38 and 1e-8: below what binary16 scales can reach, and among their subnormals.
  for (const float spread : {1e-38f, 1e-8f, 1e-7f, 1e-6f, 1e-4f, 1.0f, 1000.0f}) {
    const std::vector<float> x = normal_numbers(512, spread, 1);
    const double energy = golden::squared_error(x, std::vector<float>(512, 0.0f));
    for (const forge_codec_v1* codec : golden::encoders()) {
      const std::vector<float> y = round_trip(*codec, x);
      const double error = golden::squared_error(x, y);
      INFO(codec->name << " at " << spread);
      CHECK(error <= energy * (1 + 1e-6));
      // From 1e-4 on every format of more than two bits is far better than zeros.
      if (spread >= 1e-4f) CHECK(error <= 0.15 * energy);
      for (const float v : y) REQUIRE(std::isfinite(v));
    }
  }
}

TEST_CASE("scales among the subnormals of binary16 are not rounded away") {
  // Q8_0 of numbers up to 1e-6: the ideal scale, 8e-9, rounds to 0 in binary16; the smallest above
  // 0, 6e-8, still has 17 levels for each sign: error below a quarter of the step, rms.
  const std::vector<float> x = normal_numbers(512, 3e-7f, 2);
  const std::vector<float> y = round_trip(*golden::codec("Q8_0"), x);
  CHECK(std::sqrt(golden::squared_error(x, y) / 512) < 0x1p-24 / std::sqrt(12.0) * 1.05);
}

TEST_CASE("a constant block is almost exact where the format can be") {
  // Offset formats and symmetric ones have a code at the constant; what is left is the rounding of
  // a binary16 (relative 2^-11), twice where scales are scaled (K formats), or of six-bit minima.
  for (const float constant : {0.37f, -0.37f, 123.0f}) {
    const std::vector<float> x(512, constant);
    for (const char* name : {"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
                             "Q6_K", "IQ4_NL", "IQ4_XS"}) {
      INFO(name << " " << constant);
      for (const float v : round_trip(*golden::codec(name), x))
        REQUIRE(std::fabs(v - constant) <= std::fabs(constant) * 0x1p-10f);
    }
  }
}

TEST_CASE("one outlier is kept and the rest is not worse than lost") {
  std::vector<float> x = normal_numbers(512, 0.1f, 3);
  x[37] = 40;
  const double rest = golden::squared_error(x, std::vector<float>(512, 0.0f)) - 40.0 * 40.0;
  for (const forge_codec_v1* codec : golden::encoders()) {
    INFO(codec->name);
    const std::vector<float> y = round_trip(*codec, x);
    CHECK(std::fabs(y[37] - 40) < 40 * 0.21);  // MXFP4's neighbours of 40 are 32 and 48
    if (codec->type != FORGE_TYPE_MXFP4) CHECK(golden::squared_error(x, y) <= rest * 1.05);
  }
}

TEST_CASE("NaN and infinities are refused with row and column") {
  for (const forge_codec_v1* codec : golden::encoders()) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
      std::vector<float> x(3 * 256, 1.0f);
      x[256 + 255] = bad;
      std::vector<char> blocks;
      const Status status = golden::quantize(*codec, x, nullptr, 3, blocks);
      INFO(status.message());
      CHECK(status.code() == Code::kInvalidArgument);
      CHECK(status.message().find(codec->name) != std::string::npos);
      CHECK(status.message().find("row 1, column 255") != std::string::npos);
    }
  }
}

TEST_CASE("numbers beyond a format's range are refused, numbers at its end are not") {
  for (const forge_codec_v1* codec : golden::encoders()) {
    std::vector<float> x(256, 0.0f);
    x[3] = -65504;
    std::vector<char> blocks;
    INFO(codec->name);
    CHECK(golden::quantize(*codec, x, nullptr, 1, blocks).ok());
    for (const float v : golden::dequantize(*codec, blocks)) REQUIRE(std::isfinite(v));

    x[3] = 1e30f;
    const Status status = golden::quantize(*codec, x, nullptr, 1, blocks);
    INFO(status.message());
    const bool wide = codec->type == FORGE_TYPE_F32 || codec->type == FORGE_TYPE_BF16 ||
                      codec->type == FORGE_TYPE_MXFP4;
    CHECK(status.code() == (wide ? Code::kOk : Code::kOutOfRange));
    if (!wide) CHECK(status.message().find("row 0") != std::string::npos);
  }
  std::vector<char> blocks;
  const forge_codec_v1& f16 = *golden::codec("F16");
  CHECK(golden::quantize(f16, {65519.0f}, nullptr, 1, blocks).ok());
  CHECK(golden::dequantize(f16, blocks).front() == 65504);
  CHECK(golden::quantize(f16, {65520.0f}, nullptr, 1, blocks).code() == Code::kOutOfRange);
  const forge_codec_v1& bf16 = *golden::codec("BF16");
  CHECK(golden::quantize(bf16, {FLT_MAX}, nullptr, 1, blocks).code() == Code::kOutOfRange);
}

TEST_CASE("rows must be whole blocks and importance sane") {
  for (const forge_codec_v1* codec : golden::encoders()) {
    INFO(codec->name);
    const std::vector<float> x(512, 1.0f);
    std::vector<char> blocks(4096);
    forge_message message;
    if (codec->block_elements > 1) {
      CHECK(codec->quantize(x.data(), nullptr, 2, 250, blocks.data(), &message) ==
            FORGE_INVALID_ARGUMENT);
      CHECK(message.text.find("rows of 250 numbers") != std::string::npos);
    }
    std::vector<float> importance(512, 1.0f);
    importance[77] = -1;
    CHECK(codec->quantize(x.data(), importance.data(), 1, 512, blocks.data(), &message) ==
          FORGE_INVALID_ARGUMENT);
    CHECK(message.text.find("column 77") != std::string::npos);
    importance[77] = std::numeric_limits<float>::quiet_NaN();
    CHECK(codec->quantize(x.data(), importance.data(), 1, 512, blocks.data(), nullptr) ==
          FORGE_INVALID_ARGUMENT);
    CHECK(codec->quantize(x.data(), nullptr, 0, 512, blocks.data(), nullptr) == FORGE_OK);
  }
}

TEST_CASE("importance moves the error to where it matters less") {
  const std::vector<float> x = normal_numbers(256 * 64, 1.0f, 4);
  std::vector<float> importance(256 * 64);
  for (std::size_t i = 0; i < importance.size(); ++i) importance[i] = i % 3 == 0 ? 100.0f : 1.0f;
  for (const forge_codec_v1* codec : golden::encoders()) {
    if (codec->block_elements == 1) continue;
    INFO(codec->name);
    const std::vector<float> plain = round_trip(*codec, x);
    const std::vector<float> weighted = round_trip(*codec, x, importance.data());
    const double before = golden::squared_error(x, plain, importance.data());
    const double after = golden::squared_error(x, weighted, importance.data());
    CHECK(after < before);
  }
}

TEST_CASE("importance of any size, and none at all, is taken") {
  const std::vector<float> x = normal_numbers(512, 1.0f, 5);
  for (const forge_codec_v1* codec : golden::encoders()) {
    INFO(codec->name);
    const std::vector<float> equal = round_trip(*codec, x);
    for (const float size : {0.0f, 1e-30f, 1e30f}) {
      const std::vector<float> importance(512, size);
      CHECK(round_trip(*codec, x, importance.data()) == equal);
    }
  }
}

TEST_CASE("converting to Q8_0 loses nothing where Q8_0 can hold the values") {
  const std::vector<float> x = normal_numbers(32 * 200, 0.02f, 6);
  for (const char* name : {"Q8_0", "Q4_0", "Q5_0", "IQ4_NL", "MXFP4"}) {
    INFO(name);
    const std::vector<float> decoded = round_trip(*golden::codec(name), x);
    CHECK(round_trip(*golden::codec("Q8_0"), decoded) == decoded);
  }
}

// The least error over every binary16 scale: the true optimum, by brute force.
template <class Decode>
double least_error(const std::vector<float>& x, int lowest, int highest, Decode level) {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const float d = half_to_float(static_cast<std::uint16_t>(half));
    if (!std::isfinite(d) || std::fabs(d) > 1) continue;
    double error = 0;
    for (const float v : x) {
      double nearest = std::numeric_limits<double>::infinity();
      for (int code = lowest; code <= highest; ++code)
        nearest = std::min(nearest, std::fabs(double{v} - double{d} * level(code)));
      error += nearest * nearest;
      if (error > least) break;
    }
    least = std::min(least, error);
  }
  return least;
}

TEST_CASE("one-scale formats come near the best scale there is") {
  const double iq4[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  double found[3] = {};
  double best[3] = {};
  for (unsigned seed = 0; seed < 10; ++seed) {
    const std::vector<float> x = normal_numbers(32, 0.02f, 100 + seed);
    const auto same = [](int code) { return double(code); };
    found[0] += golden::squared_error(x, round_trip(*golden::codec("Q4_0"), x));
    best[0] += least_error(x, -8, 7, same);
    found[1] += golden::squared_error(x, round_trip(*golden::codec("Q5_0"), x));
    best[1] += least_error(x, -16, 15, same);
    found[2] += golden::squared_error(x, round_trip(*golden::codec("IQ4_NL"), x));
    best[2] += least_error(x, 0, 15, [&iq4](int code) { return iq4[code]; });
  }
  for (int i = 0; i < 3; ++i) {
    INFO(i << ": " << found[i] / best[i]);
    CHECK(found[i] >= best[i] * (1 - 1e-5));  // nothing is better than the best
    CHECK(found[i] <= best[i] * 1.05);        // the search tries a few dozen of 30,000 scales
  }
}

TEST_CASE("MXFP4 finds the best of all exponents") {
  const double levels[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (const float spread : {1e-37f, 1e-5f, 0.02f, 3.0f, 1e37f}) {
    const std::vector<float> x = normal_numbers(32, spread, 7);
    double best = std::numeric_limits<double>::infinity();
    for (int e = 0; e <= 252; ++e) {
      double error = 0;
      for (const float v : x) {
        double nearest = std::numeric_limits<double>::infinity();
        for (const double level : levels)
          nearest = std::min(nearest, std::fabs(std::fabs(double{v}) - std::ldexp(level, e - 127)));
        error += nearest * nearest;
      }
      best = std::min(best, error);
    }
    INFO(spread);
    CHECK(golden::squared_error(x, round_trip(*golden::codec("MXFP4"), x)) <= best * (1 + 1e-6));
  }
}

TEST_CASE("any finite numbers are encoded to finite ones or refused") {
  std::mt19937 engine(10);
  for (int round = 0; round < 100; ++round) {
    // Exponents from a window of random place and width: from tame to 2^-149..2^127 in one block.
    const int low = static_cast<int>(engine() % 255);
    const int width = 1 + static_cast<int>(engine() % 255);
    std::vector<float> x(512);
    std::vector<float> importance(512);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const unsigned exponent = std::min(254, low + static_cast<int>(engine() % width));
      x[i] = std::bit_cast<float>(
          static_cast<std::uint32_t>((engine() & 0x807fffffu) | exponent << 23));
      importance[i] = std::bit_cast<float>(
          static_cast<std::uint32_t>((engine() & 0x7fffffu) | (engine() % 254) << 23));
      if (engine() % 8 == 0) x[i] = 0;
    }
    for (const forge_codec_v1* codec : golden::encoders()) {
      std::vector<char> blocks;
      const Status status =
          golden::quantize(*codec, x, round % 2 == 0 ? nullptr : importance.data(), 1, blocks);
      INFO(codec->name << " round " << round << " " << status.message());
      REQUIRE((status.ok() || status.code() == Code::kOutOfRange));
      if (!status.ok()) continue;
      for (const float v : golden::dequantize(*codec, blocks)) REQUIRE(std::isfinite(v));
    }
  }
}

TEST_CASE("any bytes are decoded") {
  std::mt19937 engine(11);
  for (const forge_codec_v1* codec : standard_codecs()) {
    std::vector<char> blocks(codec->block_bytes * 100);
    for (char& byte : blocks) byte = static_cast<char>(engine());
    CHECK(golden::dequantize(*codec, blocks).size() == codec->block_elements * 100);
  }
}

TEST_CASE("relative errors of normal numbers are those of docs/codecs.md") {
  const std::pair<const char*, double> expected[] = {
      {"F32", 0},         {"F16", 0.0002},   {"BF16", 0.0017},   {"Q8_0", 0.0051},
      {"Q6_K", 0.0172},   {"Q5_1", 0.0332},  {"Q5_K", 0.0344},   {"Q5_0", 0.0401},
      {"Q4_1", 0.0688},   {"Q4_K", 0.0695},  {"IQ4_NL", 0.0734}, {"Q4_0", 0.0810},
      {"IQ4_XS", 0.0740}, {"MXFP4", 0.1115}, {"Q3_K", 0.1433},   {"Q2_K", 0.2588}};
  const std::vector<float> x = normal_numbers(64 * 1024, 0.02f, 9);
  const double energy = golden::squared_error(x, std::vector<float>(x.size(), 0.0f));
  for (const auto& [name, error] : expected) {
    const double actual =
        std::sqrt(golden::squared_error(x, round_trip(*golden::codec(name), x)) / energy);
    INFO(name << " " << actual);
    // The last digit of the column, and the spread of a mean over 65536 numbers: about 0.5 %.
    CHECK(std::fabs(actual - error) <= 0.00006 + 0.01 * error);
  }
}

TEST_CASE("encoding does not depend on the other rows") {
  const std::vector<float> x = normal_numbers(4 * 256, 0.5f, 8);
  for (const forge_codec_v1* codec : golden::encoders()) {
    std::vector<char> together, one, rows;
    REQUIRE(golden::quantize(*codec, x, nullptr, 4, together).ok());
    for (std::size_t row = 0; row < 4; ++row) {
      const std::vector<float> part(x.begin() + static_cast<std::ptrdiff_t>(256 * row),
                                    x.begin() + static_cast<std::ptrdiff_t>(256 * (row + 1)));
      REQUIRE(golden::quantize(*codec, part, nullptr, 1, one).ok());
      rows.insert(rows.end(), one.begin(), one.end());
    }
    INFO(codec->name);
    CHECK(rows == together);
  }
}

}  // namespace
}  // namespace forge
