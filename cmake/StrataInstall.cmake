# SPDX-License-Identifier: BSD-2-Clause
# install: the tool, the library, the header, the protocol files, man pages, strata.pc, CMake config.
include(CMakePackageConfigHelpers)

if(TARGET strata)
	install(TARGETS strata RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${CMAKE_SOURCE_DIR}/protocols/" DESTINATION "${CMAKE_INSTALL_DATADIR}/strata/protocols"
	OPTIONAL FILES_MATCHING PATTERN "*.protocol")
foreach(section 1 3 5 7 8)
	file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/docs/*.${section}"
		"${CMAKE_SOURCE_DIR}/docs/man/*.${section}")
	if(pages)
		install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
	endif()
endforeach()

# For systems that refuse user namespaces to programs without a profile (Ubuntu 23.10 and later). It
# names the program where it is installed; loading it is the administrator's.
if(TARGET strata)
	install(CODE "
		set(STRATA_PROGRAM \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/strata\")
		configure_file(\"${CMAKE_SOURCE_DIR}/cmake/strata.apparmor.in\"
			\"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/strata/apparmor/strata\"
			@ONLY)")
endif()

if(TARGET strata_shared)
	install(TARGETS strata_shared EXPORT strata_targets
		LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
	install(TARGETS strata_static ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
	install(FILES "${CMAKE_SOURCE_DIR}/lib/strata.h"
		DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/strata")
	install(EXPORT strata_targets NAMESPACE strata:: FILE strataConfig.cmake
		DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/strata")
	write_basic_package_version_file("${CMAKE_BINARY_DIR}/strataConfigVersion.cmake"
		COMPATIBILITY SameMinorVersion)
	install(FILES "${CMAKE_BINARY_DIR}/strataConfigVersion.cmake"
		DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/strata")

	# What a static link needs besides: modules where there are any, libnet by name.
	set(PC_REQUIRES_PRIVATE "libpcap libmnl")
	foreach(dep zlib zstd)
		if(${dep}_FOUND)
			string(APPEND PC_REQUIRES_PRIVATE " ${${dep}_MODULE_NAME}")
		endif()
	endforeach()
	# The tree may be moved, and cmake --install --prefix chooses another place: paths are relative
	# to the file itself.
	set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
	set(PC_LIBDIR "${CMAKE_INSTALL_FULL_LIBDIR}")
	set(PC_INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
	if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
		file(RELATIVE_PATH up "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
		set(PC_PREFIX "\${pcfiledir}/${up}")
		set(PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
		set(PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
	endif()
	configure_file("${CMAKE_SOURCE_DIR}/cmake/strata.pc.in" "${CMAKE_BINARY_DIR}/strata.pc" @ONLY)
	install(FILES "${CMAKE_BINARY_DIR}/strata.pc"
		DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
