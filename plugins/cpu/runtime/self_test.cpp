#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "forge/sdk/codec_lookup.hpp"
#include "plugins/cpu/runtime/device.hpp"
#include "plugins/cpu/runtime/plan.hpp"

namespace forge::cpu {
namespace {

// A fixed sequence of small numbers; the same on every machine.
class Sequence {
 public:
  int next(int n) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int>((state_ >> 8) % static_cast<std::uint32_t>(n));
  }

 private:
  std::uint32_t state_ = 1;
};

// y = W x for one row, W [n_out, n_in] packed by its codec.
std::vector<float> multiply(const KernelTable& kernels, const MatmulKernel& kernel,
                            const std::vector<std::uint8_t>& blocks, const std::vector<float>& x,
                            std::uint32_t n_out) {
  const auto n_in = static_cast<std::uint32_t>(x.size());
  const std::size_t tile_size = kernel.format.tile_size(n_in);
  const std::uint32_t n_tiles = (n_out + kernel.format.tile_rows - 1) / kernel.format.tile_rows;
  std::vector<CacheLine> lines(n_tiles * tile_size / sizeof(CacheLine));
  std::uint8_t* tiles = lines.data()->bytes;
  RepackArgs repack;
  repack.format = kernel.format;
  repack.rows = blocks.data();
  repack.row_bytes = blocks.size() / n_out;
  repack.n_in = n_in;
  repack.n_out = n_out;
  repack.tile_end = n_tiles;
  repack.tiles = tiles;
  kernel.repack(repack);
  std::vector<std::int8_t> q(n_in);
  std::vector<float> scale(n_in / kActBlock);
  std::vector<std::int32_t> aux(aux_elements(kernel.aux, n_in) + 1);
  QuantizedRow row = {};
  row.q = q.data();
  row.scale = scale.data();
  row.n_aux = kernel.aux.aux == Aux::kNone ? 0 : 1;
  row.kinds[0] = kernel.aux;
  row.aux[0] = aux.data();
  kernels.quantize_row(x.data(), n_in, row);
  std::vector<float> y(n_out);
  MatmulArgs args;
  args.format = kernel.format;
  args.weight.tiles = tiles;
  args.n_in = n_in;
  args.n_out = n_out;
  args.n_rows = 1;
  args.q = q.data();
  args.scale = scale.data();
  args.aux = aux.data();
  std::vector<std::uint16_t> bf16(n_in + 1);
  if (kernel.input == Input::kBf16) kernels.bfloat16.round_row(x.data(), n_in, bf16.data());
  args.x = x.data();
  args.bf16 = bf16.data();
  args.y = y.data();
  args.tile_end = n_tiles;
  kernel.run(args);
  return y;
}

// Weights are whatever the codec makes of a fixed sequence, inputs are integers up to 127 with 127
// among each block, so that quantizing them is exact and only the order of f32 additions differs
// from the sum in double.
Status check(const KernelTable& kernels, const MatmulKernel& kernel) {
  constexpr std::uint32_t kIn = 512;
  const forge_codec_v1* codec = sdk::find_codec(kernel.type);
  if (codec == nullptr || codec->quantize == nullptr) return {};  // nothing to compare with
  const std::uint32_t n_out = kernels.tile_rows + 3;              // a whole tile and a part of one
  Sequence sequence;
  std::vector<float> weights(std::size_t{n_out} * kIn);
  for (float& w : weights) w = static_cast<float>(sequence.next(2001) - 1000) * 1e-3f;
  std::vector<float> x(kIn);
  for (std::uint32_t k = 0; k < kIn; ++k)
    x[k] = k % kActBlock == 0 ? 127.0f : static_cast<float>(sequence.next(255) - 127);
  std::vector<std::uint8_t> blocks(weights.size() / codec->block_elements * codec->block_bytes);
  if (codec->quantize(weights.data(), nullptr, n_out, kIn, blocks.data(), nullptr) != FORGE_OK)
    return internal_error("the codec " + std::string(codec->name) + " cannot encode plain numbers");
  codec->dequantize(blocks.data(), weights.data(), weights.size());
  const std::vector<float> y = multiply(kernels, kernel, blocks, x, n_out);
  for (std::uint32_t o = 0; o < n_out; ++o) {
    double exact = 0;
    double magnitude = 0;
    for (std::uint32_t k = 0; k < kIn; ++k) {
      const double product = double{weights[std::size_t{o} * kIn + k]} * x[k];
      exact += product;
      magnitude += std::abs(product);
    }
    // At most kIn / 16 roundings of 2^-24 each way on sums below `magnitude`, with room to spare.
    if (!(std::abs(y[o] - exact) <= magnitude * 1e-5))
      return internal_error(std::string(kernel.name) + " gives " + std::to_string(y[o]) +
                            " where " + std::to_string(exact) +
                            " is right; this processor or this build cannot be trusted");
  }
  return {};
}

}  // namespace

Status check_kernels(const KernelTable& kernels) {
  for (const MatmulKernel& kernel : kernels.matmul) FORGE_TRY(check(kernels, kernel));
  return {};
}

}  // namespace forge::cpu
