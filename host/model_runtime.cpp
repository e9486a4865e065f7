#include "host/model_runtime.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/host_services.hpp"
#include "core/base/log.hpp"
#include "core/codec/host_codecs.hpp"
#include "host/cli/exit_code.hpp"
#include "host/cli/interrupt.hpp"
#include "host/cli/progress.hpp"
#include "host/demo_model.hpp"
#include "host/gpu_policy.hpp"

namespace forge {

Result<std::uint32_t> type_of_name(const std::string& name) {
  FORGE_ASSIGN(const forge_codec_v1* codec, process_codecs().view().find(std::string_view(name)));
  return codec->type;
}

Result<std::unique_ptr<ModelRuntime>> ModelRuntime::create(const Config& config,
                                                           const std::string& command,
                                                           const std::string& pack) {
  auto runtime = std::unique_ptr<ModelRuntime>(new ModelRuntime);
  CodecRegistry& codecs = process_codecs();
  runtime->setup_ = set_up_plugins(config);
  plugin::Selection& selection = runtime->setup_.selection;
  runtime->gate_ =
      std::make_unique<safety::Gate>(gate_options(config, command), runtime->setup_.survey);
  runtime->loader_ = std::make_unique<plugin::Loader>(runtime->setup_.options, codecs);
  safety::Gate& gate = *runtime->gate_;
  runtime->loader_->set_gpu_gate([&gate, pack](plugin::Selection& all, std::string_view id) {
    if (pack.empty() || pack == id) return gate.admit(all, id);
    return failed_precondition(fmt::format("'{}' was asked for", pack));
  });
  runtime->loader_->load_chosen(selection);
  FORGE_TRY(cli::Interrupt::check());
  const plugin::PluginView& view = runtime->plugins();
  for (const plugin::Candidate& candidate : selection.candidates()) {
    if (view.kernel_pack(candidate.id()) == nullptr) gate.withdraw(candidate.id(), true);
  }
  if (pack.empty()) FORGE_TRY(settle_gpu(config, runtime->setup_, gate, view));
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
  if (pack.gpu) {
    const safety::Admission* const admission = gate_->admission(pack.id);
    if (admission == nullptr || admission->device != device.key)
      return failed_precondition(
          fmt::format("GPU {} was not checked for pack '{}'", device.key, pack.id));
    device_options.memory_budget = admission->budget.bytes;
    device_options.memory_terms = admission->budget.terms();
  }
  const auto configured = static_cast<std::uint32_t>(config.threads.count);
  device_options.n_threads = options.threads != 0 ? options.threads
                             : configured != 0    ? configured
                                                  : setup_.survey.cpu.recommended_threads();
  device_options.pin = config.threads.pin;
  device_options.prompts = graph::prompt_type_named(config.device.prompt_type);
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
    for (const plugin::RegisteredPack& pack : plugins().kernel_packs()) {
      if (pack.gpu && gate_->admission(pack.id) == nullptr) continue;  // given up
      if (pack.gpu) gpu_pack_ = pack.id;
      FORGE_TRY(open_pack(pack, config, options));
    }
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

bool ModelRuntime::can_rest() const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& device) {
    const plugin::RegisteredPack* pack = plugins().kernel_pack(device->pack_id());
    return pack != nullptr && pack->idle != nullptr;
  });
}

void ModelRuntime::rest() const {
  for (const auto& device : devices_) {
    const plugin::RegisteredPack* pack = plugins().kernel_pack(device->pack_id());
    if (pack == nullptr || pack->idle == nullptr) continue;
    forge_message message;
    const Status status = from_abi(pack->idle->release(device->handle(), &message), message);
    // What is wrong with the device the next step finds out, and says.
    if (status.ok())
      log::get("safety").info("{}: the GPU may sleep until the next step", pack->id);
    else
      log::get("safety").info("{}: {}", pack->id, status.message());
  }
}

Status ModelRuntime::load(const Config& config, const RuntimeOptions& options) {
  bool opened = false;
  Status status = load_once(config, options, opened);
  const bool stopped = status.code() == Code::kCancelled || cli::Interrupt::requested();
  if (status.ok() || stopped || !can_fall_back()) return status;
  const safety::Obstacle obstacle = !opened ? safety::Obstacle::kLoad
                                    : status.code() == Code::kResourceExhausted
                                        ? safety::Obstacle::kBudget
                                        : safety::Obstacle::kOther;
  FORGE_TRY(give_up_gpu(obstacle, status, config));
  return load_once(config, options, opened);
}

Status ModelRuntime::fall_back(const Status& why, const Config& config,
                               const RuntimeOptions& options) {
  FORGE_TRY(give_up_gpu(safety::Obstacle::kOther, why, config));
  bool opened = false;
  return load_once(config, options, opened);
}

Status ModelRuntime::give_up_gpu(safety::Obstacle obstacle, const Status& why,
                                 const Config& config) {
  engine_.reset();
  devices_.clear();
  gpu_given_up_ = true;
  // A card that is too small for this model is no card that failed.
  const bool failed = obstacle != safety::Obstacle::kBudget;
  gate_->withdraw(gpu_pack_, failed);
  const std::string reason =
      why.message() + (failed ? "; 'rocmforge doctor' checks the GPU step by step" : "");
  if (gpu_required(config)) {
    return cli::exit_with(cli::exit_code_of(obstacle),
                          "a GPU is required and cannot be used: " + reason);
  }
  std::string instead = "the reference executor";
  for (const plugin::RegisteredPack& pack : plugins().kernel_packs()) {
    if (pack.gpu) continue;
    instead = pack.id;
    break;
  }
  log::get("safety").warn("{}; {} runs the model instead", reason, instead);
  return {};
}

Status ModelRuntime::load_once(const Config& config, const RuntimeOptions& options, bool& opened) {
  engine_.reset();
  FORGE_TRY(open_devices(config, options));
  opened = true;
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
