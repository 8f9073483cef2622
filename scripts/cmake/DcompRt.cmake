# SPDX-License-Identifier: MIT
# The runtime alone: src/rt joined to one pair of files, dcomp_rt.c and dcomp_rt.h in the build's
# folder rt, and libdcomp_rt.a of them. In one file all but what the door declares is static.

# In the order of what stands on what.
set(DCOMP_RT_PARTS rt_internal.h rt_walk.h rt_window.h rt_block.h rt_fixed.h rt_steps.h
    rt_container.c rt_graph.c rt_shapes.c rt_curves.c rt_weights.c rt_plan.c rt_open.c rt_float.c
    rt_integer.c rt_integer_ops.c rt_fixed.c rt_steps_float.c rt_steps_integer.c rt_steps.c
    rt_run.c)

function(dc_rt_library)
  set(folder ${PROJECT_BINARY_DIR}/rt)
  set(script ${PROJECT_SOURCE_DIR}/scripts/cmake/join_rt.cmake)
  set(parts ${DCOMP_RT_PARTS})
  list(TRANSFORM parts PREPEND ${PROJECT_SOURCE_DIR}/src/rt/)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/rt/*.[ch])
  foreach(file ${files})
    if(NOT file IN_LIST parts)
      message(FATAL_ERROR "${file} is not among DCOMP_RT_PARTS")
    endif()
  endforeach()
  set(door ${PROJECT_SOURCE_DIR}/include/dcomp/rt.h)
  add_custom_command(OUTPUT ${folder}/dcomp_rt.c ${folder}/dcomp_rt.h
    COMMAND ${CMAKE_COMMAND} "-DPARTS=${parts}" -DDOOR=${door} -DFOLDER=${folder} -P ${script}
    DEPENDS ${parts} ${door} ${script} VERBATIM COMMENT "Joining the runtime to dcomp_rt.c")
  add_library(dcomp_rt STATIC ${folder}/dcomp_rt.c ${folder}/dcomp_rt.h)
  set_target_properties(dcomp_rt PROPERTIES C_STANDARD 99)
  target_include_directories(dcomp_rt INTERFACE $<BUILD_INTERFACE:${folder}>)
  target_link_libraries(dcomp_rt PRIVATE $<BUILD_INTERFACE:dcomp_flags> INTERFACE m)
  install(TARGETS dcomp_rt ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${folder}/dcomp_rt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(FILES ${folder}/dcomp_rt.c ${folder}/dcomp_rt.h
          DESTINATION ${CMAKE_INSTALL_DATADIR}/dcomp/rt)
endfunction()
