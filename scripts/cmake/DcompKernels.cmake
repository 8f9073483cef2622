# SPDX-License-Identifier: MIT
# src/kernels/<arch>/kernels_<set>.c is compiled with the flags of its instruction set, and only for
# that architecture. No file contracts a * b + c, so that all sets compute the same bits; nobody
# asks whether an operation trapped, so that choices of one value of two become vector code.
set(DCOMP_FLAGS_avx2 -mavx2)
set(DCOMP_FLAGS_avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq)
set(DCOMP_FLAGS_vbmi2 ${DCOMP_FLAGS_avx512} -mavx512vbmi2 -mpopcnt)
set(DCOMP_FLAGS_amx ${DCOMP_FLAGS_avx512} -mamx-tile -mamx-bf16)
set(DCOMP_FLAGS_neon)
set(DCOMP_ARCH_OF_x86 "^(x86_64|AMD64)$")
set(DCOMP_ARCH_OF_arm "^(aarch64|arm64)$")

# Takes the files of other architectures out of the list called `list`.
macro(dc_kernels_choose list)
  foreach(source ${${list}})
    if(source MATCHES "/kernels/(x86|arm)/")
      set(arch ${DCOMP_ARCH_OF_${CMAKE_MATCH_1}})
      if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "${arch}")
        list(REMOVE_ITEM ${list} ${source})
      endif()
    endif()
    if(source MATCHES "/kernels/.*kernels_([a-z0-9]+)\\.c$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS
        "-ffp-contract=off;-fno-trapping-math;${DCOMP_FLAGS_${CMAKE_MATCH_1}}")
    endif()
  endforeach()
endmacro()
