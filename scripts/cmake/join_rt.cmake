# SPDX-License-Identifier: MIT
# cmake -DPARTS=files -DDOOR=header -DFOLDER=where -P join_rt.cmake
# Writes dcomp_rt.h, which is the door, and dcomp_rt.c: the parts one behind the other, without the
# includes of each other.
set(text "/* SPDX-License-Identifier: MIT\n *\n")
string(APPEND text " * dcomp's runtime in one file, made of src/rt by the build: compile it with"
                   " your program, as C99\n * or C++, and link with libm. dcomp_rt.h says how to"
                   " use it.\n */\n#include \"dcomp_rt.h\"\n\n#define RT_OWN static\n")
foreach(part ${PARTS})
  file(READ ${part} body)
  get_filename_component(name ${part} NAME)
  string(REGEX REPLACE "#include \"[^\"]*\"\n" "" body "${body}")
  string(REPLACE "/* SPDX-License-Identifier: MIT\n *\n" "/* ${name}\n *\n" body "${body}")
  string(APPEND text "\n${body}")
endforeach()
string(REGEX REPLACE "\n\n\n+" "\n\n" text "${text}")
file(MAKE_DIRECTORY ${FOLDER})
file(WRITE ${FOLDER}/dcomp_rt.c "${text}")
file(READ ${DOOR} door)
file(WRITE ${FOLDER}/dcomp_rt.h "${door}")
