// tests/support/pty.hpp: a program at a terminal.
#ifndef FORGE_TESTS_SUPPORT_PTY_HPP_
#define FORGE_TESTS_SUPPORT_PTY_HPP_

#include <pty.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forge::test {

// Types what it is told to and reads what comes. Killed when it goes out of scope.
class Pty {
 public:
  Pty(const std::vector<std::string>& arguments,
      const std::map<std::string, std::string>& variables) {
    std::vector<char*> argv;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    pid_ = forkpty(&fd_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  ~Pty() {
    if (pid_ > 0 && !ended_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    if (fd_ >= 0) close(fd_);
  }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;

  // False where the system has no terminals to give, as in some containers.
  bool ok() const { return pid_ > 0; }

  void type(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = write(fd_, text.data(), text.size());
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // Reads until `text` has come after what earlier calls found; false when it does not within the
  // time, or the program ends before.
  bool wait_for(std::string_view text, int milliseconds = 20000) {
    for (;;) {
      const std::size_t at = screen_.find(text, seen_);
      if (at != std::string::npos) {
        seen_ = at + text.size();
        return true;
      }
      if (!read_more(milliseconds)) return false;
    }
  }

  // Reads to the end; the exit code, 128 + N for a signal, -1 when it does not end.
  int wait_for_end(int milliseconds = 20000) {
    while (read_more(milliseconds)) {
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == 0) {
      usleep(200000);
      if (waitpid(pid_, &status, WNOHANG) == 0) return -1;
    }
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string& screen() const { return screen_; }

 private:
  bool read_more(int milliseconds) {
    pollfd wait = {fd_, POLLIN, 0};
    if (poll(&wait, 1, milliseconds) <= 0) return false;
    char buffer[4096];
    const ssize_t n = read(fd_, buffer, sizeof(buffer));  // EIO: the other side is closed
    if (n <= 0) return false;
    screen_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  pid_t pid_ = -1;
  int fd_ = -1;
  bool ended_ = false;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace forge::test

#endif  // FORGE_TESTS_SUPPORT_PTY_HPP_
