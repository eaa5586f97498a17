# SPDX-License-Identifier: BSD-2-Clause
# Writes files as byte arrays into one C file, with a table of them (see core/builtin.h).
#   cmake -DOUT=builtin_files.c -DFILES=protocols/*.protocol -DHEADER=core/builtin.h
#         -DNAME=builtin_files -P embed.cmake
# Byte arrays, not string literals: safe for any content and any length.

file(GLOB files "${FILES}")
list(SORT files)
set(body "/* Made by cmake/embed.cmake ; not to be edited. */\n#include \"${HEADER}\"\n")
set(table "")
set(i 0)
foreach(file IN LISTS files)
	get_filename_component(name "${file}" NAME)
	file(READ "${file}" hex HEX)
	string(LENGTH "${hex}" len)
	math(EXPR len "${len} / 2")
	string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	string(APPEND body "\nstatic const unsigned char file_${i}[] = {\n${hex}0x00};\n")
	string(APPEND table "\t{ \"${name}\", (const char *)file_${i}, ${len} },\n")
	math(EXPR i "${i} + 1")
endforeach()
# One more, all zero: C has no empty arrays, and a walk may end at name == NULL too.
string(APPEND body "\nconst struct builtin_file ${NAME}[] = {\n${table}\t{ 0, 0, 0 },\n};\n")
file(WRITE "${OUT}" "${body}")
