// core/text/jinja/frame.hpp: the variables of one scope during a rendering.
#ifndef FORGE_CORE_TEXT_JINJA_FRAME_HPP_
#define FORGE_CORE_TEXT_JINJA_FRAME_HPP_

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/value.hpp"

namespace forge::jinja {

// On the Heap, because a macro keeps the frame it was defined in. Values that were never set are
// missing.
struct Frame {
  Frame* parent = nullptr;  // the scope around, in the template's text
  Value* values = nullptr;  // as many as the layout has slots

  Value& at(VariableRef ref) {
    Frame* frame = this;
    for (std::uint32_t i = 0; i < ref.hops; ++i) frame = frame->parent;
    return frame->values[ref.slot];
  }
};

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_FRAME_HPP_
