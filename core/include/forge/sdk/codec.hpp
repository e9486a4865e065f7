// forge/sdk/codec.hpp: a codec as a C++ struct, turned into the C record of forge/abi/codec.h.
//
// What an author writes:
//
//   struct Q8Mine {
//     static constexpr std::uint32_t kType = FORGE_TYPE_PRIVATE + 7;  // number in GGUF files
//     static constexpr const char* kName = "Q8_MINE";                 // name on the command line
//     static constexpr std::uint32_t kBlockElements = 32;
//     static constexpr std::uint32_t kConvertsTo[] = {FORGE_TYPE_Q8_0, FORGE_TYPE_F16};  //
//     optional struct Block {                       // exactly what is in the file: trivially
//     copyable
//       std::uint16_t scale;
//       std::int8_t codes[32];
//     };
//     // out [kBlockElements]. Any bytes may come: no input is an error.
//     static void decode(const Block& block, float* out) noexcept;
//     // Optional. x [kBlockElements], finite; importance NULL or [kBlockElements], finite, >= 0.
//     static Status encode(const float* x, const float* importance, Block& out);
//   };
//   constexpr forge_codec_v1 kQ8Mine = sdk::codec_record<Q8Mine>();
//   constexpr const forge_codec_v1* kAll[] = {&kQ8Mine};
//   constexpr forge_plugin_codecs_v1 kCodecs = sdk::codecs_record(kAll);  // "forge.codecs/1"
//
// The record has everything else: unaligned loads and stores, the checks of the contract, messages
// that name row and column, and a fence against exceptions. Records are constant expressions, so a
// plugin needs no static initialiser.
#ifndef FORGE_SDK_CODEC_HPP_
#define FORGE_SDK_CODEC_HPP_

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "forge/abi/codec.h"
#include "forge/sdk/host.hpp"
#include "forge/sdk/status.hpp"

namespace forge::sdk {

template <class C>
concept BlockCodec = std::is_trivially_copyable_v<typename C::Block> &&
                     requires(const typename C::Block& block, float* out) {
                       { C::kType } -> std::convertible_to<std::uint32_t>;
                       { C::kName } -> std::convertible_to<const char*>;
                       { C::kBlockElements } -> std::convertible_to<std::uint32_t>;
                       { C::decode(block, out) } noexcept -> std::same_as<void>;
                     };

template <class C>
concept EncodingCodec =
    BlockCodec<C> && requires(const float* x, const float* importance, typename C::Block& block) {
      { C::encode(x, importance, block) } -> std::same_as<Status>;
    };

namespace codec_detail {

// Index of the first NaN or infinity of x [n]; n when there is none.
inline std::uint64_t find_not_finite(const float* x, std::uint64_t n) {
  constexpr std::uint32_t kExponent = 0x7f800000u;
  std::uint32_t any = 0;  // no early exit: this form is compiled to vector instructions
  for (std::uint64_t i = 0; i < n; ++i)
    any |= (std::bit_cast<std::uint32_t>(x[i]) & kExponent) == kExponent ? 1u : 0u;
  if (any == 0) return n;
  std::uint64_t i = 0;
  while ((std::bit_cast<std::uint32_t>(x[i]) & kExponent) != kExponent) ++i;
  return i;
}

inline Status check_importance(const char* name, const float* importance, std::uint64_t n_cols) {
  if (importance == nullptr) return {};
  std::uint64_t bad = find_not_finite(importance, n_cols);
  for (std::uint64_t i = 0; i < bad; ++i)
    if (importance[i] < 0) bad = i;
  if (bad == n_cols) return {};
  return invalid_argument(std::string("cannot encode as ") + name + ": the importance of column " +
                          std::to_string(bad) + " is " + std::to_string(importance[bad]) +
                          "; it must be finite and not negative");
}

template <EncodingCodec C>
Status encode_rows(const float* x, const float* importance, std::uint64_t n_rows,
                   std::uint64_t n_cols, unsigned char* blocks) {
  constexpr std::uint64_t kElements = C::kBlockElements;
  if (n_cols % kElements != 0)
    return invalid_argument(std::string("cannot encode rows of ") + std::to_string(n_cols) +
                            " numbers as " + C::kName + ": a block has " +
                            std::to_string(kElements) +
                            ", and a row must be a whole number of blocks");
  if (Status status = check_importance(C::kName, importance, n_cols); !status.ok()) return status;
  for (std::uint64_t row = 0; row < n_rows; ++row, x += n_cols) {
    if (const std::uint64_t bad = find_not_finite(x, n_cols); bad != n_cols)
      return invalid_argument(std::string("cannot encode as ") + C::kName + ": the number at row " +
                              std::to_string(row) + ", column " + std::to_string(bad) + " is " +
                              std::to_string(x[bad]) + "; only finite numbers can be encoded");
    for (std::uint64_t column = 0; column < n_cols; column += kElements) {
      typename C::Block block{};
      const float* weights = importance == nullptr ? nullptr : importance + column;
      if (Status status = C::encode(x + column, weights, block); !status.ok())
        return std::move(status).with_prefix(std::string("cannot encode as ") + C::kName +
                                             ": row " + std::to_string(row) + ", block at column " +
                                             std::to_string(column) + ": ");
      std::memcpy(blocks, &block, sizeof block);
      blocks += sizeof block;
    }
  }
  return {};
}

template <BlockCodec C>
void dequantize(const void* blocks, float* out, std::uint64_t n) {
  const auto* bytes = static_cast<const unsigned char*>(blocks);
  for (std::uint64_t i = 0; i < n; i += C::kBlockElements) {
    typename C::Block block;
    std::memcpy(&block, bytes, sizeof block);
    C::decode(block, out + i);
    bytes += sizeof block;
  }
}

template <EncodingCodec C>
forge_status quantize(const float* x, const float* importance, std::uint64_t n_rows,
                      std::uint64_t n_cols, void* blocks, forge_message* message) {
  return fence(message, [&] {
    return encode_rows<C>(x, importance, n_rows, n_cols, static_cast<unsigned char*>(blocks));
  });
}

}  // namespace codec_detail

// The record of one codec.
template <BlockCodec C>
constexpr forge_codec_v1 codec_record() {
  static_assert(C::kBlockElements > 0, "a block holds at least one element");
  forge_codec_v1 record{};
  record.struct_size = sizeof(forge_codec_v1);
  record.type = C::kType;
  record.name = C::kName;
  record.block_elements = C::kBlockElements;
  record.block_bytes = sizeof(typename C::Block);
  if constexpr (requires { C::kConvertsTo[0]; }) {
    record.converts_to = std::data(C::kConvertsTo);
    record.n_converts_to = std::size(C::kConvertsTo);
  }
  record.dequantize = &codec_detail::dequantize<C>;
  if constexpr (EncodingCodec<C>) record.quantize = &codec_detail::quantize<C>;
  return record;
}

// What get_interface(FORGE_INTERFACE_CODECS_V1) returns: all codecs of a plugin.
template <std::size_t N>
constexpr forge_plugin_codecs_v1 codecs_record(const forge_codec_v1* const (&codecs)[N]) {
  return {sizeof(forge_plugin_codecs_v1), N, codecs};
}

}  // namespace forge::sdk

#endif  // FORGE_SDK_CODEC_HPP_
