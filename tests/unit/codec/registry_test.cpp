#include "core/codec/registry.hpp"

#include "core/base/host_services.hpp"
#include "core/codec/host_codecs.hpp"
#include "core/codec/standard.hpp"
#include "core/gguf/types.hpp"
#include "forge/sdk/codec_lookup.hpp"
#include "tests/catch.hpp"

namespace forge {
namespace {

void decode_nothing(const void* /*blocks*/, float* /*out*/, std::uint64_t /*n*/) {}

constexpr std::uint32_t kConversions[] = {FORGE_TYPE_F16};

// A record in which nothing is wrong.
forge_codec_v1 good_codec() {
  forge_codec_v1 codec{};
  codec.struct_size = sizeof(codec);
  codec.type = FORGE_TYPE_PRIVATE + 1;
  codec.name = "Q7_X";
  codec.block_elements = 32;
  codec.block_bytes = 30;
  codec.converts_to = kConversions;
  codec.n_converts_to = 1;
  codec.dequantize = decode_nothing;
  return codec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("the standard codecs are found by number and by name in any case") {
  const CodecRegistry registry;
  const CodecView& view = registry.view();
  CHECK(view.all().size() == 19);
  for (const forge_codec_v1* codec : standard_codecs()) {
    CHECK(view.find(codec->type) == codec);
    CHECK(view.find(std::string_view(codec->name)).value() == codec);
    CHECK(view.owner_of(codec->type) == "core");
    const std::string_view name(codec->name);
    CHECK((codec->quantize == nullptr) ==
          (name == "IQ2_S" || name == "IQ3_S" || name == "IQ3_XXS"));
  }
  CHECK(view.find("q4_k").value()->type == FORGE_TYPE_Q4_K);
  CHECK(view.find("iQ4_nL").value()->type == FORGE_TYPE_IQ4_NL);
  CHECK(view.name_of(FORGE_TYPE_Q6_K) == "Q6_K");
  CHECK(view.find(77) == nullptr);
  CHECK(view.name_of(77) == "type 77");
  CHECK(view.owner_of(77).empty());
}

TEST_CASE("a wrong name gets a suggestion or the list") {
  const CodecRegistry registry;
  const auto near = registry.view().find("Q4K");
  CHECK(near.code() == Code::kNotFound);
  CHECK(near.status().message() == "no codec is named 'Q4K'; did you mean 'Q4_K'?");
  const auto far = registry.view().find("gibberish");
  CHECK(contains(far.status().message(), "'gibberish'; known: F32 F16 Q4_0"));
  CHECK(registry.view().find("").code() == Code::kNotFound);
  CHECK(registry.view().find(std::string(100000, 'x')).status().message().size() < 1000);
}

TEST_CASE("geometry equals what the file reader knows") {
  for (const forge_codec_v1* codec : standard_codecs()) {
    INFO(codec->name);
    const auto known = gguf::builtin_type(codec->type);
    REQUIRE(known.has_value());
    CHECK(known->name == codec->name);
    CHECK(known->block_elements == codec->block_elements);
    CHECK(known->block_bytes == codec->block_bytes);
  }
}

TEST_CASE("conversions lead to registered codecs that can encode, and end at F32") {
  const CodecRegistry registry;
  for (const forge_codec_v1* codec : standard_codecs()) {
    INFO(codec->name);
    bool f32 = codec->type == FORGE_TYPE_F32;
    for (std::uint32_t i = 0; i < codec->n_converts_to; ++i) {
      const forge_codec_v1* target = registry.view().find(codec->converts_to[i]);
      REQUIRE(target != nullptr);
      CHECK(target->quantize != nullptr);
      CHECK(codec->block_elements % target->block_elements == 0);
      f32 = f32 || target->type == FORGE_TYPE_F32;
    }
    CHECK(f32);
  }
}

TEST_CASE("a plugin's codecs are added together or not at all") {
  CodecRegistry registry;
  forge_codec_v1 first = good_codec();
  forge_codec_v1 second = good_codec();
  second.type = FORGE_TYPE_PRIVATE + 2;
  const forge_codec_v1* codecs[] = {&first, &second};
  const forge_plugin_codecs_v1 record = {sizeof(record), 2, codecs};

  const Status same_name = registry.add_all(&record, "my-codecs");
  CHECK(same_name.code() == Code::kAlreadyExists);
  CHECK(contains(same_name.message(), "has the name of codec Q7_X"));
  CHECK(registry.view().find(first.type) == nullptr);

  second.name = "Q7_Y";
  REQUIRE(registry.add_all(&record, "my-codecs").ok());
  CHECK(registry.view().find(first.type) == &first);
  CHECK(registry.view().find("q7_y").value() == &second);
  CHECK(registry.view().owner_of(second.type) == "my-codecs");
  CHECK(registry.view().all().size() == 21);
}

TEST_CASE("duplicates are refused with a message that names both sides") {
  CodecRegistry registry;
  forge_codec_v1 codec = good_codec();
  codec.type = FORGE_TYPE_Q4_K;
  const Status number = registry.add(&codec, "my-codec");
  CHECK(number.code() == Code::kAlreadyExists);
  CHECK(number.message() ==
        "codec Q7_X (type 12) of 'my-codec' has the type number of codec Q4_K (type 12) of 'core'; "
        "private numbers start at 65536");
  codec = good_codec();
  codec.name = "q4_k";
  const Status name = registry.add(&codec, "my-codec");
  CHECK(name.code() == Code::kAlreadyExists);
  CHECK(contains(name.message(), "has the name of codec Q4_K"));
}

TEST_CASE("every field of a record is checked") {
  struct Case {
    const char* complaint;
    void (*spoil)(forge_codec_v1&);
  };
  const Case cases[] = {
      {"struct_size 55", [](forge_codec_v1& c) { c.struct_size = 55; }},
      {"no usable name", [](forge_codec_v1& c) { c.name = nullptr; }},
      {"no usable name", [](forge_codec_v1& c) { c.name = ""; }},
      {"no usable name", [](forge_codec_v1& c) { c.name = "Q7 X"; }},
      {"no usable name", [](forge_codec_v1& c) { c.name = "Q7\x1b[2J"; }},
      {"no usable name",
       [](forge_codec_v1& c) { c.name = "A_NAME_OF_MORE_THAN_THIRTY_TWO_CHARACTERS"; }},
      {"block_elements is 0", [](forge_codec_v1& c) { c.block_elements = 0; }},
      {"block_elements is 65537", [](forge_codec_v1& c) { c.block_elements = 65537; }},
      {"block_bytes is 0", [](forge_codec_v1& c) { c.block_bytes = 0; }},
      {"block_bytes is 4294967295", [](forge_codec_v1& c) { c.block_bytes = 0xffffffffu; }},
      {"dequantize is NULL", [](forge_codec_v1& c) { c.dequantize = nullptr; }},
      {"converts_to is NULL", [](forge_codec_v1& c) { c.converts_to = nullptr; }},
      {"n_converts_to is 65", [](forge_codec_v1& c) { c.n_converts_to = 65; }},
      {"is its own type", [](forge_codec_v1& c) { c.type = FORGE_TYPE_F16; }},
  };
  CodecRegistry registry(CodecRegistry::Contents::kEmpty);
  for (const Case& one : cases) {
    forge_codec_v1 codec = good_codec();
    one.spoil(codec);
    const Status status = registry.add(&codec, "my-codec");
    INFO(one.complaint << " / " << status.message());
    CHECK(status.code() == Code::kInvalidArgument);
    CHECK(contains(status.message(), one.complaint));
  }
  CHECK(registry.add(nullptr, "my-codec").code() == Code::kInvalidArgument);
  CHECK(registry.add_all(nullptr, "my-codec").code() == Code::kInvalidArgument);
  forge_plugin_codecs_v1 record = {8, 1, nullptr};
  CHECK(contains(registry.add_all(&record, "x").message(), "struct_size 8"));
  record = {sizeof(record), 0, nullptr};
  CHECK(contains(registry.add_all(&record, "x").message(), "lists 0 codecs"));
  record = {sizeof(record), 3, nullptr};
  CHECK(contains(registry.add_all(&record, "x").message(), "at NULL"));
  CHECK(registry.view().all().empty());
  const forge_codec_v1 good = good_codec();
  CHECK(registry.add(&good, "my-codec").ok());
}

TEST_CASE("packs find codecs through the host") {
  core_services();
  CodecRegistry& registry = process_codecs();
  REQUIRE(sdk::find_codec(FORGE_TYPE_Q6_K) != nullptr);
  CHECK(std::string(sdk::find_codec(FORGE_TYPE_Q6_K)->name) == "Q6_K");
  CHECK(sdk::find_codec(77) == nullptr);
  CHECK(&process_codecs() == &registry);
}

}  // namespace
}  // namespace forge
