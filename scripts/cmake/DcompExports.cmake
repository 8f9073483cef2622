# SPDX-License-Identifier: MIT
# The library's symbols are what the doors declare, and nothing else: internal names stay free for
# whoever links with it. Declarations are written as dc_name( and extern ... dc_name[, dc_name;.

# Sets DCOMP_EXPORTS, a list of names, and writes them to exports.txt, one a line.
function(dc_find_exports)
  file(GLOB doors CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/dcomp/*.h)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${doors})
  set(text "")
  foreach(door ${doors})
    get_filename_component(name ${door} NAME)
    string(APPEND text "#include \"dcomp/${name}\"\n")
  endforeach()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/doors.c "${text}")
  execute_process(
    COMMAND ${CMAKE_C_COMPILER} -E -P -I${PROJECT_SOURCE_DIR}/include
            ${CMAKE_CURRENT_BINARY_DIR}/doors.c
    OUTPUT_VARIABLE declared RESULT_VARIABLE failed)
  string(REGEX REPLACE "typedef [^;{]*;" "" declared "${declared}")
  string(REGEX MATCHALL "dc_[a-z0-9_]+\\(" functions "${declared}")
  string(REGEX MATCHALL "extern[^;(]*dc_[a-z0-9_]+(\\[\\])?;" data "${declared}")
  string(REGEX REPLACE "\\(" "" functions "${functions}")
  string(REGEX REPLACE "extern[^;]*[ *](dc_[a-z0-9_]+)(\\[\\])?;" "\\1" data "${data}")
  set(exports ${functions} ${data})
  if(failed OR NOT exports)
    message(FATAL_ERROR "the declarations of include/dcomp cannot be read")
  endif()
  list(REMOVE_DUPLICATES exports)
  list(SORT exports)
  string(REPLACE ";" "\n" lines "${exports}")
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/exports.txt CONTENT "${lines}\n")
  set(DCOMP_EXPORTS ${exports} PARENT_SCOPE)
endfunction()

# The shared library shows DCOMP_EXPORTS alone, where the linker can do that.
function(dc_limit_shared target)
  if(APPLE)
    list(TRANSFORM DCOMP_EXPORTS PREPEND _ OUTPUT_VARIABLE names)
    string(REPLACE ";" "\n" text "${names}\n")
    set(option -Wl,-exported_symbols_list,)
  else()
    string(REPLACE ";" ";\n  " names "${DCOMP_EXPORTS}")
    set(text "{ global:\n  ${names};\nlocal: *;\n};\n")
    set(option -Wl,--version-script=)
  endif()
  set(list ${CMAKE_CURRENT_BINARY_DIR}/exports.map)
  file(GENERATE OUTPUT ${list} CONTENT "${text}")
  target_link_options(${target} PRIVATE ${option}${list})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${list})
endfunction()

# Sets `out` to one object of all of `objects` whose other symbols are local; to nothing where that
# cannot be made: without objcopy, and of objects that are no machine code yet (-flto).
function(dc_one_object out objects)
  set(${out} "" PARENT_SCOPE)
  if(NOT CMAKE_OBJCOPY OR APPLE OR CMAKE_INTERPROCEDURAL_OPTIMIZATION OR
     CMAKE_C_FLAGS MATCHES "-flto")
    message(STATUS "libdcomp.a shows internal symbols too: no objcopy, or link-time optimization")
    return()
  endif()
  set(one ${CMAKE_CURRENT_BINARY_DIR}/dcomp_all.o)
  add_custom_command(OUTPUT ${one}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${one} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${CMAKE_CURRENT_BINARY_DIR}/exports.txt ${one}
    DEPENDS ${objects} ${CMAKE_CURRENT_BINARY_DIR}/exports.txt
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Joining the rooms for libdcomp.a")
  set_source_files_properties(${one} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set(${out} ${one} PARENT_SCOPE)
endfunction()
