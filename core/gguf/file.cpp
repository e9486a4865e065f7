#include "core/gguf/file.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/guard.hpp"
#include "core/base/log.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/limits.hpp"
#include "core/gguf/parser.hpp"
#include "core/gguf/split.hpp"

namespace forge::gguf {
namespace {

// A parsed part with what keeps its bytes alive.
struct OpenPart {
  std::string path;
  Mapping mapping;
  std::uint64_t size = 0;
  ParsedFile parsed;
  SplitInfo split;
};

Result<OpenPart> parse_part(std::string path, std::span<const std::byte> bytes,
                            const TypeLookup& types) {
  OpenPart part;
  FORGE_ASSIGN(part.parsed, parse(bytes, path, types));
  FORGE_ASSIGN(part.split, read_split_info(part.parsed.metadata, path));
  part.size = bytes.size();
  part.path = std::move(path);
  return part;
}

Result<OpenPart> open_part(std::string path, const TypeLookup& types) {
  FORGE_ASSIGN(Mapping mapping, Mapping::open(path));
  const std::span<const std::byte> bytes = mapping.bytes();
  FORGE_ASSIGN(OpenPart part, parse_part(std::move(path), bytes, types));
  part.mapping = std::move(mapping);
  return part;
}

// The name of a part must lead to the others.
Result<SplitName> split_name_of(const OpenPart& part) {
  std::optional<SplitName> name = parse_split_name(part.path);
  if (name && name->index == part.split.index && name->count == part.split.count) return *name;
  return invalid_argument(
      fmt::format("{}: the file is part {} of {} of a model, but its name does not end in "
                  "'-{:05}-of-{:05}.gguf', by which the other parts are found; rename it",
                  quote(part.path, kPathBytes), part.split.index + 1, part.split.count,
                  part.split.index + 1, part.split.count));
}

// Before anything is mapped, so that the message can name all that is missing.
Status all_parts_exist(const SplitName& name) {
  std::string first_missing;
  std::uint32_t n_missing = 0;
  for (std::uint32_t i = 0; i < name.count; ++i) {
    std::string path = split_path(name, i);
    if (::access(path.c_str(), F_OK) == 0) continue;
    if (n_missing++ == 0) first_missing = std::move(path);
  }
  if (n_missing == 0) return {};
  return not_found(
      fmt::format("{} is missing{}; the model is in {} files, which must be in one folder",
                  quote(first_missing, kPathBytes),
                  n_missing == 1 ? ""
                                 : fmt::format(", and {} more part{} of the model", n_missing - 1,
                                               n_missing == 2 ? "" : "s"),
                  name.count));
}

Status check_part(const OpenPart& part, const SplitName& name, std::uint32_t index) {
  if (part.split.index == index && part.split.count == name.count) return {};
  return invalid_argument(fmt::format(
      "{}: metadata keys split.no and split.count say part {} of {}, its name says part {} of "
      "{}; the file belongs to another model or was renamed",
      quote(part.path, kPathBytes), part.split.index + 1, part.split.count, index + 1, name.count));
}

// All parts in order, `opened` among them.
Result<std::vector<OpenPart>> open_others(OpenPart opened, const TypeLookup& types) {
  FORGE_ASSIGN(const SplitName name, split_name_of(opened));
  FORGE_TRY(all_parts_exist(name));
  const std::uint32_t opened_index = opened.split.index;
  std::vector<OpenPart> parts;
  for (std::uint32_t i = 0; i < name.count; ++i) {
    if (i == opened_index) {
      parts.push_back(std::move(opened));  // NOLINT(bugprone-use-after-move): once, for one i
      continue;
    }
    FORGE_ASSIGN(OpenPart part, open_part(split_path(name, i), types));
    FORGE_TRY(check_part(part, name, i));
    parts.push_back(std::move(part));
  }
  return parts;
}

void add_types(std::vector<TensorTable::KnownType>& all,
               std::span<const TensorTable::KnownType> more) {
  for (const TensorTable::KnownType& type : more) {
    const bool known = std::any_of(all.begin(), all.end(),
                                   [&](const auto& other) { return other.type == type.type; });
    if (!known) all.push_back(type);
  }
}

Status unique_names(const TensorTable& tensors, std::span<const Part> parts) {
  const auto duplicate = tensors.find_duplicate();
  if (!duplicate) return {};
  const auto [first, second] = *duplicate;
  const auto place = [&](std::uint32_t index) {
    const TensorTable::Placement& placement = tensors.placement(index);
    return fmt::format("#{} (data at byte {} of {})", index, placement.offset,
                       quote(parts[placement.part].path, kPathBytes));
  };
  return invalid_argument(fmt::format("{}: two tensors are named {}: {} and {}",
                                      quote(parts[tensors.placement(second).part].path, kPathBytes),
                                      quote(name_of(tensors[second])), place(first),
                                      place(second)));
}

}  // namespace

// Makes a File of parsed parts.
class FileAssembler {
 public:
  static Result<File> assemble(std::vector<OpenPart> parts) {
    File file;
    const std::optional<std::uint64_t> expected = parts.front().split.n_tensors;
    std::vector<TensorTable::Row> rows;
    std::vector<TensorTable::KnownType> types;
    for (OpenPart& part : parts) append(file, rows, types, part);
    if (rows.size() > kMaxTensors) {
      return invalid_argument(fmt::format("{}: the {} parts have {} tensors; the limit is {}",
                                          quote(file.path(), kPathBytes), parts.size(), rows.size(),
                                          kMaxTensors));
    }
    if (expected && *expected != rows.size()) {
      return invalid_argument(fmt::format(
          "{}: metadata key 'split.tensors.count' says {} tensors, the {} parts have {}",
          quote(file.path(), kPathBytes), *expected, parts.size(), rows.size()));
    }
    file.metadata_ = std::move(parts.front().parsed.metadata);
    file.tensors_ = TensorTable(file.path(), rows, std::move(types));
    FORGE_TRY(unique_names(file.tensors_, file.parts_));
    log::get("gguf").debug("opened {}: version {}, {} part(s), {} bytes, {} keys, {} tensors",
                           quote(file.path(), kPathBytes), file.parts_.front().version,
                           file.parts_.size(), file.total_bytes(), file.metadata_.size(),
                           file.tensors_.size());
    return file;
  }

