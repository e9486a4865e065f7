#include "core/codec/standard.hpp"

#include "core/base/host_services.hpp"
#include "core/codec/formats/bf16.hpp"
#include "core/codec/formats/f16.hpp"
#include "core/codec/formats/f32.hpp"
#include "core/codec/formats/iq2_s.hpp"
#include "core/codec/formats/iq3_s.hpp"
#include "core/codec/formats/iq3_xxs.hpp"
#include "core/codec/formats/iq4_nl.hpp"
#include "core/codec/formats/iq4_xs.hpp"
#include "core/codec/formats/mxfp4.hpp"
#include "core/codec/formats/q2_k.hpp"
#include "core/codec/formats/q3_k.hpp"
#include "core/codec/formats/q4_0.hpp"
#include "core/codec/formats/q4_1.hpp"
#include "core/codec/formats/q4_k.hpp"
#include "core/codec/formats/q5_0.hpp"
#include "core/codec/formats/q5_1.hpp"
#include "core/codec/formats/q5_k.hpp"
#include "core/codec/formats/q6_k.hpp"
#include "core/codec/formats/q8_0.hpp"
#include "forge/sdk/codec.hpp"

namespace forge {
namespace {

template <class Codec>
constexpr forge_codec_v1 kRecord = sdk::codec_record<Codec>();

constexpr const forge_codec_v1* kStandard[] = {
    &kRecord<codec::F32>,     &kRecord<codec::F16>,    &kRecord<codec::BF16>,
    &kRecord<codec::Q8_0>,    &kRecord<codec::Q4_0>,   &kRecord<codec::Q4_1>,
    &kRecord<codec::Q5_0>,    &kRecord<codec::Q5_1>,   &kRecord<codec::Q2_K>,
    &kRecord<codec::Q3_K>,    &kRecord<codec::Q4_K>,   &kRecord<codec::Q5_K>,
    &kRecord<codec::Q6_K>,    &kRecord<codec::IQ4_NL>, &kRecord<codec::IQ4_XS>,
    &kRecord<codec::MXFP4>,   &kRecord<codec::IQ2_S>,  &kRecord<codec::IQ3_S>,
    &kRecord<codec::IQ3_XXS>,
};

}  // namespace

std::span<const forge_codec_v1* const> standard_codecs() {
  core_services();  // their messages go through the host's services, as a plugin's do
  return kStandard;
}

}  // namespace forge
