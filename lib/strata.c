/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's root: protocols loaded, and errors as the caller sees them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "dissect/filter.h"
#include "lib/lib.h"
#include "notation/notation.h"

#ifndef STRATA_VERSION
#define STRATA_VERSION "unknown"
#endif

_Static_assert((int)STRATA_USAGE == ERR_USAGE && (int)STRATA_PERMISSION == ERR_PERM &&
		       (int)STRATA_IO == ERR_IO,
	       "the public codes are ours");

const char *strata_version(void)
{
	return STRATA_VERSION;
}

/* ---- errors ---- */

int lib_fail(struct strata_error *out, const struct err *e)
{
	if (!out)
		return -1;
	*out = (struct strata_error) { .code = e->code ? e->code : ERR_IO,
				       .lineno = e->lineno,
				       .column = e->col,
				       .span = e->span };
	snprintf(out->message, sizeof(out->message), "%s", e->msg);
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->line, sizeof(out->line), "%s", e->line);
	out->caret = e->col > e->cut ? e->col - 1 - e->cut : 0;
	if (out->caret > strlen(out->line))
		out->caret = (unsigned)strlen(out->line);
	return -1;
}

int lib_error(struct strata_error *out, int code, const char *fmt, ...)
{
	struct err e = { .code = code };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	return lib_fail(out, &e);
}

void *no_memory_at(struct strata_error *e)
{
	lib_error(e, ERR_IO, "no memory");
	return NULL;
}

/* Columns on a terminal of s[0..n): what continues a UTF-8 character has none. */
static unsigned columns(const char *s, size_t n)
{
	unsigned w = 0;

	for (size_t i = 0; i < n && s[i]; i++)
		w += ((unsigned char)s[i] & 0xc0) != 0x80;
	return w;
}

size_t strata_error_text(const struct strata_error *e, char *buf, size_t n)
{
	char place[320] = "", marks[sizeof(e->line) + 1];
	int done;

	if (e->name[0] && e->lineno)
		snprintf(place, sizeof(place), "%s:%u:%u: ", e->name, e->lineno, e->column);
	if (e->lineno) {
		size_t len = strlen(e->line), at = e->caret < len ? e->caret : len;
		size_t span = e->span < len - at ? e->span : len - at;
		unsigned w = columns(e->line + at, span);

		w = w ? w : 1;
		memset(marks, '^', w);
		marks[w] = '\0';
		done = snprintf(buf, n, "%s%s\n  %s\n  %*s%s", place, e->message, e->line,
				(int)columns(e->line, at), "", marks);
	} else {
		done = snprintf(buf, n, "%s%s", place, e->message);
	}
	return done < 0 ? 0 : (size_t)done;
}

/* ---- time, chance ---- */

int64_t strata_now(void)
{
	return clock_mono();
}

int64_t strata_in(int64_t ns)
{
	int64_t now = strata_now();

	if (ns > 0 && now > INT64_MAX - ns)
		return INT64_MAX;
	return ns < -now ? 0 : now + ns;
}

uint64_t lib_seed(uint64_t seed)
{
	if (seed)
		return seed;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)strata_now();
	return seed;
}

/* ---- protocols ---- */

static int load(struct registry *r, const struct strata_options *o, struct err *e)
{
	char name[32];

	if (registry_load_builtins(r, e) < 0 || (o->user_folder && registry_load_user(r, e) < 0))
		return -1;
	for (size_t i = 0; i < o->nprotocol_files; i++)
		if (registry_load_file(r, o->protocol_files[i], e) < 0)
			return -1;
	for (size_t i = 0; i < o->nprotocol_texts; i++) {
		const char *text = o->protocol_texts[i];

		snprintf(name, sizeof(name), "text %zu", i + 1);
		if (registry_load(r, name, text, strlen(text), false, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < o->ndecode_as; i++)
		if (registry_bind_text(r, o->decode_as[i], e) < 0)
			return -1;
	return registry_freeze(r, e);
}

struct strata *strata_open_with(const struct strata_options *o, struct strata_error *e)
{
	static const struct strata_options none;
	struct strata *s = calloc(1, sizeof(*s));
	struct err why = { 0 };

	if (!s)
		return no_memory_at(e);
	o = o ? o : &none;
	s->plan_flags = o->no_files ? PLAN_NO_FILES : 0;
	s->reg = registry_open();
	if (!s->reg)
		err_set(&why, ERR_IO, "no memory");
	if (!s->reg || load(s->reg, o, &why) < 0) {
		lib_fail(e, &why);
		strata_close(s);
		return NULL;
	}
	return s;
}

struct strata *strata_open(const char *const *protocol_files, size_t n, struct strata_error *e)
{
	struct strata_options o = { .protocol_files = protocol_files, .nprotocol_files = n };

	return strata_open_with(&o, e);
}

void strata_close(struct strata *s)
{
	if (!s)
		return;
	registry_close(s->reg);
	free(s);
}

const char *strata_redefined(const struct strata *s, size_t i)
{
	return i > UINT32_MAX ? NULL : registry_redefined(s->reg, (unsigned)i);
}

static void protocol_about(const struct proto *p, struct strata_protocol *out)
{
	*out = (struct strata_protocol) { .name = p->name,
					  .title = p->title,
					  .doc = p->doc,
					  .reference = p->ref,
					  .file = p->file,
					  .nfields = p->rec.nfields,
					  .builtin = p->builtin };
}

size_t strata_protocols(const struct strata *s)
{
	return registry_count(s->reg);
}

int strata_protocol_at(const struct strata *s, size_t i, struct strata_protocol *out)
{
	if (i >= registry_count(s->reg))
		return 0;
	protocol_about(registry_at(s->reg, (unsigned)i), out);
	return 1;
}

int strata_protocol_find(const struct strata *s, const char *name, struct strata_protocol *out)
{
	const struct proto *p = registry_find(s->reg, name, strlen(name));

	if (!p)
		return 0;
	protocol_about(p, out);
	return 1;
}

int strata_field_known(const struct strata *s, const char *name, struct strata_error *e)
{
	struct err why = { 0 };
	struct filter *f;
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789_.-");

	/* A display filter of this one name asks whether the field is there. */
	if (!n || name[n])
		return lib_error(e, ERR_USAGE, "'%.*s' is no field's name", 80, name);
	f = filter_parse(s->reg, name, n, &why);
	if (!f)
		return lib_fail(e, &why);
	filter_close(f);
	return 1;
}

/* ---- display filters ---- */

struct strata_filter {
	struct filter *f;
	struct filter_work work;
};

struct strata_filter *strata_filter_open(const struct strata *s, const char *text,
					 struct strata_error *e)
{
	struct strata_filter *f = calloc(1, sizeof(*f));
	struct err why = { 0 };

	if (!f)
		return no_memory_at(e);
	f->f = filter_parse(s->reg, text, strlen(text), &why);
	if (f->f)
		return f;
	lib_fail(e, &why);
	free(f);
	return NULL;
}

void strata_filter_close(struct strata_filter *f)
{
	if (!f)
		return;
	filter_close(f->f);
	filter_work_done(&f->work);
	free(f);
}

bool strata_filter_match(struct strata_filter *f, const struct strata_packet *p)
{
	return filter_match(f->f, &p->pkt, &f->work);
}
