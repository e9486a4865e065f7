// A pack for GPUs with four stages of preflight. MOCK_PREFLIGHT=FAULT:STAGE has something go wrong
// in one of them:
//   fails, throws, crashes, exits, hangs, stubborn (hangs and ignores SIGTERM), swallows (hangs in
//   a child of its own), garbage (writes nonsense everywhere and goes on), lies (claims the end)
// MOCK_FREE=BYTES: what the runtime says is free. MOCK_COUNT=FILE: a byte is appended to FILE for
// every stage that runs.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/abi/mocks/gpu_pack.hpp"

namespace {

constexpr forge_plugin_kernel_pack_v1 kGpuPack = mock::gpu_pack();

constexpr std::uint32_t kLimit = 60000;
constexpr forge_preflight_stage_v1 kRuntime = {sizeof(kRuntime), kLimit, FORGE_PREFLIGHT_RUNTIME,
                                               "the mock's runtime and the device"};
constexpr forge_preflight_stage_v1 kMemory = {sizeof(kMemory), kLimit, FORGE_PREFLIGHT_MEMORY,
                                              "a pattern to the card and back"};
constexpr forge_preflight_stage_v1 kKernel = {sizeof(kKernel), kLimit, FORGE_PREFLIGHT_KERNEL,
                                              "a trivial kernel"};
constexpr forge_preflight_stage_v1 kMatrix = {sizeof(kMatrix), kLimit, FORGE_PREFLIGHT_MATRIX,
                                              "a tile of the matrix cores"};
constexpr const forge_preflight_stage_v1* kStages[] = {&kRuntime, &kMemory, &kKernel, &kMatrix};

bool fault(const char* kind, std::uint32_t stage) {
  const std::string wanted = std::string(kind) + ":" + kStages[stage]->name;
  return mock::asked("MOCK_PREFLIGHT", wanted.c_str());
}

void write_text(int fd, const std::string& text) {
  static_cast<void>(!write(fd, text.data(), text.size()));
}

void count(std::uint32_t stage) {
  const char* const path = std::getenv("MOCK_COUNT");
  if (path == nullptr) return;
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  write_text(fd, std::string(1, static_cast<char>('0' + stage)));
  close(fd);
}

[[noreturn]] void hang() {
  while (true) pause();
}

void misbehave(std::uint32_t stage) {
  if (fault("throws", stage)) throw "nothing may be thrown";
  if (fault("crashes", stage)) raise(SIGSEGV);
  if (fault("exits", stage)) std::exit(3);
  if (fault("hangs", stage)) {
    write_text(STDOUT_FILENO, "waiting for a fence\n");
    hang();
  }
  if (fault("stubborn", stage)) {
    std::signal(SIGTERM, SIG_IGN);
    hang();
  }
  if (fault("swallows", stage)) {
    if (fork() == 0) hang();
    hang();
  }
  if (fault("garbage", stage)) {
    write_text(3, "enter 7\npass 9 x\nlist 5 more\nstage open\nfact memory_free -1\n\xff\x01\n");
    write_text(3, std::string(100000, 'x') + "\n");
    write_text(STDERR_FILENO, "\x1b[31mgarbage\n");
  }
  if (fault("lies", stage)) {
    write_text(3, "result 0\n");
    _exit(0);
  }
}

forge_status open_session(const forge_device_v1*, forge_preflight** out, forge_message*) {
  static char session;
  *out = reinterpret_cast<forge_preflight*>(&session);
  return FORGE_OK;
}

forge_status run(forge_preflight*, std::uint32_t stage, forge_preflight_facts_v1* facts,
                 forge_message* message) {
  count(stage);
  misbehave(stage);
  if (fault("fails", stage)) {
    mock::say(message, "7 of 4096 words differ");
    return FORGE_DATA_LOSS;
  }
  if (stage != 0) return FORGE_OK;
  std::strcpy(facts->runtime_version, "6.2.41134");
  if (const char* const bytes = std::getenv("MOCK_FREE")) {
    facts->memory_free = std::strtoull(bytes, nullptr, 10);
  }
  mock::say(message, "HIP 6.2.41134 shows the device");
  return FORGE_OK;
}

constexpr forge_plugin_preflight_v1 kPreflight = {sizeof(kPreflight), 4,   kStages,
                                                  open_session,       run, [](forge_preflight*) {}};

const void* find(const char* interface_id) {
  if (std::strcmp(interface_id, FORGE_INTERFACE_PREFLIGHT_V1) == 0) return &kPreflight;
  return std::strcmp(interface_id, FORGE_INTERFACE_KERNEL_PACK_V1) == 0 ? &kGpuPack : nullptr;
}

}  // namespace

MOCK_ENTRY(mock::entry_of(FORGE_MOCK_ID,
                          [](forge_plugin_entry_v1& entry) { entry.get_interface = find; }))
