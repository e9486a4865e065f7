#include "tests/hipsim/record.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "tests/hipsim/options.hpp"

namespace hipsim {
namespace {

constexpr std::size_t kGranule = 64;  // changes this close together are one
constexpr std::size_t kWord = 4;

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string address(const void* at) { return number(reinterpret_cast<std::uintptr_t>(at)); }

std::string hex(const std::vector<std::byte>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string triple(const Dim3& n) {
  return "[" + number(n[0]) + "," + number(n[1]) + "," + number(n[2]) + "]";
}

std::vector<std::byte> fresh(std::size_t bytes) {
  std::vector<std::byte> contents(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    contents[i] =
        static_cast<std::byte>(i % 2 == 0 ? Memory::kPoison & 0xff : Memory::kPoison >> 8);
  return contents;
}

// Where `now` differs from `was`: granules that touch are one change, cut to whole words.
void compare(std::byte* now, const std::byte* was, std::size_t bytes,
             std::vector<Change>& changes) {
  const auto differs = [&](std::size_t at, std::size_t unit) {
    return std::memcmp(now + at, was + at, std::min(unit, bytes - at)) != 0;
  };
  for (std::size_t at = 0; at < bytes; at += kGranule) {
    if (!differs(at, kGranule)) continue;
    std::size_t begin = at;
    while (!differs(begin, kWord)) begin += kWord;
    while (at < bytes && differs(at, kGranule)) at += kGranule;
    std::size_t end = std::min(at, bytes) - 1;
    while (now[end] == was[end]) --end;
    end = std::min(bytes, (end / kWord + 1) * kWord);
    changes.push_back({now + begin, end - begin});
  }
}

}  // namespace

std::vector<Change> Shadow::look(const Memory& memory) {
  std::vector<Change> changes;
  for (const auto& [base, allocation] : memory.all()) {
    auto& copy = copies_[base];
    if (copy.size() != allocation.bytes) copy = fresh(allocation.bytes);
    const std::size_t first = changes.size();
    compare(allocation.base, copy.data(), allocation.bytes, changes);
    for (std::size_t i = first; i < changes.size(); ++i)
      std::memcpy(copy.data() + (changes[i].at - base), changes[i].at, changes[i].bytes);
  }
  return changes;
}

Recorder::Recorder(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code ignored;  // fopen says what matters
  std::filesystem::create_directories(folder, ignored);
  lines_ = std::fopen((folder + "/launches.jsonl").c_str(), "we");
  bytes_ = std::fopen((folder + "/memory.bin").c_str(), "wbe");
  if (!lines_ || !bytes_) give_up("FORGE_HIPSIM_RECORD: cannot write to '" + folder + "'");
}

Recorder::~Recorder() {
  if (lines_) std::fclose(lines_);
  if (bytes_) std::fclose(bytes_);
}

// Flushed each time: what was recorded before a crash is of interest.
void Recorder::line(const std::string& text) {
  std::fputs((text + "\n").c_str(), lines_);
  std::fflush(bytes_);
  std::fflush(lines_);
}

std::string Recorder::writes(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    std::fwrite(change.at, 1, change.bytes, bytes_);
    text += std::string(text.empty() ? "" : ",") + R"({"at":)" + address(change.at) +
            R"(,"bytes":)" + number(change.bytes) + R"(,"offset":)" + number(offset_) + "}";
    offset_ += change.bytes;
  }
  return R"("writes":[)" + text + "]";
}

void Recorder::allocated(const Allocation& allocation) {
  line(R"({"do":"alloc","device":)" + std::to_string(allocation.device) + R"(,"base":)" +
       address(allocation.base) + R"(,"bytes":)" + number(allocation.bytes) + "}");
}

void Recorder::freed(const std::byte* base) {
  shadow_.forget(base);
  line(R"({"do":"free","base":)" + address(base) + "}");
}

void Recorder::before(const Memory& memory) {
  const std::vector<Change> changes = shadow_.look(memory);
  if (!changes.empty()) line(R"({"do":"write",)" + writes(changes) + "}");
}

void Recorder::after(const Memory& memory, const Launch& launch) {
  line(R"({"do":"launch","index":)" + number(index_++) + R"(,"target":")" + launch.kernel.target +
       R"(","kernel":")" + launch.kernel.name + R"(","grid":)" + triple(launch.grid) +
       R"(,"block":)" + triple(launch.block) + R"(,"arguments":")" + hex(launch.arguments) +
       R"(",)" + writes(shadow_.look(memory)) + "}");
}

}  // namespace hipsim
