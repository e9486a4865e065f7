#include "core/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"
#include "tests/process.hpp"
#include "tests/unit/gguf/byte_builder.hpp"

namespace forge {
namespace {

using test::TemporaryFolder;
using Existing = AtomicFile::Existing;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

bool has_unnamed_files(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

TEST_CASE("a file appears with commit and not before") {
  const TemporaryFolder folder;
  const std::string path = folder.in("out.bin");
  const Existing existing = GENERATE(Existing::kRefuse, Existing::kReplace);
  Result<AtomicFile> file = AtomicFile::create(path, existing);
  INFO(file.status().message());
  REQUIRE(file.ok());
  // Larger than the buffer, so that bytes have left it.
  const std::string big(3 << 20, 'x');
  REQUIRE(file->write(bytes("head")).ok());
  REQUIRE(file->write(bytes(big)).ok());
  CHECK(file->size() == big.size() + 4);
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(file->commit().ok());
  CHECK(test::read_file(path) == "head" + big);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"out.bin"});
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK((info.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("without commit nothing is left") {
  const TemporaryFolder folder;
  {
    Result<AtomicFile> file = AtomicFile::create(folder.in("out.bin"), Existing::kReplace);
    REQUIRE(file.ok());
    REQUIRE(file->write(bytes("half")).ok());
    const AtomicFile moved = std::move(file).value();
    CHECK(moved.size() == 4);
  }
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a file that is there is refused or replaced as a whole") {
  const TemporaryFolder folder;
  const std::string path = folder.file("out.bin", "old");
  const Status refused = AtomicFile::create(path, Existing::kRefuse).status();
  CHECK(refused.code() == Code::kAlreadyExists);
  CHECK(refused.message().find("out.bin' is there already") != std::string::npos);

  Result<AtomicFile> file = AtomicFile::create(path, Existing::kReplace);
  REQUIRE(file.ok());
  REQUIRE(file->write(bytes("new")).ok());
  CHECK(test::read_file(path) == "old");
  REQUIRE(file->commit().ok());
  CHECK(test::read_file(path) == "new");
  CHECK(names_in(folder.path()).size() == 1);
}

TEST_CASE("a file that appears in the meantime is not replaced") {
  const TemporaryFolder folder;
  Result<AtomicFile> file = AtomicFile::create(folder.in("out.bin"), Existing::kRefuse);
  REQUIRE(file.ok());
  REQUIRE(file->write(bytes("mine")).ok());
  const std::string path = folder.file("out.bin", "theirs");
  CHECK(file->commit().code() == Code::kAlreadyExists);
  CHECK(test::read_file(path) == "theirs");
}

TEST_CASE("places that cannot be written to") {
  const TemporaryFolder folder;
  CHECK(AtomicFile::create(folder.in("no/out.bin"), Existing::kRefuse).code() == Code::kNotFound);
  CHECK(AtomicFile::create("/dev/null", Existing::kReplace).status().message() ==
        "cannot write '/dev/null': it is a device or a pipe, not a regular file");
  std::filesystem::create_directory(folder.in("sub"));
  CHECK(AtomicFile::create(folder.in("sub"), Existing::kReplace).code() == Code::kInvalidArgument);
  const Status proc = AtomicFile::create("/proc/out.bin", Existing::kRefuse).status();
  CHECK_FALSE(proc.ok());
  CHECK(proc.message().find("cannot create '/proc/out.bin'") != std::string::npos);
}

// Limits the size of files this process may write, as a full disk does; restores on leaving.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_CASE("a full disk is an error that says so and leaves nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.in("out.bin");
  SECTION("when space is reserved") {
    const SizeLimit limit(1 << 20);
    Result<AtomicFile> file = AtomicFile::create(path, Existing::kRefuse);
    REQUIRE(file.ok());
    const Status status = file->reserve(4 << 20);
    if (!status.ok()) {  // some file systems cannot reserve
      CHECK(status.code() == Code::kResourceExhausted);
      CHECK(status.message().find("(4194304 bytes are needed)") != std::string::npos);
      CHECK_FALSE(file->write(bytes("x")).ok());
    }
  }
  SECTION("when bytes are written") {
    const SizeLimit limit(1 << 20);
    Result<AtomicFile> file = AtomicFile::create(path, Existing::kRefuse);
    REQUIRE(file.ok());
    const Status status = file->write(bytes(std::string(4 << 20, 'x')));
    CHECK(status.code() == Code::kResourceExhausted);
    CHECK(status.message().find("nothing of it was left on the disk") != std::string::npos);
    CHECK(file->commit().code() == Code::kFailedPrecondition);
  }
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a killed process leaves nothing where files can be without a name") {
  const TemporaryFolder folder;
  if (!has_unnamed_files(folder.path())) {
    std::cout << "skipped: no unnamed files in " << folder.path() << "\n";
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    Result<AtomicFile> file = AtomicFile::create(folder.in("out.bin"), Existing::kRefuse);
    if (file.ok()) static_cast<void>(file->write(bytes(std::string(2 << 20, 'x'))));
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(names_in(folder.path()).empty());
}

}  // namespace
}  // namespace forge
