// core/conformance/cases.hpp: every op times every type, as lists of cases made when their turn
// comes.
#ifndef FORGE_CORE_CONFORMANCE_CASES_HPP_
#define FORGE_CORE_CONFORMANCE_CASES_HPP_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/conformance/case.hpp"
#include "forge/abi/codec.h"

namespace forge::conformance {

// Takes a case, tries it, and says whether to go on.
using Sink = std::function<Status(const Case&)>;

// All cases of one op with one type.
struct Group {
  std::uint32_t op = 0;
  std::string type;  // lower case, "q4_k"; for KV types that differ: "f16/q8_0"
  // kUnimplemented: no data of this type can be made.
  std::function<Status(std::uint64_t seed, const Sink& sink)> make;
};

void add_row_groups(std::vector<Group>& groups);       // embed, norm, rope, gated, unary, ...
void add_linear_groups(std::vector<Group>& groups);    // linear
void add_sequence_groups(std::vector<Group>& groups);  // attention, short_conv, delta_rule
void add_moe_groups(std::vector<Group>& groups);       // moe_router, moe_experts, top_k
void add_draw_groups(std::vector<Group>& groups);      // draw

// ---------------------------------------------------------------- what the lists share

// Every registered codec.
std::vector<const forge_codec_v1*> all_codecs();
std::string lower_name(const forge_codec_v1& codec);
std::string activation_name(std::uint32_t activation);

// `total` rows as sequences: a short one, a long one and what is left.
std::vector<std::uint32_t> split_rows(std::uint32_t total);

// Fills a row with numbers of different kinds, by its position: normal ones; whole numbers with 127
// among every 32 (error_bound.hpp); zeros; one element far above the rest; very small ones.
void fill_mixed(std::uint64_t seed, std::uint32_t input, RowId row, std::span<float> out);
// Normal ones only.
void fill_normal(std::uint64_t seed, std::uint32_t input, RowId row, std::span<float> out);

}  // namespace forge::conformance

#endif  // FORGE_CORE_CONFORMANCE_CASES_HPP_
