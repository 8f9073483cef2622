# SPDX-License-Identifier: MIT
# Removes what `cmake --install` put there, by the list that it left in the build folder.
if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "nothing was installed from this build folder: there is no ${MANIFEST}")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file IN LISTS files)
  file(REMOVE "$ENV{DESTDIR}${file}")
  message(STATUS "removed $ENV{DESTDIR}${file}")
endforeach()
