// core/text/jinja/parser_nodes.hpp: how the parser bounds the trees it builds.
#ifndef FORGE_CORE_TEXT_JINJA_PARSER_NODES_HPP_
#define FORGE_CORE_TEXT_JINJA_PARSER_NODES_HPP_

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/text/jinja/limits.hpp"
#include "core/text/jinja/parser.hpp"

namespace forge::jinja {

// Counts expressions inside expressions while they are parsed.
class Parser::Depth {
 public:
  explicit Depth(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > kMaxExpressionDepth) {
      fail_limit(fmt::format("expressions are nested more than {} deep", kMaxExpressionDepth),
                 parser_.current_.offset);
    }
  }
  ~Depth() { --parser_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Parser& parser_;
};

template <class Node>
ExpressionPtr Parser::finish(std::unique_ptr<Node> node, int height) {
  node->height = height + 1;
  if (node->height > kMaxExpressionHeight) {
    fail_limit(fmt::format("an expression chains more than {} operations", kMaxExpressionHeight),
               node->offset);
  }
  return node;
}

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_PARSER_NODES_HPP_
