// Interface records that are optional.
#include "core/plugin/negotiation.hpp"

#include "tests/catch.hpp"

namespace forge::plugin {
namespace {

TEST_CASE("negotiation: limits may be absent, not half there") {
  CHECK(check_limits(nullptr).ok());
  forge_plugin_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  limits.measure = [](forge_pack_device*, forge_limits_v1*, forge_message*) -> forge_status {
    return FORGE_OK;
  };
  CHECK(check_limits(&limits).ok());
  limits.struct_size = 8;
  CHECK(check_limits(&limits).message().find("forge.limits/1") != std::string::npos);
  limits.struct_size = sizeof(limits);
  limits.measure = nullptr;
  CHECK(check_limits(&limits).message().find("measure") != std::string::npos);
}

}  // namespace
}  // namespace forge::plugin
