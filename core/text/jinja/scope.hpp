// core/text/jinja/scope.hpp: decides which variable every name of a template means.
//
// Follows jinja2's compiler to the letter, for templates depend on it: what a scope reads before
// it sets is copied from outside when the scope is entered, what it sets first is not there until
// then, and a variable that the template sets anywhere at the top level hides the rendering's
// variable of that name from loops and macros even before.
#ifndef FORGE_CORE_TEXT_JINJA_SCOPE_HPP_
#define FORGE_CORE_TEXT_JINJA_SCOPE_HPP_

#include "core/text/jinja/ast.hpp"

namespace forge::jinja {

// Fills in the references and frame layouts of a parsed program.
void resolve_scopes(Program& program);

}  // namespace forge::jinja

#endif  // FORGE_CORE_TEXT_JINJA_SCOPE_HPP_
