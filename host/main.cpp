// rocmforge: the command line program.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "host/cli/command.hpp"

int main(int argc, char** argv) try {
  CLI::App app("Runs large language models from GGUF files through plugins", "rocmforge");
  forge::cli::Program program(app);
  forge::cli::add_all_commands(app, program);
  return program.run(argc, argv);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return forge::cli::kExitError;
}
