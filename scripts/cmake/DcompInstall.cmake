# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: program, doors, both libraries, pkg-config file, CMake package,
# models with their recipes, documentation.
# The package and the pkg-config file find the rest relative to themselves: a tree can be moved.

include(CMakePackageConfigHelpers)

# dcomp.h says the version too; the two must agree.
function(dc_check_version)
  file(STRINGS ${PROJECT_SOURCE_DIR}/include/dcomp/dcomp.h lines REGEX "define DC_VERSION_")
  string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
  string(REPLACE ";" "." version "${numbers}")
  if(NOT version VERSION_EQUAL PROJECT_VERSION)
    message(FATAL_ERROR "dcomp.h says ${version}, CMakeLists.txt ${PROJECT_VERSION}")
  endif()
endfunction()

# Names of the foreign libraries that a static link needs, by how CMake finds them.
function(dc_static_needs packages plain)
  set(packages_found ZLIB PNG Threads)
  set(plain_found cjson)
  if(OpenMP_C_FOUND)
    list(APPEND packages_found OpenMP)
  endif()
  if(DCOMP_JPEG AND DCOMP_JPEG_LIBRARY)
    list(APPEND plain_found jpeg)
  endif()
  if(DCOMP_HAS_SOUND)
    list(APPEND plain_found sndfile kissfft-float)
  endif()
  if(DCOMP_ONEDNN AND DCOMP_ONEDNN_LIBRARY)
    list(APPEND plain_found dnnl)
  endif()
  if(DCOMP_LAPACK AND DCOMP_LAPACK_LINKS)
    get_filename_component(name ${DCOMP_LAPACK_LIBRARY} NAME_WE)
    string(REGEX REPLACE "^lib" "" name ${name})
    list(APPEND plain_found ${name})
  endif()
  set(${packages} ${packages_found} PARENT_SCOPE)
  set(${plain} ${plain_found} PARENT_SCOPE)
endfunction()

function(dc_link_needs_of_static packages plain)
  set(targets ZLIB::ZLIB PNG::PNG Threads::Threads m)
  if(OpenMP IN_LIST packages)
    list(APPEND targets OpenMP::OpenMP_C)
  endif()
  foreach(library ${plain})
    list(APPEND targets dcomp::${library})
  endforeach()
  if(TARGET dcomp_static)
    target_link_libraries(dcomp_static INTERFACE "$<INSTALL_INTERFACE:${targets}>")
  endif()
endfunction()

function(dc_install_pkg_config packages plain)
  set(libraries png z)
  if(OpenMP IN_LIST packages)
    list(APPEND libraries ${OpenMP_C_LIB_NAMES})
  endif()
  list(APPEND libraries ${plain} pthread m)
  list(REMOVE_DUPLICATES libraries)
  list(TRANSFORM libraries PREPEND -l)
  string(REPLACE ";" " " DCOMP_PC_PRIVATE "${libraries}")
  set(DCOMP_PC_LIBS -ldcomp)
  if(NOT TARGET dcomp_shared) # then whoever links needs the others in any case
    set(DCOMP_PC_LIBS "-ldcomp ${DCOMP_PC_PRIVATE}")
  endif()
  file(RELATIVE_PATH DCOMP_PC_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" DCOMP_PC_UP "${DCOMP_PC_UP}")
  configure_file(${PROJECT_SOURCE_DIR}/scripts/cmake/dcomp.pc.in dcomp.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dcomp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

function(dc_install_package packages plain)
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/dcomp)
  set(DCOMP_STATIC_PACKAGES ${packages})
  set(DCOMP_STATIC_PLAIN ${plain})
  foreach(kind ${DCOMP_KINDS})
    install(TARGETS dcomp_${kind} EXPORT dcomp-${kind}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT dcomp-${kind} NAMESPACE dcomp:: DESTINATION ${folder})
  endforeach()
  configure_package_config_file(${PROJECT_SOURCE_DIR}/scripts/cmake/dcomp-config.cmake.in
                                dcomp-config.cmake INSTALL_DESTINATION ${folder})
  write_basic_package_version_file(dcomp-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dcomp-config.cmake
                ${CMAKE_CURRENT_BINARY_DIR}/dcomp-config-version.cmake DESTINATION ${folder})
endfunction()

function(dc_install)
  dc_check_version()
  dc_static_needs(packages plain)
  dc_link_needs_of_static("${packages}" "${plain}")
  dc_install_pkg_config("${packages}" "${plain}")
  dc_install_package("${packages}" "${plain}")
  install(TARGETS dcomp RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/dcomp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
          FILES_MATCHING PATTERN "*.h")
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/models DESTINATION ${CMAKE_INSTALL_DATADIR}/dcomp)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
          DESTINATION ${CMAKE_INSTALL_DOCDIR})
  add_custom_target(uninstall COMMAND ${CMAKE_COMMAND}
    -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
    -P ${PROJECT_SOURCE_DIR}/scripts/cmake/uninstall.cmake)
endfunction()
