/* SPDX-License-Identifier: BSD-2-Clause */
/* One side of a comparison in a display filter: a name, with what may stand around it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/filter_impl.h"

static const char slice_form[] = "a slice is [offset:length], [first-last], [offset] or [:length]";

static int number(struct filter_text *p, int32_t *v)
{
	char *end;
	long n = strtol(p->s + p->at, &end, 10);

	if (end == p->s + p->at || n > (long)PACKET_MAX || n < -(long)PACKET_MAX)
		return filter_fail(p, p->at, 1, slice_form);
	p->at = (size_t)(end - p->s);
	*v = (int32_t)n;
	return 0;
}

static int one_slice(struct filter_text *p, struct slice *s)
{
	int32_t n;

	*s = (struct slice) { 0, INT32_MAX };
	filter_blanks(p);
	if (p->s[p->at] != ':' && number(p, &s->from) < 0)
		return -1;
	if (filter_symbol(p, ":")) {
		filter_blanks(p);
		if (p->s[p->at] == ']' || p->s[p->at] == ',')
			return 0;
		if (number(p, &n) < 0)
			return -1;
		if (n < 1)
			return filter_fail(p, p->at - 1, 1, slice_form);
		s->to = s->from + n;
		if (s->from < 0 && s->to >= 0)
			s->to = INT32_MAX;
		return 0;
	}
	s->to = s->from == -1 ? INT32_MAX : s->from + 1;
	if (filter_symbol(p, "-")) {
		if (number(p, &n) < 0)
			return -1;
		if (n < s->from || s->from < 0)
			return filter_fail(p, p->at - 1, 1, slice_form);
		s->to = n + 1;
	}
	return 0;
}

static int slices(struct filter_text *p, struct operand *op)
{
	struct slice v[16];

	while (filter_symbol(p, "[")) {
		do {
			if (op->nslices == 16)
				return filter_fail(p, p->at, 1, "at most 16 slices");
			if (one_slice(p, &v[op->nslices]) < 0)
				return -1;
			op->nslices++;
		} while (filter_symbol(p, ","));
		if (!filter_symbol(p, "]"))
			return filter_fail(p, p->at, 1, slice_form);
	}
	if (!op->nslices)
		return 0;
	op->slice = arena_alloc(&p->f->mem, op->nslices * sizeof(*v));
	if (!op->slice)
		return filter_no_memory(p);
	memcpy(op->slice, v, op->nslices * sizeof(*v));
	return 0;
}

/* A protocol that is known, and no field of it that is near: those it has. */
static int no_such_field(struct filter_text *p, const struct proto *proto, size_t at, size_t n)
{
	struct buf has = { 0 };
	size_t head = strcspn(p->s + at, ".") + 1;
	int rc;

	for (unsigned i = 0; i < proto->rec.nfields && has.n < 200; i++)
		buf_fmt(&has, "%s%s", i ? ", " : "", proto->rec.fields[i].name);
	rc = err_at(p->e, "", p->s, p->len, at, n, "%s has no field '%.*s'; it has %s", proto->name,
		    n - head > 60 ? 60 : (int)(n - head), p->s + at + head, buf_cstr(&has));
	buf_done(&has);
	return rc;
}

static int unknown_name(struct filter_text *p, size_t at, size_t n)
{
	const char *dot = memchr(p->s + at, '.', n);
	const struct proto *proto =
		dot ? registry_find(p->f->reg, p->s + at, (size_t)(dot - p->s) - at) : NULL;
	struct buf near = { 0 };
	int rc;

	if (n && strchr("0123456789", p->s[at]))
		rc = filter_fail(p, at, n, "a field or a protocol is expected here");
	else if (n && filter_suggest(p->f, p->s + at, n, &near))
		rc = err_at(p->e, "", p->s, p->len, at, n,
			    "there is no field or protocol '%.*s'; did you mean '%s'?",
			    n > 60 ? 60 : (int)n, p->s + at, buf_cstr(&near));
	else if (proto && dot + 1 < p->s + at + n)
		rc = no_such_field(p, proto, at, n);
	else
		rc = err_at(p->e, "", p->s, p->len, at, n,
			    n ? "there is no field or protocol '%.*s'"
			      : "a field or a protocol is expected here%.*s",
			    n > 60 ? 60 : (int)n, p->s + at);
	buf_done(&near);
	return rc;
}

uint8_t filter_function(struct filter_text *p)
{
	static const char *const names[] = { "", "len", "count", "upper", "lower" };
	size_t start = p->at;

	for (unsigned i = FN_LEN; i <= FN_LOWER; i++) {
		if (filter_keyword(p, names[i]) && filter_symbol(p, "("))
			return (uint8_t)i;
		p->at = start;
	}
	return FN_NONE;
}

/* `field`, `field#2`, `field[0:3]`, `len(field)`, `field & 2`. */
int filter_operand(struct filter_text *p, struct operand *op)
{
	size_t n;

	*op = (struct operand) { 0 };
	filter_blanks(p);
	op->fn = filter_function(p);
	filter_blanks(p);
	n = filter_word(p);
	op->at = (uint32_t)p->at;
	op->span = (uint32_t)n;
	op->ref = n ? filter_resolve(p->f, p->s + p->at, n) : NULL;
	if (p->f->no_memory)
		return filter_no_memory(p);
	if (!op->ref)
		return unknown_name(p, p->at, n);
	p->at += n;
	if (p->s[p->at] == '#' && isdigit((unsigned char)p->s[p->at + 1])) {
		unsigned long nth = strtoul(p->s + p->at + 1, NULL, 10);

		for (struct ref *r = op->ref; r; r = r->next)
			r->nth = nth > PACKET_LAYERS ? PACKET_LAYERS + 1 : (unsigned)nth;
		for (p->at++; isdigit((unsigned char)p->s[p->at]);)
			p->at++;
	}
	if (slices(p, op) < 0)
		return -1;
	if (op->fn && !filter_symbol(p, ")"))
		return filter_fail(p, p->at, 1, "')' is missing here");
	return 0;
}
