# SPDX-License-Identifier: BSD-2-Clause
# Writes one text file as a C string, byte by byte.
#   cmake -DIN=file -DOUT=file.c -DHEADER=dissect/lua.h -DNAME=lua_reader -P embed_text.cmake
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE "${OUT}" "/* Made by cmake/embed_text.cmake; not to be edited. */\n#include \"${HEADER}\"\n\nconst char ${NAME}[] = {\n${hex}0x00};\n")
