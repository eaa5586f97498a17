# SPDX-License-Identifier: BSD-2-Clause
# Tests, found by file name:
#   tests/unit/test_X.c    one Check program (unit.h: its frame)   unit.X
#   tests/laws/X.c         a program, given captures/*.pcap*      law.X   (law.[ch]: what they share)
#   tests/laws/X.sh        a script                               law.X
#   tests/golden/X.test    see tests/golden/run                   golden.X
#   tests/net/X.sh         in private namespaces (lab.sh, command.sh, watched.sh, mail.sh: their helpers)   net.X
#   tests/peers/X.{sh,py}  against another tool                   peer.X
#   tests/fuzz/fuzz_X.c    replays its seeds; fuzzes under clang  fuzz.X
#                          (seeds: tests/fuzz/corpus/X, or packet where there is none)
# Exit status 77 is "skipped", and the script says why. Every test has a time limit.
# A script finds in its environment: STRATA (the tool), STRATA_SOURCE, STRATA_BUILD.

set(SKIP 77)
find_program(BASH_PROGRAM bash REQUIRED)
# The system's Python first: the peers' modules (scapy) come with it.
find_program(PYTHON_PROGRAM NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(PYTHON_PROGRAM NAMES python3)

set(test_env "STRATA=${CMAKE_BINARY_DIR}/strata;STRATA_SOURCE=${CMAKE_SOURCE_DIR}"
	"STRATA_BUILD=${CMAKE_BINARY_DIR}")
if(STRATA_SANITIZE)
	list(APPEND test_env "STRATA_SANITIZE=1" "UBSAN_OPTIONS=print_stacktrace=1"
		"ASAN_OPTIONS=detect_stack_use_after_return=1")
endif()
file(GLOB capture_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/captures/*.pcap*")

function(strata_test name timeout label)
	add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE ${SKIP} TIMEOUT ${timeout}
		LABELS ${label} ENVIRONMENT "${test_env}")
endfunction()

function(strata_test_program target src)
	add_executable(${target} "${src}")
	set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
	target_link_libraries(${target} PRIVATE ${STRATA_LIBS} strata_flags ${ARGN})
	target_compile_definitions(${target} PRIVATE STRATA_SOURCE="${CMAKE_SOURCE_DIR}")
endfunction()

# ---- tools that scripts of the tests use: build/tests/X ----
file(GLOB tool_src CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/tools/*.c")
foreach(src IN LISTS tool_src)
	get_filename_component(name "${src}" NAME_WE)
	strata_test_program(tool_${name} "${src}")
	set_target_properties(tool_${name} PROPERTIES OUTPUT_NAME ${name})
endforeach()

# To be preloaded into the tool, whose memory then runs out (tests/laws/memory_tool.sh).
if(NOT STRATA_SANITIZE)
	add_library(nomem MODULE "${CMAKE_SOURCE_DIR}/tests/tools/preload/nomem.c")
	target_link_libraries(nomem PRIVATE strata_flags)
	set_target_properties(nomem PROPERTIES PREFIX ""
		LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endif()

# ---- unit ----
pkg_check_modules(check QUIET IMPORTED_TARGET check)
file(GLOB unit_src CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/test_*.c")
if(check_FOUND)
	foreach(src IN LISTS unit_src)
		get_filename_component(name "${src}" NAME_WE)
		string(REPLACE "test_" "" name ${name})
		strata_test_program(unit_${name} "${src}" PkgConfig::check)
		# The public face is tested as a stranger sees it: header and shared library.
		if(name MATCHES "^lib" AND TARGET strata_shared)
			target_link_libraries(unit_${name} PRIVATE strata_shared)
		endif()
		if(name STREQUAL "seal")
			target_link_libraries(unit_seal PRIVATE dep_seccomp) # as the tool is
		endif()
		strata_test(unit.${name} 300 unit unit_${name})
	endforeach()
elseif(unit_src)
	list(APPEND STRATA_LEFT_OUT "the unit tests (check is not installed)")
endif()

# ---- laws ----
file(GLOB law_src CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/laws/*.c")
list(FILTER law_src EXCLUDE REGEX "/law\\.c$")
foreach(src IN LISTS law_src)
	get_filename_component(name "${src}" NAME_WE)
	strata_test_program(law_${name} "${src}")
	target_sources(law_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/laws/law.c")
	strata_test(law.${name} 900 law law_${name} ${capture_files})
endforeach()
# Where memory runs out, at any allocation of ours.
foreach(f IN ITEMS malloc calloc realloc free strdup strndup asprintf arena_alloc)
	target_link_options(law_memory PRIVATE "-Wl,--wrap=${f}")
endforeach()
file(GLOB law_sh CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/laws/*.sh")
foreach(script IN LISTS law_sh)
	get_filename_component(name "${script}" NAME_WE)
	strata_test(law.${name} 300 law "${BASH_PROGRAM}" "${script}")
endforeach()

# ---- golden ----
file(GLOB goldens CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/golden/*.test")
foreach(case IN LISTS goldens)
	get_filename_component(name "${case}" NAME_WE)
	strata_test(golden.${name} 60 golden
		"${BASH_PROGRAM}" "${CMAKE_SOURCE_DIR}/tests/golden/run" "${case}")
endforeach()

# ---- net ----
file(GLOB nets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/net/*.sh")
foreach(script IN LISTS nets)
	get_filename_component(name "${script}" NAME_WE)
	if(NOT name MATCHES "^(lab|command|watched|mail)$")
		# Who says how long it may take inside has a little longer outside.
		set(limit 120)
		file(STRINGS "${script}" said REGEX "^LAB_TIME=[0-9]+")
		if(said MATCHES "LAB_TIME=([0-9]+)")
			math(EXPR limit "${CMAKE_MATCH_1} + 20")
		endif()
		strata_test(net.${name} ${limit} net "${BASH_PROGRAM}" "${script}")
	endif()
endforeach()

# ---- peers ----
file(GLOB peers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/peers/*.sh"
	"${CMAKE_SOURCE_DIR}/tests/peers/*.py")
foreach(script IN LISTS peers)
	get_filename_component(name "${script}" NAME_WE)
	if(script MATCHES "\\.py$")
		set(interpreter "${PYTHON_PROGRAM}")
	else()
		set(interpreter "${BASH_PROGRAM}")
	endif()
	# What it tests is a program that tshark runs: the sanitizers see nothing of it.
	if(NOT (STRATA_SANITIZE AND name STREQUAL "lua_compare"))
		strata_test(peer.${name} 600 peer "${interpreter}" "${script}")
	endif()
endforeach()
# The longest first, so that the cores are busy to the end.
foreach(name IN ITEMS peer.streams law.roundtrip peer.hostile peer.edit_compare law.protocols
		peer.lua_compare peer.tshark_compare)
	if(TEST ${name})
		set_tests_properties(${name} PROPERTIES COST 100)
	endif()
endforeach()

# ---- fuzz ----
# Under clang with STRATA_FUZZ a libFuzzer program; else a program that replays files and folders.
file(GLOB fuzz_src CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
foreach(src IN LISTS fuzz_src)
	get_filename_component(name "${src}" NAME_WE)
	string(REPLACE "fuzz_" "" short ${name})
	strata_test_program(${name} "${src}")
	if(STRATA_FUZZ)
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	else()
		target_sources(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/fuzz/standalone.c")
		set(seeds "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${short}")
		if(NOT EXISTS "${seeds}")
			set(seeds "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/packet")
		endif()
		strata_test(fuzz.${short} 300 fuzz ${name} "${seeds}")
	endif()
endforeach()
