// rocmforge inspect: what a model file holds, without running it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/atomic_file.hpp"
#include "core/base/guard.hpp"
#include "core/base/quote.hpp"
#include "core/gguf/codec_types.hpp"
#include "core/gguf/file.hpp"
#include "core/gguf/summary.hpp"
#include "host/cli/command.hpp"
#include "host/cli/inspect_json.hpp"
#include "host/cli/inspect_text.hpp"
#include "host/cli/progress.hpp"
#include "host/codec_plugins.hpp"

namespace forge::cli {
namespace {

struct InspectOptions {
  std::string file;
  bool tensors = false;
  bool json = false;
  std::string tensor;  // name; empty: none is taken out
  std::string out;
};

// Errors stay in the stream, where they are looked for when the program ends.
void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Status show(const gguf::File& file, const InspectOptions& options) {
  FORGE_ASSIGN(const gguf::Summary summary, gguf::summarize(file));
  return guarded([&]() -> Status {
    print(options.json ? inspect_json(file, summary)
                       : inspect_text(file, summary, options.tensors));
    return {};
  });
}

// Decodes one tensor piece by piece into a file of little-endian f32, rows in order.
Status take_out(const gguf::File& file, const CodecView& codecs, const InspectOptions& options,
                bool quiet) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 18;  // elements decoded at a time, about
  FORGE_ASSIGN(const forge_tensor_v1* tensor, file.tensors().get(options.tensor));
  FORGE_ASSIGN(const auto data, file.tensors().data(*tensor));
  const forge_codec_v1* codec = codecs.find(tensor->type);
  if (codec == nullptr) {
    return unimplemented(fmt::format("tensor {} has type {}, which no codec here decodes",
                                     quote(options.tensor),
                                     file.tensors().type_name(tensor->type)));
  }
  FORGE_ASSIGN(AtomicFile out, AtomicFile::create(options.out, AtomicFile::Existing::kReplace));
  const std::uint64_t n = gguf::element_count(*tensor);
  FORGE_TRY(out.reserve(n * sizeof(float)));
  const std::uint64_t blocks = std::max<std::uint64_t>(kPiece / codec->block_elements, 1);
  std::vector<float> values(std::min(n, blocks * codec->block_elements));
  Progress progress("Decoding", {.quiet = quiet});
  for (std::uint64_t at = 0; at < n; at += values.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(values.size(), n - at);
    const std::byte* from = data.data() + at / codec->block_elements * codec->block_bytes;
    codec->dequantize(from, values.data(), count);
    FORGE_TRY(out.write(std::as_bytes(std::span(values).first(count))));
    progress.update((at + count) * sizeof(float), n * sizeof(float));
  }
  progress.finish();
  FORGE_TRY(out.commit());
  if (!quiet) {
    print(fmt::format("{}: {} {} as {} f32 numbers ({}) to {}\n", quote(options.tensor),
                      file.tensors().type_name(tensor->type), gguf::shape_text(*tensor), n,
                      format_bytes(n * sizeof(float)), quote(options.out, 4096)));
  }
  return {};
}

Status inspect(const InspectOptions& options, const Program& program) {
  const CodecPlugins codecs(program.config());
  FORGE_ASSIGN(const gguf::File file,
               gguf::File::open(options.file, {gguf::codec_types(codecs.view())}));
  if (options.tensor.empty()) return show(file, options);
  return guarded([&] { return take_out(file, codecs.view(), options, program.quiet()); });
}

}  // namespace

void add_inspect(CLI::App& app, Program& program) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command =
      app.add_subcommand("inspect", "Shows what a GGUF file holds, or takes a tensor out of it");
  command->group(kFileCommands);
  command->add_option("file", options->file, "GGUF file; any part of a model in several files")
      ->type_name("FILE")
      ->required();
  command->add_flag("--tensors", options->tensors, "List every tensor, too");
  command->add_flag("--json", options->json, "Print everything, complete, as JSON");
  CLI::Option* tensor =
      command->add_option("--tensor", options->tensor, "Write this tensor, decoded, to --out")
          ->type_name("NAME");
  CLI::Option* out = command
                         ->add_option("--out", options->out,
                                      "Where --tensor goes: raw little-endian f32, rows in order")
                         ->type_name("FILE");
  tensor->needs(out);
  out->needs(tensor);
  program.add_config_options(*command, {"plugins.search_paths"});
  add_examples(*command,
               {{"Everything about a model", "rocmforge inspect model.gguf --tensors"},
                {"Its context length, for a script",
                 "rocmforge inspect model.gguf --json | jq .model.context_length"},
                {"One tensor as numbers",
                 "rocmforge inspect model.gguf --tensor output_norm.weight --out norm.f32"}});
  command->callback([options, &program] {
    program.set_action([options, &program] { return inspect(*options, program); });
  });
}

}  // namespace forge::cli
