#include "core/state/block_pool.hpp"

#include <map>
#include <random>
#include <set>

#include "tests/catch.hpp"

namespace forge::state {
namespace {

TEST_CASE("block pool: the lowest number first, each once, then no more") {
  BlockPool pool(3);
  CHECK(*pool.allocate() == 0);
  CHECK(*pool.allocate() == 1);
  CHECK(*pool.allocate() == 2);
  CHECK(pool.n_free() == 0);
  const auto none = pool.allocate();
  CHECK(none.code() == Code::kResourceExhausted);
  CHECK(none.status().message().find("all 3 KV blocks") != std::string::npos);
  pool.release(1);
  CHECK(*pool.allocate() == 1);
}

TEST_CASE("block pool: shared until the last owner but one has gone") {
  BlockPool pool(1);
  const std::uint32_t block = *pool.allocate();
  CHECK_FALSE(pool.shared(block));
  pool.share(block);
  pool.share(block);
  CHECK(pool.shared(block));
  pool.release(block);
  CHECK(pool.shared(block));
  pool.release(block);
  CHECK_FALSE(pool.shared(block));
  CHECK(pool.n_free() == 0);
  pool.release(block);
  CHECK(pool.n_free() == 1);
}

TEST_CASE("block pool: an empty one") { CHECK_FALSE(BlockPool(0).allocate().ok()); }

TEST_CASE("block pool: random use against a plain count of owners") {
  std::mt19937 random(1);
  BlockPool pool(20);
  std::map<std::uint32_t, std::uint32_t> owners;
  for (int i = 0; i < 20000; ++i) {
    const auto any = [&] {
      auto it = owners.begin();
      std::advance(it, random() % owners.size());
      return it;
    };
    switch (random() % 3) {
      case 0: {
        const auto block = pool.allocate();
        REQUIRE(block.ok() == (owners.size() < 20));
        if (block.ok()) {
          REQUIRE(owners.count(*block) == 0);
          owners[*block] = 1;
        }
        break;
      }
      case 1:
        if (!owners.empty()) {
          const auto it = any();
          pool.share(it->first);
          ++it->second;
        }
        break;
      default:
        if (!owners.empty()) {
          const auto it = any();
          pool.release(it->first);
          if (--it->second == 0) owners.erase(it);
        }
    }
    REQUIRE(pool.n_free() == 20 - owners.size());
    for (const auto& [block, n] : owners) REQUIRE(pool.shared(block) == (n > 1));
  }
}

}  // namespace
}  // namespace forge::state
