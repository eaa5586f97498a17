# SPDX-License-Identifier: BSD-2-Clause
# bench/*.c: programs that bench/run times; those that compare with another library are left out
# where it is not installed.
pkg_check_modules(libtins QUIET IMPORTED_TARGET libtins)
file(GLOB bench_src CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bench/*.c")
foreach(src IN LISTS bench_src)
	get_filename_component(name "${src}" NAME_WE)
	add_executable(bench_${name} "${src}")
	set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name}
		RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
	target_link_libraries(bench_${name} PRIVATE ${STRATA_LIBS} strata_flags dep_pcap dep_libnet)
endforeach()
file(GLOB bench_cxx CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bench/*.cc")
if(bench_cxx AND libtins_FOUND)
	enable_language(CXX)
	foreach(src IN LISTS bench_cxx)
		get_filename_component(name "${src}" NAME_WE)
		add_executable(bench_${name} "${src}")
		set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name}
			RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench"
			CXX_STANDARD 17)
		target_compile_options(bench_${name} PRIVATE -O2)
		target_link_libraries(bench_${name} PRIVATE PkgConfig::libtins)
	endforeach()
elseif(bench_cxx)
	list(APPEND STRATA_LEFT_OUT "the comparison with libtins (libtins-dev is not installed)")
endif()
