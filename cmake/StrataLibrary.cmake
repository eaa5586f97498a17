# SPDX-License-Identifier: BSD-2-Clause
# libstrata, static and shared: thin functions of lib/ over the objects of all folders.
set(LIB_DEPS strata_flags dep_libnet dep_libmnl dep_pcap dep_zlib dep_zstd)

add_library(strata_face OBJECT ${lib_src})
target_link_libraries(strata_face PRIVATE ${LIB_DEPS})
target_compile_definitions(strata_face PRIVATE STRATA_VERSION="${PROJECT_VERSION}")

# The static one shows as few names as the shared one. (Not under the sanitizers, whose sections
# refer to names of their own.)
if(CMAKE_OBJCOPY AND CMAKE_LINKER AND NOT STRATA_SANITIZE)
	add_library(strata_whole STATIC $<TARGET_OBJECTS:strata_face> ${STRATA_OBJECTS})
	set(whole "${CMAKE_BINARY_DIR}/strata_whole.o")
	add_custom_command(OUTPUT "${whole}"
		COMMAND "${CMAKE_COMMAND}" "-DOUT=${whole}" "-DLD=${CMAKE_LINKER}"
			"-DOBJCOPY=${CMAKE_OBJCOPY}" "-DARCHIVE=$<TARGET_FILE:strata_whole>"
			-P "${CMAKE_SOURCE_DIR}/cmake/localize.cmake"
		DEPENDS strata_whole "${CMAKE_SOURCE_DIR}/cmake/localize.cmake"
		COMMENT "Hiding the inner names of the static library" VERBATIM)
	add_library(strata_static STATIC "${whole}")
	set_target_properties(strata_static PROPERTIES LINKER_LANGUAGE C)
else()
	add_library(strata_static STATIC $<TARGET_OBJECTS:strata_face> ${STRATA_OBJECTS})
endif()
add_library(strata_shared SHARED $<TARGET_OBJECTS:strata_face> ${STRATA_OBJECTS})
foreach(lib strata_static strata_shared)
	set_target_properties(${lib} PROPERTIES OUTPUT_NAME strata)
	target_link_libraries(${lib} PRIVATE ${LIB_DEPS})
	target_include_directories(${lib} INTERFACE
		"$<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>"
		"$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endforeach()
set_target_properties(strata_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0
	EXPORT_NAME strata LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/strata.map")
target_link_options(strata_shared PRIVATE
	"-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/strata.map")

# <strata/strata.h> in the build tree, as it will stand when installed.
configure_file("${CMAKE_SOURCE_DIR}/lib/strata.h" "${CMAKE_BINARY_DIR}/include/strata/strata.h"
	COPYONLY)

# Examples see the public header and nothing else.
file(GLOB examples CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/examples/*.c")
foreach(src IN LISTS examples)
	get_filename_component(name "${src}" NAME_WE)
	add_executable(example_${name} "${src}")
	set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
		RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/examples")
	target_compile_options(example_${name} PRIVATE -Wall -Wextra -Werror)
	target_include_directories(example_${name} PRIVATE "${CMAKE_BINARY_DIR}/include")
	target_link_libraries(example_${name} PRIVATE strata_shared)
	if(STRATA_SANITIZE)
		target_link_options(example_${name} PRIVATE -fsanitize=address,undefined)
	elseif(STRATA_FUZZ)
		target_link_options(example_${name} PRIVATE -fsanitize=undefined)
	endif()
endforeach()
