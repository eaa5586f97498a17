# SPDX-License-Identifier: BSD-2-Clause
# Flags for every file of the project, as the target strata_flags.
include(CheckCCompilerFlag)

add_library(strata_flags INTERFACE)
target_include_directories(strata_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(strata_flags INTERFACE _GNU_SOURCE)
target_compile_options(strata_flags INTERFACE -Wall -Wextra)
if(STRATA_WERROR)
	target_compile_options(strata_flags INTERFACE -Werror)
endif()

# A function begins a line of the instruction cache: the loop over layers takes 50 or 70 ns a packet
# depending on where the linker happens to put it (AMD Zen 4, GCC 12).
target_compile_options(strata_flags INTERFACE $<$<CONFIG:Release>:-falign-functions=64>)

if(STRATA_SANITIZE)
	set(san -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_compile_options(strata_flags INTERFACE ${san})
	target_link_options(strata_flags INTERFACE ${san})
endif()

if(STRATA_HARDEN)
	target_compile_options(strata_flags INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE
		-D_FORTIFY_SOURCE=3 -fstack-clash-protection)
	check_c_compiler_flag(-fcf-protection=full HAVE_CET)
	if(HAVE_CET)
		target_compile_options(strata_flags INTERFACE -fcf-protection=full)
	endif()
	target_link_options(strata_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
		$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()

# Objects of the whole project are built with coverage of libFuzzer, so that it sees the branches.
if(STRATA_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
		message(FATAL_ERROR "STRATA_FUZZ needs clang: cmake --preset fuzz")
	endif()
	# Not every comparison is reported: that took two thirds of the time. libFuzzer still sees
	# memcmp() and its kind, and tests/fuzz/run brings a dictionary.
	target_compile_options(strata_flags INTERFACE -fsanitize=fuzzer-no-link
		-fno-sanitize-coverage=trace-cmp)
	target_compile_definitions(strata_flags INTERFACE STRATA_SMALL_BUFFERS=1)
	# The tools need the sanitizer's runtime, which holds what coverage calls.
	if(NOT STRATA_SANITIZE)
		set(ub -fsanitize=undefined -fno-sanitize-recover=all)
		target_compile_options(strata_flags INTERFACE ${ub})
		target_link_options(strata_flags INTERFACE ${ub})
	endif()
endif()
