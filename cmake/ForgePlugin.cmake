# forge_add_plugin(<id> SOURCES file... [MANIFEST file])
#   Builds libforge_<id>.so with one exported symbol and puts it beside its manifest in
#   <build>/plugins/<id>/: a folder that `rocmforge --plugin-path <build>/plugins` finds, and where
#   the program built here looks by itself. Installs both to lib/rocmforge/plugins/<id>/ below the
#   prefix. MANIFEST defaults to <id>.plugin.toml in the current folder.
#
# Also comes with find_package(rocmforge), for plugins outside of this project. There the target,
# forge_<id>, is compiled as C++20 with hidden symbols; warnings and optimisation are the project's
# own affair, and so are further target_compile_options() and target_link_libraries().
include(GNUInstallDirs)
set(FORGE_PLUGIN_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

function(forge_add_plugin id)
  cmake_parse_arguments(ARG "" "MANIFEST" "SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "forge_add_plugin(${id}) needs SOURCES")
  endif()
  if(NOT ARG_MANIFEST)
    set(ARG_MANIFEST ${CMAKE_CURRENT_SOURCE_DIR}/${id}.plugin.toml)
  endif()
  set(target forge_${id})
  set(directory ${CMAKE_BINARY_DIR}/plugins/${id})
  add_library(${target} MODULE ${ARG_SOURCES})
  if(COMMAND forge_target)
    forge_target(${target})
  else()
    set_target_properties(${target} PROPERTIES
      CXX_EXTENSIONS OFF C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
  endif()
  target_link_libraries(${target} PRIVATE rocmforge::sdk)
  target_link_options(${target} PRIVATE
    -Wl,--version-script=${FORGE_PLUGIN_VERSION_SCRIPT} $<$<NOT:$<BOOL:${FORGE_SANITIZE}>>:-Wl,--no-undefined>)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME forge_${id} LIBRARY_OUTPUT_DIRECTORY ${directory}
    LINK_DEPENDS ${FORGE_PLUGIN_VERSION_SCRIPT})
  if(NOT TARGET forge_plugins)
    add_custom_target(forge_plugins)  # all of them
  endif()
  add_dependencies(forge_plugins ${target})
  configure_file(${ARG_MANIFEST} ${directory}/${id}.plugin.toml COPYONLY)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/rocmforge/plugins/${id})
  install(FILES ${ARG_MANIFEST} DESTINATION ${CMAKE_INSTALL_LIBDIR}/rocmforge/plugins/${id}
          RENAME ${id}.plugin.toml)
  set_property(GLOBAL APPEND PROPERTY FORGE_PLUGIN_TARGETS ${target})
endfunction()
