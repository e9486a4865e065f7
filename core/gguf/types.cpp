#include "core/gguf/types.hpp"

#include <fmt/core.h>

#include <limits>

namespace forge::gguf {

namespace {

struct Row {
  std::uint32_t type;
  TypeInfo info;
};

constexpr Row kTypes[] = {
    {0, {"F32", 1, 4}},         {1, {"F16", 1, 2}},         {2, {"Q4_0", 32, 18}},
    {3, {"Q4_1", 32, 20}},      {6, {"Q5_0", 32, 22}},      {7, {"Q5_1", 32, 24}},
    {8, {"Q8_0", 32, 34}},      {9, {"Q8_1", 32, 36}},      {10, {"Q2_K", 256, 84}},
    {11, {"Q3_K", 256, 110}},   {12, {"Q4_K", 256, 144}},   {13, {"Q5_K", 256, 176}},
    {14, {"Q6_K", 256, 210}},   {15, {"Q8_K", 256, 292}},   {16, {"IQ2_XXS", 256, 66}},
    {17, {"IQ2_XS", 256, 74}},  {18, {"IQ3_XXS", 256, 98}}, {19, {"IQ1_S", 256, 50}},
    {20, {"IQ4_NL", 32, 18}},   {21, {"IQ3_S", 256, 110}},  {22, {"IQ2_S", 256, 82}},
    {23, {"IQ4_XS", 256, 136}}, {24, {"I8", 1, 1}},         {25, {"I16", 1, 2}},
    {26, {"I32", 1, 4}},        {27, {"I64", 1, 8}},        {28, {"F64", 1, 8}},
    {29, {"IQ1_M", 256, 56}},   {30, {"BF16", 1, 2}},       {34, {"TQ1_0", 256, 54}},
    {35, {"TQ2_0", 256, 66}},   {39, {"MXFP4", 32, 17}},    {40, {"NVFP4", 64, 36}},
    {41, {"Q1_0", 128, 18}},    {42, {"Q2_0", 64, 18}},
};

}  // namespace

std::optional<TypeInfo> builtin_type(std::uint32_t type) {
  for (const Row& row : kTypes) {
    if (row.type == type) return row.info;
  }
  return std::nullopt;
}

std::string unknown_type_name(std::uint32_t type) { return fmt::format("unknown({})", type); }

Result<std::uint64_t> packed_bytes(const TypeInfo& type, std::uint64_t n_columns,
                                   std::uint64_t n_rows) {
  if (n_columns % type.block_elements != 0) {
    return invalid_argument(
        fmt::format("rows of {} elements are not a whole number of {} blocks of "
                    "{} elements",
                    n_columns, type.name, type.block_elements));
  }
  constexpr std::uint64_t kLimit = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t blocks = n_columns / type.block_elements;
  const bool fits = n_rows == 0 || blocks == 0 ||
                    (blocks <= kLimit / n_rows && blocks * n_rows <= kLimit / type.block_bytes);
  if (!fits) {
    return out_of_range(fmt::format("{} rows of {} elements in {} take more than 2^63 bytes",
                                    n_rows, n_columns, type.name));
  }
  return blocks * n_rows * type.block_bytes;
}

}  // namespace forge::gguf
