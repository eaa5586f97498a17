/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of lua*.c. */
#ifndef STRATA_DISSECT_LUA_IMPL_H
#define STRATA_DISSECT_LUA_IMPL_H

#include <string.h>

#include "dissect/lua.h"

/* s[0..n) as a string of Lua. */
void lua_text(struct buf *out, const char *s, size_t n);
/* x, of record rec, as a Lua expression over the instance c whose value is a number. */
void lua_number(struct buf *out, const struct expr *x, const struct record *rec);
/* ", NAME = function(c) return X end"; nothing for NULL. */
void lua_function(struct buf *out, const char *name, const struct expr *x,
		  const struct record *rec);
void lua_spans(struct buf *out, const struct spans *s);

#endif
