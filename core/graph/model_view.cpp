#include "core/graph/model_view.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/host_services.hpp"
#include "core/base/log.hpp"
#include "core/graph/builder.hpp"
#include "forge/sdk/host.hpp"

namespace forge::graph {
namespace {

const gguf::File& file_of(void* self) { return *static_cast<const gguf::File*>(self); }

forge_status get_u64(void* self, forge_string key, std::uint64_t* out, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(*out, file_of(self).metadata().get_u64(sdk::view(key)));
    return {};
  });
}

forge_status get_f64(void* self, forge_string key, double* out, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(*out, file_of(self).metadata().get_f64(sdk::view(key)));
    return {};
  });
}

forge_status get_bool(void* self, forge_string key, std::int32_t* out, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(const bool value, file_of(self).metadata().get_bool(sdk::view(key)));
    *out = value ? 1 : 0;
    return {};
  });
}

forge_status get_string(void* self, forge_string key, forge_string* out, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(const std::string_view value, file_of(self).metadata().get_string(sdk::view(key)));
    *out = sdk::to_abi(value);
    return {};
  });
}

forge_status get_f64_array(void* self, forge_string key, double* out, std::uint64_t capacity,
                           std::uint64_t* out_length, forge_message* message) {
  return sdk::fence(message, [&]() -> Status {
    FORGE_ASSIGN(const auto values, file_of(self).metadata().get_numbers<double>(sdk::view(key)));
    *out_length = values.size();
    std::copy_n(values.begin(), std::min<std::uint64_t>(capacity, values.size()), out);
    return {};
  });
}

const forge_tensor_v1* tensor(void* self, std::uint32_t index) {
  const gguf::TensorTable& tensors = file_of(self).tensors();
  return index < tensors.size() ? &tensors[index] : nullptr;
}

std::uint32_t find_tensor(void* self, forge_string name) {
  return file_of(self).tensors().index_of(sdk::view(name)).value_or(FORGE_NONE);
}

void warn_of_unused(const gguf::File& file, const std::vector<bool>& used) {
  std::string names;
  std::size_t n_unused = 0;
  for (std::uint32_t i = 0; i < file.tensors().size(); ++i) {
    if (used[i]) continue;
    constexpr std::size_t kNamed = 5;
    if (++n_unused <= kNamed)
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", gguf::name_of(file.tensors()[i]));
  }
  if (n_unused > 0)
    log::get("graph").warn("{} of {} tensors are not used: {}{}", n_unused, file.tensors().size(),
                           names, n_unused > 5 ? ", ..." : "");
}

}  // namespace

ModelView::ModelView(const gguf::File& file) : record_() {
  core_services();  // messages go through it
  record_.struct_size = sizeof(record_);
  record_.n_tensors = file.tensors().size();
  record_.self = const_cast<gguf::File*>(&file);  // the slots only read it
  record_.get_u64 = get_u64;
  record_.get_f64 = get_f64;
  record_.get_bool = get_bool;
  record_.get_string = get_string;
  record_.get_f64_array = get_f64_array;
  record_.tensor = tensor;
  record_.find_tensor = find_tensor;
}

Result<Graph> build_graph(const gguf::File& file,
                          const forge_plugin_architecture_v1& architecture) {
  const ModelView view(file);
  Builder builder(file.tensors().all());
  forge_message message;
  const forge_status code = architecture.build(view.get(), builder.abi(), &message);
  FORGE_TRY(from_abi(code, message).with_prefix(fmt::format("model '{}': ", file.path())));
  if (!builder.finished())
    return internal_error("the architecture plugin returned without finishing its graph");
  warn_of_unused(file, builder.used_tensors());
  return builder.take();
}

}  // namespace forge::graph