 private:
  static void append(File& file, std::vector<TensorTable::Row>& rows,
                     std::vector<TensorTable::KnownType>& types, OpenPart& part) {
    const auto index = static_cast<std::uint32_t>(file.parts_.size());
    for (TensorTable::Row& row : part.parsed.tensors) row.placement.part = index;
    if (rows.empty()) {
      rows = std::move(part.parsed.tensors);
    } else {
      rows.insert(rows.end(), part.parsed.tensors.begin(), part.parsed.tensors.end());
    }
    add_types(types, part.parsed.types);
    file.parts_.push_back({part.path, part.parsed.version, part.size, part.parsed.alignment,
                           part.parsed.data_offset, 0});
    file.parts_.back().n_tensors =
        static_cast<std::uint32_t>(rows.size()) - count_before(file, index);
    if (!part.mapping.bytes().empty()) file.mappings_.push_back(std::move(part.mapping));
  }

  static std::uint32_t count_before(const File& file, std::uint32_t part) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < part; ++i) count += file.parts_[i].n_tensors;
    return count;
  }
};

Result<File> File::open(const std::string& path, const Options& options) {
  return guarded([&]() -> Result<File> {
    FORGE_ASSIGN(OpenPart part, open_part(path, options.types));
    std::vector<OpenPart> parts;
    if (part.split.count > 1) {
      FORGE_ASSIGN(parts, open_others(std::move(part), options.types));
    } else {
      parts.push_back(std::move(part));
    }
    return FileAssembler::assemble(std::move(parts));
  });
}

Result<File> File::from_memory(std::span<const std::byte> bytes, const std::string& name,
                               const Options& options) {
  return guarded([&]() -> Result<File> {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kMemoryAlignment != 0) {
      return invalid_argument(fmt::format("{}: a file in memory must start at a multiple of {}",
                                          quote(name, kPathBytes), kMemoryAlignment));
    }
    FORGE_ASSIGN(OpenPart part, parse_part(name, bytes, options.types));
    if (part.split.count > 1) {
      return invalid_argument(fmt::format(
          "{}: byte {}: metadata key 'split.count' says that the model is in {} files, which "
          "cannot be opened from memory",
          quote(name, kPathBytes),
          part.parsed.metadata.offset_of(*part.parsed.metadata.find("split.count")),
          part.split.count));
    }
    std::vector<OpenPart> parts;
    parts.push_back(std::move(part));
    return FileAssembler::assemble(std::move(parts));
  });
}

std::uint64_t File::total_bytes() const {
  std::uint64_t total = 0;
  for (const Part& part : parts_) total += part.size;
  return total;
}

Status File::advise(std::span<const std::byte> range, Advice advice) const {
  if (mappings_.empty() || range.empty()) return {};
  for (const Mapping& mapping : mappings_) {
    const std::span<const std::byte> bytes = mapping.bytes();
    if (range.data() >= bytes.data() && range.data() < bytes.data() + bytes.size())
      return mapping.advise(range, advice);
  }
  return internal_error("a range to advise about is not of this file");
}

Status File::advise_all(Advice advice) const {
  for (std::size_t i = 0; i < mappings_.size(); ++i) {
    const std::uint64_t start = std::min(parts_[i].data_offset, parts_[i].size);
    FORGE_TRY(mappings_[i].advise(mappings_[i].bytes().subspan(start), advice));
  }
  return {};
}

}  // namespace forge::gguf
