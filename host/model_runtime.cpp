#include "host/model_runtime.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/demo_model.hpp"

namespace forge {

Result<std::uint32_t> type_of_name(const std::string& name) {
  FORGE_ASSIGN(const forge_codec_v1* codec, process_codecs().view().find(std::string_view(name)));
  return codec->type;
}

Result<std::unique_ptr<ModelRuntime>> ModelRuntime::create(const Config& config) {
  auto runtime = std::unique_ptr<ModelRuntime>(new ModelRuntime);
  CodecRegistry& codecs = process_codecs();
  runtime->setup_ = set_up_plugins(config);
  runtime->loader_ = std::make_unique<plugin::Loader>(runtime->setup_.options, codecs);
  runtime->loader_->load_chosen(runtime->setup_.selection);
  return runtime;
}

Status ModelRuntime::open_model(const Config& config) {
  if (config.model.path.empty()) {
    FORGE_ASSIGN(model_, engine::Model::from_memory(demo_model(), "the demo model", plugins()));
  } else {
    FORGE_ASSIGN(model_, engine::Model::open(config.model.path, plugins()));
  }
  return {};
}

Status ModelRuntime::open_pack(const plugin::RegisteredPack& pack, const Config& config,
                               const RuntimeOptions& options) {
  const plugin::PackDevice& device = pack.devices.front();
  graph::DeviceOptions device_options;
  device_options.key = device.key;
  device_options.name = device.name;
  device_options.processor = device.processor;
  device_options.data_directory = pack.directory.string();
  const auto configured = static_cast<std::uint32_t>(config.threads.count);
  device_options.n_threads = options.threads != 0 ? options.threads
                             : configured != 0    ? configured
                                                  : setup_.survey.cpu.recommended_threads();
  device_options.pin = config.threads.pin;
  device_options.profile = options.profile;
  FORGE_ASSIGN(auto opened, graph::PackDevice::open(pack.id, *pack.pack, device_options));
  devices_.push_back(std::move(opened));
  return {};
}

Status ModelRuntime::open_devices(const Config& config, const RuntimeOptions& options) {
  devices_.clear();
  if (options.pack == "reference") {
    FORGE_ASSIGN(auto reference, graph::open_reference_device(options.profile));
    devices_.push_back(std::move(reference));
  } else if (!options.pack.empty()) {
    FORGE_TRY(loader_->load(setup_.selection, options.pack));
    const plugin::RegisteredPack* pack = plugins().kernel_pack(options.pack);
    if (pack == nullptr)
      return not_found(fmt::format("plugin '{}' is not a kernel pack", options.pack));
    FORGE_TRY(open_pack(*pack, config, options));
  } else {
    for (const plugin::RegisteredPack& pack : plugins().kernel_packs())
      FORGE_TRY(open_pack(pack, config, options));
  }
  if (devices_.empty()) {  // slow, but it runs
    FORGE_ASSIGN(auto reference, graph::open_reference_device(options.profile));
    devices_.push_back(std::move(reference));
  }
  pack_id_ = devices_.front()->pack_id();
  return {};
}

Result<forge_limits_v1> ModelRuntime::measure_limits() const {
  const plugin::RegisteredPack* pack = plugins().kernel_pack(pack_id_);
  if (pack == nullptr || pack->limits == nullptr)
    return unimplemented(fmt::format("pack '{}' cannot tell its device's limits", pack_id_));
  forge_limits_v1 limits = {};
  limits.struct_size = sizeof(limits);
  forge_message message;
  const forge_status code = pack->limits->measure(devices_.front()->handle(), &limits, &message);
  FORGE_TRY(from_abi(code, message).with_prefix("pack '" + pack_id_ + "': "));
  return limits;
}

Status ModelRuntime::load(const Config& config, const RuntimeOptions& options) {
  engine_.reset();
  FORGE_TRY(open_devices(config, options));
  const auto pick = [](std::uint32_t own, std::int64_t configured) {
    return own != 0 ? own : static_cast<std::uint32_t>(configured);
  };
  engine::EngineOptions engine_options;
  engine_options.n_ctx = pick(options.n_ctx, config.context.length);
  engine_options.n_batch = pick(options.n_batch, config.context.batch);
  engine_options.n_sequences = pick(options.n_sequences, config.context.sequences);
  engine_options.n_outputs = options.n_outputs;
  FORGE_ASSIGN(engine_options.type_k, type_of_name(config.device.k_type));
  FORGE_ASSIGN(engine_options.type_v, type_of_name(config.device.v_type));
  cli::Progress bar("Loading model", {.quiet = options.quiet});
  const graph::Progress progress = [&](std::uint64_t done, std::uint64_t total) {
    bar.update(done, total);
    return !cli::Interrupt::requested();
  };
  FORGE_ASSIGN(engine_, engine::Engine::create(model_, devices_, engine_options, progress));
  return {};
}

}  // namespace forge
