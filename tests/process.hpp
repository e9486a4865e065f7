// tests/process.hpp: runs a program and keeps what it said.
#ifndef FORGE_TESTS_PROCESS_HPP_
#define FORGE_TESTS_PROCESS_HPP_

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forge::test {

struct Finished {
  int exit_code = -1;  // 128 + N when signal N ended it
  std::string out;
  std::string err;
};

struct Start {
  std::vector<std::string> arguments;              // [0] is the program, looked for in PATH
  std::map<std::string, std::string> environment;  // on top of this process's
  std::string input;                               // its standard input
};

// Waits for the end. A program that cannot be started ends with 127.
Finished run(const Start& start);

// A shell command line.
Finished shell(const std::string& command);

// A folder of its own for a test, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // The path of something in it, which need not be there.
  std::string in(std::string_view name) const { return path_ + '/' + std::string(name); }
  // Writes a file below it (and the folders it needs); returns its path.
  std::string file(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace forge::test

#endif  // FORGE_TESTS_PROCESS_HPP_
