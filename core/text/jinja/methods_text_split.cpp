// Methods of str that cut text into parts.
#include <fmt/format.h>

#include <algorithm>

#include "core/text/jinja/inspect.hpp"
#include "core/text/jinja/methods_text.hpp"
#include "core/text/jinja/parameters.hpp"
#include "core/text/jinja/search.hpp"
#include "core/text/jinja/unicode.hpp"

namespace forge::jinja {
namespace {

// Collects parts of a text into a list.
class Parts {
 public:
  Parts(Runtime& runtime, const Text& text)
      : runtime_(runtime), text_(text), list_(runtime.heap.list()) {}
  void add(std::size_t first, std::size_t last) {
    runtime_.step();
    list_.as_items().push_back(runtime_.heap.slice(text_, first, last - first));
  }
  Value reversed() {
    std::reverse(list_.as_items().begin(), list_.as_items().end());
    return list_;
  }
  Value list() const { return list_; }

 private:
  Runtime& runtime_;
  const Text& text_;
  Value list_;
};

Value split_at(Runtime& rt, const Text& text, std::string_view separator, std::uint64_t most) {
  Parts parts(rt, text);
  std::size_t begin = 0;
  for (; most > 0; --most) {
    const std::size_t at = find_text(text.view(), separator, begin);
    if (at == std::string_view::npos) break;
    parts.add(begin, at);
    begin = at + separator.size();
  }
  parts.add(begin, text.size);
  return parts.list();
}

Value rsplit_at(Runtime& rt, const Text& text, std::string_view separator, std::uint64_t most) {
  Parts parts(rt, text);
  std::size_t end = text.size;
  for (; most > 0; --most) {
    const std::size_t at = find_last_text(text.view().substr(0, end), separator);
    rt.step(1 + (separator.size() > 16 ? end / 64 : 0));
    if (at == std::string_view::npos) break;
    parts.add(at + separator.size(), end);
    end = at;
  }
  parts.add(0, end);
  return parts.reversed();
}

bool space_at(std::string_view text, std::size_t offset, std::size_t& size) {
  const unicode::Character c = unicode::decode(text, offset);
  size = c.size;
  return unicode::is_space(c.code);
}

Value split_words(Runtime& rt, const Text& text, std::uint64_t most) {
  Parts parts(rt, text);
  const std::string_view view = text.view();
  std::size_t size = 0;
  for (std::size_t at = 0;;) {
    while (at < view.size() && space_at(view, at, size)) at += size;
    if (at >= view.size()) break;
    if (most == 0) {
      parts.add(at, view.size());  // what is left is one part, with the space in it and behind it
      break;
    }
    --most;
    const std::size_t begin = at;
    while (at < view.size() && !space_at(view, at, size)) at += size;
    parts.add(begin, at);
  }
  return parts.list();
}

Value rsplit_words(Runtime& rt, const Text& text, std::uint64_t most) {
  Parts parts(rt, text);
  const std::string_view view = text.view();
  const auto before = [&](std::size_t end, bool space) {
    const unicode::Character c = unicode::decode_before(view, end);
    return unicode::is_space(c.code) == space ? c.size : 0;
  };
  for (std::size_t end = view.size();;) {
    std::size_t size = 0;
    while (end > 0 && (size = before(end, true)) > 0) end -= size;
    if (end == 0) break;
    if (most == 0) {
      parts.add(0, end);
      break;
    }
    --most;
    const std::size_t last = end;
    while (end > 0 && (size = before(end, false)) > 0) end -= size;
    parts.add(end, last);
  }
  return parts.reversed();
}

Value split_any(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                bool backwards) {
  const Parameters parameters(method, args, {"sep", "maxsplit"}, 0);
  const std::int64_t limit = parameters.has(1) ? to_index(rt, parameters[1]) : -1;
  const std::uint64_t most = limit < 0 ? UINT64_MAX : static_cast<std::uint64_t>(limit);
  const Text& text = self.as_text();
  rt.step_bytes(text.size);
  if (!parameters.is_set(0)) {
    return backwards ? rsplit_words(rt, text, most) : split_words(rt, text, most);
  }
  if (!parameters[0].is_text()) {
    fail(fmt::format("must be str or None, not {}", type_name(parameters[0])));
  }
  const std::string_view separator = parameters[0].as_view();
  if (separator.empty()) fail("empty separator");
  return backwards ? rsplit_at(rt, text, separator, most) : split_at(rt, text, separator, most);
}

Value partition_at(Runtime& rt, const Value& self, const Arguments& args, std::string_view method,
                   bool backwards) {
  expect_positional(method, args, 1, 1);
  const Text& text = self.as_text();
  const Text& separator = text_argument(args.positional[0]);
  if (separator.size == 0) fail("empty separator");
  rt.step_bytes(text.size);
  const std::size_t at = backwards ? find_last_text(text.view(), separator.view())
                                   : find_text(text.view(), separator.view());
  Heap& heap = rt.heap;
  if (at == std::string_view::npos) {
    const Value empty = heap.slice(text, 0, 0);
    return backwards ? heap.tuple({empty, empty, self}) : heap.tuple({self, empty, empty});
  }
  const std::size_t end = at + separator.size;
  return heap.tuple({heap.slice(text, 0, at), heap.slice(text, at, separator.size),
                     heap.slice(text, end, text.size - end)});
}

}  // namespace

Value text_split(Runtime& rt, const Value& self, const Arguments& args) {
  return split_any(rt, self, args, "split", false);
}

Value text_rsplit(Runtime& rt, const Value& self, const Arguments& args) {
  return split_any(rt, self, args, "rsplit", true);
}

Value text_splitlines(Runtime& rt, const Value& self, const Arguments& args) {
  const Parameters parameters("splitlines", args, {"keepends"}, 0);
  const bool keep = parameters.has(0) && is_true(rt, parameters[0]);
  rt.step_bytes(self.as_text().size);
  Parts parts(rt, self.as_text());
  for (const Line& line : lines_of(self.as_view())) {
    parts.add(line.begin, keep ? line.next : line.end);
  }
  return parts.list();
}

Value text_partition(Runtime& rt, const Value& self, const Arguments& args) {
  return partition_at(rt, self, args, "partition", false);
}

Value text_rpartition(Runtime& rt, const Value& self, const Arguments& args) {
  return partition_at(rt, self, args, "rpartition", true);
}

Value text_removeprefix(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("removeprefix", args, 1, 1);
  const std::string_view prefix =
      text_argument(args.positional[0], "removeprefix() argument ").view();
  if (!self.as_view().starts_with(prefix)) return self;
  return rt.heap.slice(self.as_text(), prefix.size(), self.as_text().size - prefix.size());
}

Value text_removesuffix(Runtime& rt, const Value& self, const Arguments& args) {
  expect_positional("removesuffix", args, 1, 1);
  const std::string_view suffix =
      text_argument(args.positional[0], "removesuffix() argument ").view();
  if (!self.as_view().ends_with(suffix)) return self;
  return rt.heap.slice(self.as_text(), 0, self.as_text().size - suffix.size());
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin, next = text.size();
    for (; end < text.size();) {
      const unicode::Character c = unicode::decode(text, end);
      if (unicode::is_line_break(c.code)) {
        next = end + c.size;
        if (c.code == '\r' && next < text.size() && text[next] == '\n') ++next;
        break;
      }
      end += c.size;
    }
    out.push_back({begin, end, next});
    begin = next;
  }
  return out;
}

}  // namespace forge::jinja
