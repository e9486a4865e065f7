#include "core/plugin/probe_cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::plugin {
namespace {

namespace fs = std::filesystem;

class Fixture {
 public:
  Fixture() : library(scratch_.write("x.so", "library")) {}

  ProbeCache cache(const std::string& boot = "boot-1", const std::string& host = "host-1") const {
    return {directory(), boot, host};
  }
  fs::path directory() const { return scratch_ / "cache/probe"; }
  fs::path only_entry() const { return fs::directory_iterator(directory())->path(); }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory()), fs::directory_iterator()));
  }

 private:
  test::Scratch scratch_;

 public:
  fs::path library;
};

TEST_CASE("a pass is remembered until it is forgotten") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  CHECK_FALSE(f.cache().passed(f.library, identity));
  f.cache().remember(f.library, identity);
  CHECK(f.cache().passed(f.library, identity));
  f.cache().forget(f.library);
  CHECK_FALSE(f.cache().passed(f.library, identity));
  f.cache().forget(f.library);
}

TEST_CASE("another boot, another program or a changed library is another case") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  f.cache().remember(f.library, identity);
  CHECK_FALSE(f.cache("boot-2").passed(f.library, identity));
  CHECK_FALSE(f.cache("boot-1", "host-2").passed(f.library, identity));

  std::ofstream(f.library) << "another library";
  CHECK(identify_file(f.library) != identity);
  CHECK_FALSE(f.cache().passed(f.library, identify_file(f.library)));
}

TEST_CASE("a library replaced by one of equal size and time is another case") {
  const Fixture f;
  const fs::file_time_type time = fs::last_write_time(f.library);
  const std::string identity = identify_file(f.library);
  const fs::path other = f.library.parent_path() / "y.so";
  std::ofstream(other) << "librarz";
  fs::rename(other, f.library);
  fs::last_write_time(f.library, time);
  CHECK(identify_file(f.library) != identity);
}

TEST_CASE("damage of any kind reads as not there") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  f.cache().remember(f.library, identity);
  const fs::path entry = f.only_entry();
  const std::string sound = test::read_file(entry);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    std::ofstream(entry, std::ios::binary) << damaged;
    CHECK_FALSE(f.cache().passed(f.library, identity));
    std::ofstream(entry, std::ios::binary) << sound.substr(0, i);
    CHECK_FALSE(f.cache().passed(f.library, identity));
  }
  std::ofstream(entry, std::ios::binary) << sound << "more";
  CHECK_FALSE(f.cache().passed(f.library, identity));
  std::ofstream(entry, std::ios::binary) << std::string(100000, 'x');
  CHECK_FALSE(f.cache().passed(f.library, identity));
  f.cache().remember(f.library, identity);
  CHECK(f.cache().passed(f.library, identity));
}

TEST_CASE("links, folders and FIFOs in the place of an entry do no harm") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  f.cache().remember(f.library, identity);
  const fs::path entry = f.only_entry();
  const fs::path elsewhere = f.directory().parent_path() / "elsewhere";
  fs::rename(entry, elsewhere);
  fs::create_symlink(elsewhere, entry);
  CHECK_FALSE(f.cache().passed(f.library, identity));
  f.cache().forget(f.library);
  CHECK(fs::exists(elsewhere));
  REQUIRE(mkfifo(entry.c_str(), 0600) == 0);
  CHECK_FALSE(f.cache().passed(f.library, identity));
  f.cache().forget(f.library);
  fs::create_directory(entry);
  f.cache().remember(f.library, identity);
  CHECK_FALSE(f.cache().passed(f.library, identity));
}

TEST_CASE("without a place or a boot id nothing is remembered and nothing breaks") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  const ProbeCache nowhere("", "boot-1", "host-1");
  nowhere.remember(f.library, identity);
  CHECK_FALSE(nowhere.passed(f.library, identity));
  const ProbeCache timeless(f.directory(), "", "host-1");
  timeless.remember(f.library, identity);
  CHECK_FALSE(timeless.passed(f.library, identity));
  const ProbeCache blocked(f.library / "below a file", "boot-1", "host-1");
  blocked.remember(f.library, identity);
  CHECK_FALSE(blocked.passed(f.library, identity));
  CHECK(identify_file("/no/such/file").empty());
  f.cache().remember("/no/such/file", "");
  CHECK_FALSE(f.cache().passed("/no/such/file", ""));
}

TEST_CASE("entries of earlier boots go, files of others stay") {
  const Fixture f;
  const fs::path other = f.library.parent_path() / "z.so";
  std::ofstream(other) << "z";
  f.cache("boot-0").remember(other, identify_file(other));
  std::ofstream(f.directory() / "notes.txt") << "mine";
  std::ofstream(f.directory() / "0123456789abcdef.XyZ123") << "half written";
  CHECK(f.entries() == 3);
  f.cache("boot-1").remember(f.library, identify_file(f.library));
  CHECK(f.entries() == 3);  // the old entry is gone, the file being written by somebody is not
  CHECK(fs::exists(f.directory() / "notes.txt"));
  CHECK_FALSE(f.cache("boot-0").passed(other, identify_file(other)));
}

TEST_CASE("many writers and readers at once see whole entries or none") {
  const Fixture f;
  const std::string identity = identify_file(f.library);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, &identity, t] {
      const ProbeCache cache = f.cache();
      for (int i = 0; i < 100; ++i) {
        if (t == 0 && i % 10 == 0) cache.forget(f.library);
        cache.remember(f.library, identity);
        static_cast<void>(cache.passed(f.library, identity));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(f.cache().passed(f.library, identity));
  CHECK(f.entries() == 1);
}

TEST_CASE("the folder is private and where the user's caches are") {
  const Fixture f;
  f.cache().remember(f.library, identify_file(f.library));
  struct stat info = {};
  REQUIRE(stat(f.directory().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777u) == 0700u);

  setenv("XDG_CACHE_HOME", "/tmp/x", 1);
  CHECK(user_cache_directory("probe") == "/tmp/x/rocmforge/probe");
  setenv("XDG_CACHE_HOME", "relative", 1);
  setenv("HOME", "/home/u", 1);
  CHECK(user_cache_directory("probe") == "/home/u/.cache/rocmforge/probe");
  unsetenv("HOME");
  CHECK(user_cache_directory("probe").empty());
  CHECK_FALSE(current_boot_id().empty());
}

}  // namespace
}  // namespace forge::plugin
