// core/gguf/tensor_table.hpp: the tensors of a file, as views.
#ifndef FORGE_CORE_GGUF_TENSOR_TABLE_HPP_
#define FORGE_CORE_GGUF_TENSOR_TABLE_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/gguf/types.hpp"
#include "forge/abi/tensor.h"
#include "forge/sdk/status.hpp"

namespace forge::gguf {

// The tensors in file order (of a split model: first part first). Names, shapes and data are views
// into the file; records stay where they are as long as the File lives, also when it is moved.
//
// A tensor of a type that is not known has data == NULL and n_bytes == 0: it can be listed, and
// only asking for its bytes is an error. Immutable: any thread.
class TensorTable {
 public:
  // Where a tensor's bytes are.
  struct Placement {
    std::uint32_t part;    // index into File::parts()
    std::uint64_t offset;  // bytes from the start of that part's file
  };
  struct Row {
    forge_tensor_v1 tensor;
    Placement placement;
  };
  struct KnownType {
    std::uint32_t type;
    TypeInfo info;
  };

  TensorTable() = default;

  // `source` names the file in messages; `types` has at least the known types of the rows.
  TensorTable(std::string source, std::span<const Row> rows, std::vector<KnownType> types);

  std::uint32_t size() const { return static_cast<std::uint32_t>(tensors_.size()); }
  bool empty() const { return tensors_.empty(); }
  std::span<const forge_tensor_v1> all() const { return tensors_; }
  auto begin() const { return all().begin(); }
  auto end() const { return all().end(); }
  const forge_tensor_v1& operator[](std::uint32_t index) const { return tensors_[index]; }
  const Placement& placement(std::uint32_t index) const { return placements_[index]; }

  // nullptr / nullopt when there is no tensor of that name.
  const forge_tensor_v1* find(std::string_view name) const;
  std::optional<std::uint32_t> index_of(std::string_view name) const;

  // As find, but kNotFound names file and tensor.
  Result<const forge_tensor_v1*> get(std::string_view name) const;

  // The tensor's bytes; kUnimplemented when its type is not known.
  Result<std::span<const std::byte>> data(const forge_tensor_v1& tensor) const;

  // Geometry and name of a type that occurs in this table. Unknown: nullptr, "unknown(77)".
  const TypeInfo* type_info(std::uint32_t type) const;
  std::string type_name(std::uint32_t type) const;

  // Two tensors of one name, if there are any: {first, second} in file order.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> find_duplicate() const;

 private:
  std::string source_;
  std::vector<forge_tensor_v1> tensors_;
  std::vector<Placement> placements_;
  std::vector<KnownType> types_;
  std::vector<std::uint32_t> by_name_;  // indices into tensors_, sorted by name, then by index
};

// The tensor's name as a view, its element count, and "[4096, 32000]".
inline std::string_view name_of(const forge_tensor_v1& tensor) {
  return {tensor.name.data, tensor.name.size};
}
std::uint64_t element_count(const forge_tensor_v1& tensor);
std::string shape_text(const forge_tensor_v1& tensor);

}  // namespace forge::gguf

#endif  // FORGE_CORE_GGUF_TENSOR_TABLE_HPP_
