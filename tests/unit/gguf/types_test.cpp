#include "core/gguf/types.hpp"

#include <limits>

#include "forge/abi/tensor.h"
#include "tests/catch.hpp"

namespace forge::gguf {
namespace {

TEST_CASE("the types of the plugin ABI have the geometry of ggml") {
  struct Row {
    std::uint32_t type;
    const char* name;
    std::uint32_t elements, bytes;
  };
  // Sizes from the block layouts: Q4_K is 256 4-bit numbers, 12 bytes of scales and two halves.
  const Row rows[] = {{FORGE_TYPE_F32, "F32", 1, 4},
                      {FORGE_TYPE_F16, "F16", 1, 2},
                      {FORGE_TYPE_BF16, "BF16", 1, 2},
                      {FORGE_TYPE_Q4_0, "Q4_0", 32, 2 + 16},
                      {FORGE_TYPE_Q4_1, "Q4_1", 32, 4 + 16},
                      {FORGE_TYPE_Q5_0, "Q5_0", 32, 2 + 4 + 16},
                      {FORGE_TYPE_Q5_1, "Q5_1", 32, 4 + 4 + 16},
                      {FORGE_TYPE_Q8_0, "Q8_0", 32, 2 + 32},
                      {FORGE_TYPE_Q2_K, "Q2_K", 256, 16 + 64 + 4},
                      {FORGE_TYPE_Q3_K, "Q3_K", 256, 32 + 64 + 12 + 2},
                      {FORGE_TYPE_Q4_K, "Q4_K", 256, 4 + 12 + 128},
                      {FORGE_TYPE_Q5_K, "Q5_K", 256, 4 + 12 + 32 + 128},
                      {FORGE_TYPE_Q6_K, "Q6_K", 256, 128 + 64 + 16 + 2},
                      {FORGE_TYPE_IQ4_NL, "IQ4_NL", 32, 2 + 16},
                      {FORGE_TYPE_IQ4_XS, "IQ4_XS", 256, 2 + 2 + 4 + 128},
                      {FORGE_TYPE_MXFP4, "MXFP4", 32, 1 + 16},
                      {FORGE_TYPE_I8, "I8", 1, 1},
                      {FORGE_TYPE_I16, "I16", 1, 2},
                      {FORGE_TYPE_I32, "I32", 1, 4},
                      {FORGE_TYPE_I64, "I64", 1, 8},
                      {FORGE_TYPE_F64, "F64", 1, 8}};
  for (const Row& row : rows) {
    const std::optional<TypeInfo> info = builtin_type(row.type);
    INFO(row.name);
    REQUIRE(info);
    CHECK(info->name == row.name);
    CHECK(info->block_elements == row.elements);
    CHECK(info->block_bytes == row.bytes);
  }
}

TEST_CASE("removed and unused type numbers are unknown") {
  const std::uint32_t type = GENERATE(4u, 5u, 31u, 32u, 33u, 36u, 37u, 38u, 43u, 0xffffffffu);
  CHECK_FALSE(builtin_type(type));
  CHECK(unknown_type_name(type) == "unknown(" + std::to_string(type) + ")");
}

TEST_CASE("packed size is blocks times bytes, and overflow is found") {
  const TypeInfo q8{"Q8_0", 32, 34};
  CHECK(*packed_bytes(q8, 64, 3) == 204);
  CHECK(packed_bytes(q8, 33, 3).code() == Code::kInvalidArgument);
  CHECK(packed_bytes(q8, std::uint64_t{1} << 62, 4).code() == Code::kOutOfRange);
  CHECK(packed_bytes(q8, std::uint64_t{1} << 63, 1).code() == Code::kOutOfRange);
  const TypeInfo byte{"I8", 1, 1};
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  CHECK(*packed_bytes(byte, kMax, 1) == kMax);
  CHECK(packed_bytes(byte, kMax, 2).code() == Code::kOutOfRange);
  CHECK(packed_bytes(byte, kMax + 1, 1).code() == Code::kOutOfRange);
}

}  // namespace
}  // namespace forge::gguf
