#include "core/gguf/guess.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace forge::gguf {
namespace {

struct Pattern {
  std::string_view start;
  const char* clause;
};

constexpr const char* kOldGgml =
    "it is in one of the formats before GGUF (ggml, ggmf, ggjt), which are not supported; get the "
    "model as GGUF";
constexpr const char* kWebPage =
    "it is a web page, so the download was answered with an error or a login page; look at it with "
    "a text editor and download again";

constexpr Pattern kPatterns[] = {
    {"lmgg", kOldGgml},
    {"fmgg", kOldGgml},
    {"tjgg", kOldGgml},
    {"algg", "it is a LoRA adapter in a format before GGUF"},
    {"FUGG", "its bytes are in reversed order"},
    {"version https://git-lfs",
     "it is a Git LFS pointer, not the model; run 'git lfs pull' in the repository"},
    {"<!DOCTYPE", kWebPage},
    {"<!doctype", kWebPage},
    {"<html", kWebPage},
    {"PK\x03\x04", "it is a ZIP archive (a PyTorch checkpoint?); it must be converted to GGUF"},
    {"\x1f\x8b", "it is compressed with gzip; unpack it first"},
    {"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it first"},
    {"\xfd"
     "7zXZ",
     "it is compressed with xz; unpack it first"},
};

// A safetensors file: a length, then JSON.
bool is_safetensors(std::string_view text) {
  constexpr std::size_t kLength = 8;
  return text.size() > kLength + 1 && text[kLength] == '{' && text[kLength + 1] == '"';
}

}  // namespace

std::string guess_format(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Pattern& pattern : kPatterns) {
    if (text.starts_with(pattern.start)) return pattern.clause;
  }
  if (is_safetensors(text)) return "it is a safetensors file; it must be converted to GGUF";
  const std::string_view head = text.substr(0, 4096);
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; }))
    return "it starts with zeros, as a download does that was reserved and not completed";
  return "";
}

}  // namespace forge::gguf
