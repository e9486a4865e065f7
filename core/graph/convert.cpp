#include "core/graph/convert.hpp"

#include "core/base/host_services.hpp"
#include "forge/sdk/codec_lookup.hpp"

namespace forge::graph {

Result<std::vector<std::byte>> convert(const forge_tensor_v1& source, std::uint32_t type,
                                       const Progress& progress) {
  const forge_codec_v1* from = sdk::find_codec(source.type);
  const forge_codec_v1* to = sdk::find_codec(type);
  if (from == nullptr || to == nullptr || to->quantize == nullptr)
    return internal_error("a conversion between types without codecs was planned");
  const std::uint64_t n_cols = source.shape[0];
  const std::uint64_t n_rows = source.shape[1] * source.shape[2] * source.shape[3];
  const std::uint64_t from_bytes = n_cols / from->block_elements * from->block_bytes;
  const std::uint64_t to_bytes = n_cols / to->block_elements * to->block_bytes;
  std::vector<std::byte> out(to_bytes * n_rows);
  std::vector<float> row(n_cols);
  for (std::uint64_t r = 0; r < n_rows; ++r) {
    from->dequantize(static_cast<const std::byte*>(source.data) + r * from_bytes, row.data(),
                     n_cols);
    forge_message message;
    const forge_status code =
        to->quantize(row.data(), nullptr, 1, n_cols, out.data() + r * to_bytes, &message);
    FORGE_TRY(from_abi(code, message)
                  .with_prefix("cannot convert '" + std::string(sdk::view(source.name)) + "': "));
    if (r % 1024 == 0 && progress && !progress(0, 0)) return cancelled("loading was stopped");
  }
  return out;
}

}  // namespace forge::graph
