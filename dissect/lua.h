/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions as a Wireshark dissector in Lua: the reader of wireshark.lua, and tables for it. */
#ifndef STRATA_DISSECT_LUA_H
#define STRATA_DISSECT_LUA_H

#include "core/buf.h"
#include "core/err.h"
#include "core/registry.h"

/* Append a dissector for the n protocols p[] of a frozen registry. Among themselves they follow one
 * another by their own bindings; everything else is left to Wireshark's. -1: one of them has what
 * such a dissector cannot read, or memory is out; e says what. Thread-safe for distinct out. */
int lua_export(const struct registry *r, const struct proto *const *p, unsigned n, struct buf *out,
	       struct err *e);

/* The text of wireshark.lua, embedded by the build. */
extern const char lua_reader[];

#endif
