#include "core/text/tokenizer/pre_tokenizer.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <new>
#include <string>

#include "core/base/log.hpp"

namespace forge::text {
namespace {

// The interpreter keeps its backtracking points on the heap; the patterns need some for a repeat,
// not for each of its characters.
constexpr std::uint32_t kHeapLimitKib = 256 * 1024;

std::string pcre2_message(int error) {
  PCRE2_UCHAR buffer[256];
  if (pcre2_get_error_message(error, buffer, sizeof buffer) < 0) return fmt::format("{}", error);
  return {reinterpret_cast<const char*>(buffer)};
}

}  // namespace

void PreTokenizer::DeleteCode::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }

void PreTokenizer::DeleteContext::operator()(pcre2_real_match_context_8* context) const {
  pcre2_match_context_free(context);
}

void PreTokenizer::Scratch::Delete::operator()(pcre2_real_match_data_8* data) const {
  pcre2_match_data_free(data);
}

// One pair of offsets: only the whole match matters.
PreTokenizer::Scratch::Scratch(const PreTokenizer&) : match_(pcre2_match_data_create(1, nullptr)) {
  if (!match_) throw std::bad_alloc();
}

Result<PreTokenizer> PreTokenizer::create(const PreTokenizerSpec& spec, Engine engine) {
  PreTokenizer made;
  made.context_.reset(pcre2_match_context_create(nullptr));
  if (!made.context_) return resource_exhausted("out of memory");
  // The default of 10 million steps is less than what one run of whitespace may need.
  pcre2_set_match_limit(made.context_.get(), UINT32_MAX);
  pcre2_set_depth_limit(made.context_.get(), UINT32_MAX);
  pcre2_set_heap_limit(made.context_.get(), kHeapLimitKib);
  made.compiled_ = true;
  for (const std::string_view pattern : spec.patterns) {
    FORGE_TRY(made.add_pattern(pattern, engine)
                  .with_prefix(fmt::format("pre-tokenizer '{}': ", spec.name)));
  }
  return made;
}

Status PreTokenizer::add_pattern(std::string_view pattern, Engine engine) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
  if (!code) {
    return internal_error(fmt::format("the pattern '{}' is not accepted at byte {}: {}", pattern,
                                      offset, pcre2_message(error)));
  }
  const int jit = engine == Engine::kCompiled ? pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE)
                                              : PCRE2_ERROR_JIT_BADOPTION;
  if (jit != 0) {
    if (engine == Engine::kCompiled && compiled_) {
      log::get("text").info(
          "PCRE2 cannot compile patterns to machine code here ({}); tokenizing is "
          "slower without",
          pcre2_message(jit));
    }
    compiled_ = false;
  }
  patterns_.push_back(std::move(code));
  return {};
}

Result<std::span<const std::size_t>> PreTokenizer::split(std::string_view text,
                                                         Scratch& scratch) const {
  scratch.ends_.clear();
  if (text.empty()) return std::span<const std::size_t>();
  scratch.ends_.push_back(text.size());
  for (const Code& pattern : patterns_) {
    scratch.pieces_.swap(scratch.ends_);
    scratch.ends_.clear();
    std::size_t begin = 0;
    for (const std::size_t end : scratch.pieces_) {
      FORGE_TRY(split_piece(pattern.get(), text, begin, end, scratch, scratch.ends_));
      begin = end;
    }
  }
  return std::span<const std::size_t>(scratch.ends_);
}

Status PreTokenizer::split_piece(const pcre2_real_code_8* code, std::string_view text,
                                 std::size_t begin, std::size_t end, Scratch& scratch,
                                 std::vector<std::size_t>& ends) const {
  const std::string_view subject = text.substr(begin, end - begin);
  const PCRE2_SIZE* found = pcre2_get_ovector_pointer(scratch.match_.get());
  std::size_t done = 0;
  while (done < subject.size()) {
    const int result = match(code, subject, done, scratch);
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) {
      return resource_exhausted(fmt::format("cutting a text of {} bytes into words failed: {}",
                                            subject.size(), pcre2_message(result)));
    }
    if (found[0] > done) ends.push_back(begin + found[0]);
    ends.push_back(begin + found[1]);
    done = found[1];
  }
  if (done < subject.size()) ends.push_back(end);
  return {};
}

// All patterns match at least one character, so that every match makes progress.
int PreTokenizer::match(const pcre2_real_code_8* code, std::string_view subject, std::size_t from,
                        Scratch& scratch) const {
  const auto* data = reinterpret_cast<PCRE2_SPTR>(subject.data());
  if (compiled_) {
    const int result = pcre2_jit_match(code, data, subject.size(), from, PCRE2_NO_UTF_CHECK,
                                       scratch.match_.get(), context_.get());
    if (result != PCRE2_ERROR_JIT_STACKLIMIT) return result;
  }
  return pcre2_match(code, data, subject.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                     scratch.match_.get(), context_.get());
}

}  // namespace forge::text
