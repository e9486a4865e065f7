#include "core/codec/host_codecs.hpp"

#include "core/base/host_services.hpp"

namespace forge {

forge_host_codecs_v1 host_codecs(const CodecView& view) {
  forge_host_codecs_v1 record{};
  record.struct_size = sizeof(record);
  record.self = const_cast<CodecView*>(&view);  // C has one kind of self; find() only reads
  record.find = [](void* self, std::uint32_t type) {
    return static_cast<const CodecView*>(self)->find(type);
  };
  return record;
}

CodecRegistry& process_codecs() {
  static CodecRegistry* const registry = [] {
    auto* made = new CodecRegistry;
    auto* record = new forge_host_codecs_v1(host_codecs(made->view()));
    HostServices::provide(FORGE_HOST_INTERFACE_CODECS_V1, record);
    return made;
  }();
  return *registry;
}

}  // namespace forge
