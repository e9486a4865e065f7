#include "core/gguf/parser.hpp"

#include <fmt/core.h>

#include <utility>

#include "core/gguf/guess.hpp"
#include "core/gguf/metadata_parser.hpp"
#include "core/gguf/reader.hpp"
#include "core/gguf/tensor_parser.hpp"

namespace forge::gguf {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // the bytes "GGUF"
constexpr std::uint32_t kOldestVersion = 2;
constexpr std::uint32_t kNewestVersion = 3;

// The smallest an entry can be: name length, one byte of name, and
constexpr std::uint64_t kMinKeyEntry = 8 + 1 + 4 + 1;         // type, one byte of value
constexpr std::uint64_t kMinTensorEntry = 8 + 1 + 4 + 4 + 8;  // no dimensions, type, offset

struct Header {
  std::uint32_t version = 0;
  std::uint64_t n_tensors = 0;
  std::uint64_t n_keys = 0;
};

Status check_magic(Reader& reader, std::span<const std::byte> bytes) {
  if (bytes.empty()) return reader.fail(Code::kDataLoss, 0, "the file is empty");
  std::uint32_t magic = 0;
  const bool complete = bytes.size() >= sizeof(magic);
  if (complete) FORGE_TRY(reader.number("the magic number", magic));
  if (complete && magic == kMagic) return {};
  const std::string guess = guess_format(bytes);
  return reader.invalid(0, fmt::format("not a GGUF file: it does not start with \"GGUF\"{}{}",
                                       guess.empty() ? "" : "; ", guess));
}

Status check_version(const Reader& reader, std::uint32_t version, std::uint64_t at) {
  if (version >= kOldestVersion && version <= kNewestVersion) return {};
  const std::uint32_t swapped =
      (version >> 24) | ((version >> 8) & 0xff00u) | ((version << 8) & 0xff0000u) | (version << 24);
  if (swapped >= 1 && swapped <= 0xffff) {
    return reader.fail(Code::kUnimplemented, at,
                       fmt::format("the file is big-endian (GGUF version {}); convert it to "
                                   "little-endian, for example with gguf-py's gguf-convert-endian",
                                   swapped));
  }
  return reader.fail(
      Code::kUnimplemented, at,
      fmt::format("GGUF version {} is not supported; this program reads versions {} and {}{}",
                  version, kOldestVersion, kNewestVersion,
                  version < kOldestVersion ? "; convert the original model again" : ""));
}

Status check_limit(const Reader& reader, const char* what, std::uint64_t count, std::uint64_t limit,
                   std::uint64_t at) {
  if (count <= limit) return {};
  return reader.invalid(at, fmt::format("{} is {}; the limit is {}", what, count, limit));
}

Result<Header> read_header(Reader& reader, std::span<const std::byte> bytes) {
  constexpr const char* kTensors = "the number of tensors";
  constexpr const char* kKeys = "the number of metadata keys";
  Header header;
  FORGE_TRY(check_magic(reader, bytes));
  const std::uint64_t version_at = reader.position();
  FORGE_TRY(reader.number("the version", header.version));
  FORGE_TRY(check_version(reader, header.version, version_at));
  const std::uint64_t tensors_at = reader.position();
  FORGE_TRY(reader.number(kTensors, header.n_tensors));
  const std::uint64_t keys_at = reader.position();
  FORGE_TRY(reader.number(kKeys, header.n_keys));
  FORGE_TRY(reader.check_count(kTensors, header.n_tensors, kMinTensorEntry, tensors_at));
  FORGE_TRY(reader.check_count(kKeys, header.n_keys, kMinKeyEntry, keys_at));
  FORGE_TRY(check_limit(reader, kTensors, header.n_tensors, kMaxTensors, tensors_at));
  FORGE_TRY(check_limit(reader, kKeys, header.n_keys, kMaxKeys, keys_at));
  return header;
}

Result<std::uint64_t> read_alignment(const Reader& reader, const Metadata& metadata) {
  constexpr std::string_view kKey = "general.alignment";
  FORGE_ASSIGN(const std::uint64_t alignment, metadata.get_u64_or(kKey, kDefaultAlignment));
  if (valid_alignment(alignment)) return alignment;
  return reader.invalid(metadata.offset_of(*metadata.find(kKey)),
                        fmt::format("metadata key '{}' is {}; a power of two from {} to {} is "
                                    "expected",
                                    kKey, alignment, kMinAlignment, kMaxAlignment));
}

}  // namespace

Result<ParsedFile> parse(std::span<const std::byte> bytes, const std::string& source,
                         const TypeLookup& types) {
  Reader reader(bytes, source);
  FORGE_ASSIGN(const Header header, read_header(reader, bytes));
  ParsedFile file;
  file.version = header.version;
  FORGE_ASSIGN(file.metadata, parse_metadata(reader, header.n_keys, source));
  FORGE_ASSIGN(file.alignment, read_alignment(reader, file.metadata));
  FORGE_ASSIGN(ParsedTensors tensors,
               parse_tensors(reader, header.n_tensors, file.alignment, types));
  file.data_offset = tensors.data_offset;
  file.tensors = std::move(tensors.rows);
  file.types = std::move(tensors.types);
  return file;
}

}  // namespace forge::gguf
