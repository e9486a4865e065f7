#include "core/base/child_process.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <utility>

#include "core/base/quote.hpp"

namespace forge {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a killed process may take to go. Longer: it waits for a device and cannot be killed.
constexpr milliseconds kKillLimit{2000};

// Without pidfd_open (Linux before 5.3, strict containers) the child is asked this often.
constexpr milliseconds kPollInterval{10};

// How often ChildOptions::stop is asked.
constexpr milliseconds kStopInterval{50};

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

// Both ends above the numbers that the child's files get, so that none overwrites another.
Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return resource_exhausted(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const Descriptor low_read(ends[0]);
  const Descriptor low_write(ends[1]);
  Pipe pipe{Descriptor(fcntl(ends[0], F_DUPFD_CLOEXEC, kReportDescriptor + 1)),
            Descriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, kReportDescriptor + 1))};
  if (pipe.read.get() < 0 || pipe.write.get() < 0 ||
      fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) {
    return resource_exhausted(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  return pipe;
}

// posix_spawn's two records, freed with the object.
class SpawnPlan {
 public:
  SpawnPlan(int report, int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files_, report, kReportDescriptor);
    posix_spawn_file_actions_addclosefrom_np(&files_, kReportDescriptor + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0 or an errno.
  int spawn(const ChildOptions& options, pid_t* pid) const {
    std::string program = options.program.string();
    std::vector<std::string> arguments = options.arguments;
    std::vector<char*> argv = {program.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    return posix_spawn(pid, program.c_str(), &files_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

// One running child: collects what it writes until it ends.
class Watch {
 public:
  Watch(pid_t pid, Descriptor report, Descriptor output, const ChildOptions& options)
      : pid_(pid),
        pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))),
        report_(std::move(report)),
        output_(std::move(output)),
        options_(options) {}

  ChildEnd run() {
    deadline_ = Clock::now() + options_.limit;
    const bool ended = wait(options_.stop);
    ending_ = true;
    if (!ended) {
      end_.ending = deadline_ <= Clock::now() ? Ending::kTimedOut : Ending::kStopped;
      ask_to_end();
    }
    kill(-pid_, SIGKILL);  // the child, if it still runs, and whatever it started
    if (!ended) {
      deadline_ = Clock::now() + kKillLimit;
      if (!wait({})) end_.ending = Ending::kUnstoppable;
    }
    read_all();
    if (end_.ending != Ending::kUnstoppable) reap();
    return std::move(end_);
  }

 private:
  // Until the deadline, or until `stop` says so. True when the child has ended (it is not reaped
  // yet, so its number stays taken).
  bool wait(const std::function<bool()>& stop) {
    while (!has_ended()) {
      auto left =
          std::chrono::ceil<milliseconds>(std::max(deadline_ - Clock::now(), Clock::duration(0)));
      if (left.count() == 0 || (stop && stop())) return false;
      if (stop) left = std::min(left, kStopInterval);
      wait_for_events(pidfd_.get() >= 0 ? left : std::min(left, kPollInterval));
    }
    return true;
  }

  void ask_to_end() {
    if (options_.grace.count() == 0) return;
    kill(-pid_, SIGTERM);
    deadline_ = Clock::now() + options_.grace;
    wait({});
  }

  bool has_ended() const {
    siginfo_t info = {};
    const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == pid_ || (result != 0 && errno == ECHILD);
  }

  void wait_for_events(milliseconds limit) {
    std::array<pollfd, 3> fds = {{{report_.get(), POLLIN, 0},
                                  {output_.get(), POLLIN, 0},
                                  {pidfd_.get(), POLLIN, 0}}};  // negative ones are ignored
    poll(fds.data(), fds.size(), static_cast<int>(std::min<std::int64_t>(limit.count(), 60000)));
    read_all();
  }

  void read_all() {
    drain(report_, [this](std::string_view text) {
      end_.report.append(text.substr(0, options_.max_report - end_.report.size()));
      if (!options_.on_report) return;
      const auto limit = options_.on_report(text);
      if (limit && !ending_) deadline_ = Clock::now() + *limit;
    });
    drain(output_, [this](std::string_view text) {
      end_.output.append(text);
      if (end_.output.size() > options_.max_output) {
        end_.output.erase(0, end_.output.size() - options_.max_output);
      }
    });
  }

  // Takes what is there, at most 1 MiB at a time: a child that never stops writing must not keep us
  // from looking at the clock.
  template <class Take>
  static void drain(Descriptor& fd, Take take) {
    std::array<char, 4096> buffer;
    for (int i = 0; i < 256 && fd.get() >= 0; ++i) {
      const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
      if (n > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
      } else if (n < 0 && errno == EINTR) {
        continue;
      } else if (n < 0 && errno == EAGAIN) {
        return;
      } else {
        fd.reset();  // end of file: poll() would report it for ever
      }
    }
  }

  void reap() {
    int status = 0;
    pid_t result = 0;
    do {
      result = waitpid(pid_, &status, 0);
    } while (result < 0 && errno == EINTR);
    // Somebody ignores SIGCHLD and the kernel has thrown the status away: then the report decides.
    if (result != pid_ || end_.ending != Ending::kExited) return;
    if (WIFSIGNALED(status)) {
      end_.ending = Ending::kSignalled;
      end_.code = WTERMSIG(status);
    } else {
      end_.code = WEXITSTATUS(status);
    }
  }

  pid_t pid_;
  Descriptor pidfd_;
  Descriptor report_;
  Descriptor output_;
  const ChildOptions& options_;
  Clock::time_point deadline_;
  bool ending_ = false;  // the limit has run out, or the child ended
  ChildEnd end_;
};

Result<ChildEnd> spawn_and_watch(const ChildOptions& options) {
  FORGE_ASSIGN(Pipe report, make_pipe());
  FORGE_ASSIGN(Pipe output, make_pipe());
  pid_t pid = 0;
  const int error = SpawnPlan(report.write.get(), output.write.get()).spawn(options, &pid);
  if (error != 0) {
    return unavailable(fmt::format("cannot start {}: {}", quote(options.program.native(), 4096),
                                   std::strerror(error)));
  }
  report.write.reset();
  output.write.reset();
  return Watch(pid, std::move(report.read), std::move(output.read), options).run();
}

}  // namespace

Result<ChildEnd> run_child(const ChildOptions& options) {
  try {
    return spawn_and_watch(options);
  } catch (const std::exception& error) {
    return resource_exhausted(
        fmt::format("cannot run {}: {}", quote(options.program.native(), 4096), error.what()));
  }
}

std::string signal_name(int number) {
  const char* const name = sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

}  // namespace forge
