# What `cmake --install` puts below the prefix, beside the program (host/) and the plugins
# (forge_add_plugin): headers, the CMake package, documents, completions and the manual page.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rocmforge)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/forge DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS forge_sdk EXPORT rocmforgeTargets)
install(EXPORT rocmforgeTargets NAMESPACE rocmforge:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/rocmforgeConfig.cmake.in
  ${CMAKE_BINARY_DIR}/rocmforgeConfig.cmake INSTALL_DESTINATION ${package_dir}
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rocmforgeConfigVersion.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/rocmforgeConfig.cmake
  ${CMAKE_BINARY_DIR}/rocmforgeConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/ForgePlugin.cmake
  ${PROJECT_SOURCE_DIR}/cmake/plugin.map
  DESTINATION ${package_dir})

install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# The program writes its own completions and manual page.
set(shell_dir ${CMAKE_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${shell_dir})
set(shell_files "")
function(forge_written_by_program name)
  add_custom_command(OUTPUT ${shell_dir}/${name}
    COMMAND rocmforge ${ARGN} > ${shell_dir}/${name} DEPENDS rocmforge VERBATIM)
  set(shell_files ${shell_files} ${shell_dir}/${name} PARENT_SCOPE)
endfunction()
forge_written_by_program(rocmforge.bash completion bash)
forge_written_by_program(_rocmforge completion zsh)
forge_written_by_program(rocmforge.fish completion fish)
forge_written_by_program(rocmforge.1 manual)
add_custom_target(forge_shell_files ALL DEPENDS ${shell_files})
install(FILES ${shell_dir}/rocmforge.bash RENAME rocmforge
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${shell_dir}/_rocmforge DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${shell_dir}/rocmforge.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${shell_dir}/rocmforge.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
