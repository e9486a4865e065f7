// core/quantize/tensor_encoder.hpp: rows of one type into rows of another, on several threads.
#ifndef FORGE_CORE_QUANTIZE_TENSOR_ENCODER_HPP_
#define FORGE_CORE_QUANTIZE_TENSOR_ENCODER_HPP_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "forge/abi/codec.h"
#include "forge/sdk/status.hpp"

namespace forge::quantize {

// A tensor to be encoded: matrices of rows_per_matrix rows, one after the other.
struct EncodeTask {
  const forge_codec_v1* from = nullptr;
  const forge_codec_v1* to = nullptr;  // can encode
  const std::byte* source = nullptr;   // packed rows of `from`
  std::uint64_t n_cols = 0;            // whole blocks of both
  std::uint64_t n_rows = 0;            // of all matrices
  std::uint64_t rows_per_matrix = 0;
  std::span<const float> importance;  // [matrices, n_cols], or empty

  std::uint64_t source_row_bytes() const {
    return n_cols / from->block_elements * from->block_bytes;
  }
  std::uint64_t target_row_bytes() const { return n_cols / to->block_elements * to->block_bytes; }
};

// Called by every thread between pieces of work, at the same time; true: stop.
using StopRequested = std::function<bool()>;

// Encodes rows [first_row, first_row + n_rows); out has n_rows * target_row_bytes() bytes. The
// result does not depend on the number of threads. Errors: of the first row that cannot be encoded;
// kCancelled when `stop` said so; kResourceExhausted.
Status encode_rows(const EncodeTask& task, std::uint64_t first_row, std::uint64_t n_rows,
                   std::byte* out, unsigned n_threads, const StopRequested& stop);

}  // namespace forge::quantize

#endif  // FORGE_CORE_QUANTIZE_TENSOR_ENCODER_HPP_
