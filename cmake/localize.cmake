# SPDX-License-Identifier: BSD-2-Clause
# One relocatable object out of an archive, in which only strata_* is still visible: a static library whose
# inner names (check, build, ask ...) cannot clash with a program's own.
#   cmake -DOUT=strata.o -DLD=... -DOBJCOPY=... -DARCHIVE=all.a -P localize.cmake
execute_process(COMMAND "${LD}" -r -o "${OUT}.tmp" --whole-archive "${ARCHIVE}" RESULT_VARIABLE rc)
if(rc)
	message(FATAL_ERROR "${LD} -r: ${rc}")
endif()
execute_process(COMMAND "${OBJCOPY}" --wildcard "--keep-global-symbol=strata_*" "${OUT}.tmp" "${OUT}"
	RESULT_VARIABLE rc)
file(REMOVE "${OUT}.tmp")
if(rc)
	message(FATAL_ERROR "${OBJCOPY}: ${rc}")
endif()
