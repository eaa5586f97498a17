/* SPDX-License-Identifier: BSD-2-Clause */
/* All protocols and the graph between them. Load, freeze, find. A plain value: make as many as you
 * like. Not thread-safe until frozen; then read-only and shared by any thread. */
#ifndef STRATA_CORE_REGISTRY_H
#define STRATA_CORE_REGISTRY_H

#include "core/buf.h"
#include "core/err.h"
#include "core/proto.h"

struct registry;

struct registry *registry_open(void);
void registry_close(struct registry *r);

/* Load one text. name: the file's name, for errors. builtin: shipped with the library. A later
 * protocol of the same name redefines the earlier one (registry_redefined tells). -1: e says file,
 * line, column. */
int registry_load(struct registry *r, const char *name, const char *text, size_t len, bool builtin,
		  struct err *e);
int registry_load_file(struct registry *r, const char *path, struct err *e);
int registry_load_builtins(struct registry *r, struct err *e);
/* Every *.protocol of a folder, in order of their names. No such folder: nothing. */
int registry_load_folder(struct registry *r, const char *path, struct err *e);
/* What this user has: $XDG_CONFIG_HOME/strata/protocols (or ~/.config/...), then the files and
 * folders of $STRATA_PROTOCOLS, separated by colons. */
int registry_load_user(struct registry *r, struct err *e);
/* From now on a selector space that no protocol carries, and a lower protocol that is not there,
 * are errors when freezing. registry_load_builtins() does this; a registry of a few files may do
 * without.
 */
void registry_strict(struct registry *r);
/* Bind for this run (decode as): space value -> protocol name. Before freeze. */
int registry_bind(struct registry *r, const char *space, uint64_t value, const char *proto,
		  struct err *e);
/* The same from "SPACE=VALUE:PROTOCOL". */
int registry_bind_text(struct registry *r, const char *text, struct err *e);
/* Names that stand for addresses in the notation and in filters, one a line: "NAME MAC 10.0.0.1
 * fd00::1", any of them missing. name: the file's, for errors. Before freeze. */
int registry_hosts(struct registry *r, const char *name, const char *text, size_t len,
		   struct err *e);
/* The address of so many bytes (4, 6, 16) that a name stands for; NULL: it has none, or (*known
 * false) there is no such name. */
const uint8_t *registry_host(const struct registry *r, const char *s, size_t n, unsigned bytes,
			     bool *known);
/* The i-th name; NULL past the last. */
const char *registry_host_at(const struct registry *r, unsigned i);
/* Resolve all names, check the laws of the language, compile the shapes. */
int registry_freeze(struct registry *r, struct err *e);

/* By canonical name or alias, case ignored; NULL: unknown. */
const struct proto *registry_find(const struct registry *r, const char *name, size_t n);
unsigned registry_count(const struct registry *r);
const struct proto *registry_at(const struct registry *r,
				unsigned i); /* 0..count-1, order of declaration */
/* The nearest known name, for "did you mean"; NULL if none is near. */
const char *registry_suggest(const struct registry *r, const char *name, size_t n);
/* The same, of a layer directly over `lower` (NULL: the packet's first): what rides over it is
 * likelier. */
const char *registry_suggest_over(const struct registry *r, const struct proto *lower,
				  const char *name, size_t n);
/* i-th redefinition of a built-in by a user's file, as a sentence; NULL past the end. */
const char *registry_redefined(const struct registry *r, unsigned i);
const char *registry_intern(struct registry *r, const char *s, size_t n); /* before freeze */
const char *registry_symbol(const struct registry *r, const char *s,
			    size_t n); /* interned or NULL */

/* A field of p by canonical name or by alias (short or dotted, case ignored); NULL: unknown. */
const struct field *proto_field(const struct proto *p, const char *name, size_t n);
const struct field *record_field(const struct record *rec, const char *name, size_t n);
const char *record_suggest(const struct record *rec, const char *name, size_t n);

/* ---- the graph ---- */

/* How `upper` rides directly over `lower`: the i-th way. space NULL: always over. cr: which
 * selector fields of lower (NULL when space is NULL); lo..hi: the values. False past the last way.
 */
struct edge {
	const char *space;
	const struct carries *cr;
	uint64_t lo, hi;
};
bool registry_edge(const struct registry *r, const struct proto *lower, const struct proto *upper,
		   unsigned i, struct edge *out);
/* Fewest protocols to insert between lower (NULL: nothing below) and upper; ties by order of
 * declaration. Returns how many (0: they bind directly), mid[] filled outermost first; -1: no path
 * within max; -2: memory is out. */
int registry_path(const struct registry *r, const struct proto *lower, const struct proto *upper,
		  const struct proto **mid, unsigned max);
/* Who follows: the i-th candidate bound to value in space, in order of declaration, guards not
 * judged; NULL past the end. */
const struct proto *registry_bound(const struct registry *r, const char *space, uint64_t value,
				   unsigned i);
/* The i-th protocol declared `over NAME` (always) of lower; NULL past the end. */
const struct proto *registry_always(const struct registry *r, const struct proto *lower,
				    unsigned i);
/* The i-th protocol known by its looks (a `guess`, or a guard and no `over`), by name; NULL past
 * the end. */
const struct proto *registry_guessed(const struct registry *r, unsigned i);
/* The link type (LINKTYPE_ number) that `p` is the outermost header of; -1: none. The inverse is
 * space "link". */
int registry_link(const struct registry *r, const struct proto *p);

/* ---- what the compiled shapes need (core/shape.h) ---- */

/* The i-th binding of a value range to a protocol, in the order in which candidates are tried
 * (those of registry_bind() first, then order of declaration); false past the end. */
struct binding {
	const char *space;
	uint64_t lo, hi;
	const struct proto *proto;
};
bool registry_binding(const struct registry *r, unsigned i, struct binding *out);
/* Where the shapes of a frozen registry hang, NULL before, and the memory they lie in. */
struct arena;
struct shapes;
struct arena *registry_memory(struct registry *r);
struct shapes *registry_shapes(const struct registry *r);
void registry_set_shapes(struct registry *r, struct shapes *s);

/* Law 6: a loaded protocol (and the structs and word tables it needs) as text that loads to the
 * same description. */
void proto_print(const struct proto *p, struct buf *out);
/* Structural equality of two loaded protocols, for law 6; false and a sentence in why. */
bool proto_equal(const struct proto *a, const struct proto *b, struct buf *why);

#endif
