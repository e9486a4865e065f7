#include "core/device/sysfs.hpp"

#include <sys/stat.h>

#include "tests/catch.hpp"
#include "tests/support/scratch.hpp"

namespace forge::device {
namespace {

TEST_CASE("numbers in the kernel's spelling are read, others are not") {
  CHECK(*parse_number("110000") == 110000);
  CHECK(*parse_number(" 7\n") == 7);
  CHECK(*parse_number("0x1002") == 0x1002);
  CHECK(*parse_number("18446744073709551615") == ~std::uint64_t{0});
  for (const char* bad : {"", " ", "-1", "+1", "0x", "12 monkeys", "18446744073709551616", "1e3"})
    CHECK(parse_number(bad).code() == Code::kDataLoss);
}

TEST_CASE("files are read below the root, with reasons when they are not") {
  const test::Scratch scratch;
  scratch.write("sys/value", "42\n");
  scratch.write("sys/text", "two\nlines\n");
  const KernelFiles files(scratch.path());
  CHECK(*files.read_number("/sys/value") == 42);
  CHECK(*files.read("/sys/text") == "two\nlines");
  CHECK(files.read("/sys/none").status().message() ==
        "cannot read /sys/none: No such file or directory");
  CHECK(files.read("/sys/none").code() == Code::kNotFound);
  CHECK(files.read("/sys/value/below").code() == Code::kNotFound);
  CHECK(files.read("/sys").code() == Code::kUnavailable);
  CHECK(files.read_number("/sys/text").status().message() ==
        "/sys/text: 'two\\nlines' is not a whole number");
}

TEST_CASE("a FIFO in a recording does not block and an endless file is cut") {
  const test::Scratch scratch;
  REQUIRE(mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  CHECK(*KernelFiles(scratch.path()).read("/fifo") == "");
  CHECK(KernelFiles().read("/dev/zero")->size() == 64 * 1024);
}

TEST_CASE("directories are listed in natural order") {
  const test::Scratch scratch;
  for (const char* name : {"nodes/10/x", "nodes/9/x", "nodes/b/x", "nodes/0/x"})
    scratch.write(name, "");
  const KernelFiles files(scratch.path());
  CHECK(*files.list("/nodes") == std::vector<std::string>{"0", "9", "10", "b"});
  CHECK(files.list("/none").code() == Code::kNotFound);
}

TEST_CASE("links resolve to paths below the root and never out of it") {
  const test::Scratch scratch;
  scratch.write("sys/devices/pci/03/vendor", "0x1002\n");
  std::filesystem::create_directories(scratch / "sys/class");
  std::filesystem::create_symlink("../devices/pci/03", scratch / "sys/class/card");
  std::filesystem::create_symlink("/etc", scratch / "sys/class/out");
  const KernelFiles files(scratch.path());
  CHECK(files.resolve("/sys/class/card") == "/sys/devices/pci/03");
  CHECK(files.resolve("/sys/class/out").empty());
  CHECK(files.resolve("/sys/class/none").empty());
}

}  // namespace
}  // namespace forge::device
