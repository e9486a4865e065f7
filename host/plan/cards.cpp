#include "host/plan/cards.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string>

#include "core/base/quote.hpp"
#include "core/base/suggest.hpp"

namespace forge::plan {
namespace {

// "AMD Radeon RX 9070 XT" is "9070xt".
std::string id_of(std::string_view name) {
  std::string id;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const std::string_view prefix : {"amd", "radeon", "rx", "pro", "aipro"}) {
    if (id.starts_with(prefix)) id.erase(0, prefix.size());
  }
  return id;
}

}  // namespace

Result<Card> find_card(std::string_view name) {
  const std::string id = id_of(name.substr(0, 64));
  std::array<std::string_view, kCards.size()> ids;
  std::string list;
  for (std::size_t i = 0; i < kCards.size(); ++i) {
    if (kCards[i].id == id) return kCards[i];
    ids[i] = kCards[i].id;
    list += fmt::format("{}{}", i == 0 ? "" : ", ", ids[i]);
  }
  return not_found(fmt::format("card {} is not known{}; known are {}", quote(name),
                               did_you_mean(id, ids), list));
}

}  // namespace forge::plan
