#include "core/safety/device_lock.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "core/safety/runtime_directory.hpp"
#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::safety {
namespace {

using std::chrono::milliseconds;

constexpr const char* kKey = "0000:03:00.0";

// Another process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& directory) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto lock = DeviceLock::acquire(kKey, {directory, "rocmforge chat", {}, {}});
      static_cast<void>(!write(ends[1], lock.ok() ? "y" : "n", 1));
      while (true) pause();
    }
    char answer = 'n';
    REQUIRE(read(ends[0], &answer, 1) == 1);
    close(ends[0]);
    close(ends[1]);
    REQUIRE(answer == 'y');
  }
  ~Holder() { end(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

TEST_CASE("device lock: another process has it: the message says who and what to do") {
  const test::Scratch scratch;
  const std::filesystem::path directory = scratch / "run";
  Holder holder(directory);
  const auto refused = DeviceLock::acquire(kKey, {directory, "rocmforge run", {}, {}});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.code() == Code::kUnavailable);
  const std::string& message = refused.status().message();
  CAPTURE(message);
  CHECK(message.starts_with("GPU 0000:03:00.0 is used by process " + std::to_string(holder.pid()) +
                            " (rocmforge chat, since 20"));
  CHECK(message.ends_with("): wait until it ends, end it, or wait longer with --lock-timeout"));
  const auto who = DeviceLock::holder(kKey, directory);
  REQUIRE(who.has_value());
  CHECK(who->pid == holder.pid());
  CHECK(who->command == "rocmforge chat");

  // Another device is another lock.
  CHECK(DeviceLock::acquire("0000:06:00.0", {directory, {}, {}, {}}).ok());

  holder.end();  // kill -9
  CHECK_FALSE(DeviceLock::holder(kKey, directory).has_value());
  CHECK(DeviceLock::acquire(kKey, {directory, {}, {}, {}}).ok());
}

TEST_CASE("device lock: waiting ends with the time, the holder, or when the user says so") {
  const test::Scratch scratch;
  const std::filesystem::path directory = scratch / "run";
  Holder holder(directory);
  const auto late = DeviceLock::acquire(kKey, {directory, {}, milliseconds(150), {}});
  CHECK(late.code() == Code::kUnavailable);
  CHECK(late.status().message().find("also after 0.15 s of waiting") != std::string::npos);

  int asked = 0;
  const auto stopped = DeviceLock::acquire(
      kKey, {directory, {}, milliseconds(600000), [&asked] { return ++asked == 2; }});
  CHECK(stopped.code() == Code::kCancelled);

  asked = 0;
  const auto waited =
      DeviceLock::acquire(kKey, {directory, {}, milliseconds(600000), [&asked, &holder] {
                                   if (++asked == 2) holder.end();
                                   return false;
                                 }});
  CHECK(waited.ok());
}

TEST_CASE("device lock: given back with the object, moved with it, and no child has it") {
  const test::Scratch scratch;
  const std::filesystem::path directory = scratch / "run";
  const LockOptions options = {directory, "one", {}, {}};
  auto first = DeviceLock::acquire(kKey, options);
  REQUIRE(first.ok());
  const auto second = DeviceLock::acquire(kKey, options);
  CHECK(second.status().message().find("is used by this process itself") != std::string::npos);
  // A child that was started while the lock was held, and outlives it.
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sleep", "sleep", "600", nullptr);
    _exit(127);
  }
  {
    DeviceLock moved = std::move(first).value();
    CHECK_FALSE(DeviceLock::acquire(kKey, options).ok());
    DeviceLock again = std::move(moved);
    CHECK_FALSE(DeviceLock::acquire(kKey, options).ok());
  }
  CHECK(test::read_file(directory / "gpu-0000:03:00.0.lock").empty());
  // Between fork() and execl() the child has a copy: it may take a moment.
  CHECK(DeviceLock::acquire(kKey, {directory, {}, milliseconds(60000), {}}).ok());
  CHECK(kill(child, 0) == 0);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("device lock: what a lock file says is checked") {
  const auto holder =
      parse_lock_holder("pid 12\ncommand rocmforge run\nsince 2026-11-21 11:20:05\n");
  REQUIRE(holder.has_value());
  CHECK(describe(*holder) == "process 12 (rocmforge run, since 2026-11-21 11:20:05)");
  for (const char* text :
       {"", "\n", "pid 12\n", "pid x\ncommand a\nsince b\n", "pid -1\ncommand a\nsince b\n",
        "pid 12 \ncommand a\nsince b\n", "pid 12\ncommand a\nsince b",
        "pid 12\ncommand a\nsince b\nc\n", "command a\npid 12\nsince b\n",
        "pid 99999999999999999999\ncommand a\nsince b\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_lock_holder(text).has_value());
  }
  CHECK(parse_lock_holder("pid 1\ncommand \x1b[2J\nsince x\n")->command == "\\x1b[2J");
  CHECK(parse_lock_holder("pid 1\ncommand " + std::string(500, 'a') + "\nsince x\n")
            ->command.size() == 100);
}

TEST_CASE("device lock: a file of nonsense is no obstacle, and no holder") {
  const test::Scratch scratch;
  const std::filesystem::path directory = scratch / "run";
  REQUIRE(prepare_directory(directory).ok());
  std::ofstream(directory / "gpu-0000:03:00.0.lock") << std::string(10000, '\xff');
  CHECK_FALSE(DeviceLock::holder(kKey, directory).has_value());
  const auto lock = DeviceLock::acquire(kKey, {directory, "me", {}, {}});
  REQUIRE(lock.ok());
  CHECK(test::read_file(directory / "gpu-0000:03:00.0.lock")
            .starts_with("pid " + std::to_string(getpid()) + "\ncommand me\nsince "));
}

TEST_CASE("device lock: only a folder of one's own is used") {
  const test::Scratch scratch;
  const std::filesystem::path directory = scratch / "run";
  REQUIRE(prepare_directory(directory).ok());
  REQUIRE(prepare_directory(directory).ok());
  struct stat info = {};
  REQUIRE(stat(directory.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777u) == 0700u);

  REQUIRE(chmod(directory.c_str(), 0770) == 0);
  const Status open = prepare_directory(directory);
  CHECK(open.code() == Code::kPermissionDenied);
  CHECK(open.message().find("with mode 770; it must be yours, with mode 700") != std::string::npos);
  const auto refused = DeviceLock::acquire(kKey, {directory, {}, {}, {}});
  CHECK(refused.code() == Code::kPermissionDenied);
  REQUIRE(chmod(directory.c_str(), 0700) == 0);

  std::filesystem::create_directory_symlink(directory, scratch / "link");
  CHECK(prepare_directory(scratch / "link").code() == Code::kFailedPrecondition);
  scratch.write("file", "");
  CHECK(prepare_directory(scratch / "file").code() == Code::kFailedPrecondition);
  CHECK(prepare_directory(scratch / "no/such").code() == Code::kUnavailable);
  // A link in the place of a lock file is not followed.
  std::filesystem::create_symlink(scratch / "file", directory / "gpu-0000:03:00.0.lock");
  CHECK(DeviceLock::acquire(kKey, {directory, {}, {}, {}}).code() == Code::kFailedPrecondition);
  if (getuid() == 0) {
    REQUIRE(chown(directory.c_str(), 12345, 12345) == 0);
    CHECK(prepare_directory(directory).message().find("belongs to user 12345") !=
          std::string::npos);
  } else {
    WARN("not root: a folder of another user was not tried");
  }
}

TEST_CASE("device lock: the user's runtime folder") {
  const test::Scratch scratch;
  const char* const before = std::getenv("XDG_RUNTIME_DIR");
  const std::string saved = before == nullptr ? "" : before;
  setenv("XDG_RUNTIME_DIR", scratch.path().c_str(), 1);
  CHECK(runtime_directory() == scratch / "rocmforge");
  const std::string fallback = "/tmp/rocmforge-" + std::to_string(getuid());
  for (const char* value : {"", "relative", "/no/such/folder"}) {
    setenv("XDG_RUNTIME_DIR", value, 1);
    CHECK(runtime_directory() == fallback);
  }
  unsetenv("XDG_RUNTIME_DIR");
  CHECK(runtime_directory() == fallback);
  if (before != nullptr) setenv("XDG_RUNTIME_DIR", saved.c_str(), 1);
}

}  // namespace
}  // namespace forge::safety
