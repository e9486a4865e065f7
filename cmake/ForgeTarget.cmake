# What every target of this project is compiled with: warnings as a named list, hidden symbols, the
# sanitizer of the build. Baseline x86-64 everywhere; a kernel file asks for more by itself.

set(FORGE_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wcast-qual -Wformat=2
    -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Wunused)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Misjudges moved std::optional and std::variant (GCC bug 80635); clang's analyzer does this check.
  # And what it has inlined of fmt and of std::string, of which it thinks that it runs over.
  list(APPEND FORGE_WARNINGS -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Warns of std::string's own copies (GCC bug 105651).
    list(APPEND FORGE_WARNINGS -Wno-restrict)
  endif()
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's own std::stable_sort calls a function that it has marked as deprecated.
  list(APPEND FORGE_WARNINGS -Wno-deprecated-declarations)
endif()

set(FORGE_SANITIZE_FLAGS "")
if(FORGE_SANITIZE STREQUAL "address")
  set(FORGE_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined
                           -fno-omit-frame-pointer)
elseif(FORGE_SANITIZE STREQUAL "thread")
  set(FORGE_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
elseif(FORGE_SANITIZE)
  message(FATAL_ERROR "FORGE_SANITIZE is '${FORGE_SANITIZE}'; it can be empty, 'address' or 'thread'")
endif()

# forge_compile_alone(<target> file...): for sources whose names in anonymous namespaces are their
# neighbours' too; unity builds leave them alone.
function(forge_compile_alone target)
  foreach(file IN LISTS ARGN)
    set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/${file} TARGET_DIRECTORY ${target}
      PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()

# forge_target(<target>): applies the house rules.
function(forge_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF C_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include)")
  foreach(flag IN LISTS FORGE_WARNINGS)
    if(flag MATCHES "non-virtual-dtor|overloaded-virtual")
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${flag}>)
    else()
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:${flag}>)
    endif()
  endforeach()
  if(FORGE_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-Werror>)
  endif()
  # No contraction: a*b+c rounds twice unless the source says fma, on every compiler alike.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-ffp-contract=off>
                                           $<$<COMPILE_LANGUAGE:C,CXX>:${FORGE_SANITIZE_FLAGS}>)
  target_link_options(${target} PRIVATE ${FORGE_SANITIZE_FLAGS})
  target_compile_definitions(${target} PRIVATE FORGE_SANITIZER="${FORGE_SANITIZE}")
endfunction()
