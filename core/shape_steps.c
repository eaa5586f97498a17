/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the steps that add up a header's length; and knowing the outcome beforehand, where one
 * byte, two bytes or the usual header decide it. What looks irregular is left to be decoded. */
#include <string.h>

#include "core/bits.h"
#include "core/packet.h"
#include "core/shape.h"

struct steps {
	const uint8_t *q;
	uint32_t have;  /* bytes captured */
	uint64_t bound; /* bits claimed */
	uint64_t pos;   /* bits */
};

static int64_t claims(const struct size_step *s, int64_t v)
{
	return v < 0 || v > UINT32_MAX ? -1 : (v * s->div + s->m - 1) / s->m - s->k;
}

/* One step; how many steps to skip after it, or -1: irregular. */
static int64_t one_step(struct steps *st, const struct size_step *s)
{
	int64_t v = s->code ? code_run(s->code, st->q, st->have) : 0;
	uint64_t unit = (uint64_t)s->n * 8;

	switch (s->op) {
	case SIZE_ADD: st->pos += s->n; return 0;
	case SIZE_EXPR:
		if (v < 0 || v > PACKET_MAX)
			return -1;
		st->pos += (uint64_t)v * (uint64_t)s->m * 8;
		return 0;
	case SIZE_BOUND:
	case SIZE_TO:
		v = claims(s, v);
		if (v < 0)
			return -1;
		st->pos = (s->op == SIZE_TO ? s->n : st->pos) + (uint64_t)v * 8;
		return 0;
	case SIZE_ALIGN: st->pos = (st->pos + unit - 1) / unit * unit; return 0;
	case SIZE_UNLESS: return v ? 0 : s->n;
	case SIZE_SWITCH: return v >= s->lo && v <= s->hi ? 0 : s->n;
	case SIZE_JUMP: return s->n;
	case SIZE_PREFIX:
		if (st->pos % 8 || st->pos + s->n > (uint64_t)st->have * 8)
			return -1;
		v = (int64_t)(s->le ? bits_get_le(st->q, st->pos, s->n)
				    : bits_get(st->q, st->pos, s->n));
		st->pos += s->n + (uint64_t)v * 8;
		return 0;
	case SIZE_REST: st->pos = st->bound; return 0;
	default: return -1;
	}
}

int64_t size_run(const struct shape_cold *c, const uint8_t *q, uint32_t have, uint32_t bound)
{
	struct steps st = { .q = q, .have = have, .bound = (uint64_t)bound * 8 };

	for (unsigned i = 0; i < c->nsteps; i++) {
		int64_t skip = one_step(&st, &c->steps[i]);

		if (skip < 0 || st.pos > st.bound)
			return -1;
		i += (unsigned)skip;
	}
	return (int64_t)((st.pos + 7) / 8);
}

/* Steps whose outcome hangs on nothing but what code loads; the rest depends on the packet. */
static bool tabled(const struct size_step *s)
{
	return s->op == SIZE_ADD || s->op == SIZE_EXPR || s->op == SIZE_BOUND ||
	       s->op == SIZE_ALIGN || s->op == SIZE_UNLESS || s->op == SIZE_SWITCH ||
	       s->op == SIZE_JUMP || s->op == SIZE_WALK || s->op == SIZE_REST;
}

/* Which bytes decide, two at most; false: more, or a step hangs on more than one. */
static bool deciding_bytes(const struct shape_cold *c, int byte[2])
{
	byte[0] = byte[1] = -1;
	for (unsigned i = 0; i < c->nsteps; i++) {
		const struct size_step *s = &c->steps[i];
		int b = s->code ? code_byte(s->code) : -2;

		if (!tabled(s) || b == -1)
			return false;
		if (b < 0 || b == byte[0] || b == byte[1])
			continue;
		if (byte[0] >= 0 && byte[1] >= 0)
			return false;
		byte[byte[0] >= 0] = b;
	}
	return byte[0] >= 0;
}

/* Do the two bytes add to the length each by itself? Nothing aligned, and nothing skipped by one
 * that hangs on the other. */
static bool independent(const struct shape_cold *c)
{
	for (unsigned i = 0; i < c->nsteps; i++) {
		const struct size_step *s = &c->steps[i];

		if (s->op == SIZE_ALIGN)
			return false;
		if (s->op != SIZE_UNLESS && s->op != SIZE_SWITCH)
			continue;
		for (unsigned k = i + 1; k <= i + s->n && k < c->nsteps; k++) {
			if (c->steps[k].code && code_byte(c->steps[k].code) >= 0 &&
			    code_byte(c->steps[k].code) != code_byte(s->code))
				return false;
		}
	}
	return true;
}

/* The outcome for each value of one byte, all others 0, less base. */
static uint16_t *outcomes(struct arena *mem, const struct shape_cold *c, int byte, int64_t base)
{
	uint16_t *v = arena_alloc(mem, 256 * sizeof(*v));
	uint8_t probe[256] = { 0 };

	for (unsigned i = 0; v && i < 256; i++) {
		int64_t n;

		probe[byte] = (uint8_t)i;
		n = size_run(c, probe, sizeof(probe), UINT16_MAX);
		/* What reached the bound took the rest: that is the packet's business. */
		v[i] = n < base || n >= UINT16_MAX ? SIZE_UNKNOWN : (uint16_t)(n - base);
	}
	return v;
}

int size_table(struct arena *mem, struct shape_cold *c, uint32_t part, uint8_t *byte)
{
	uint8_t zero[256] = { 0 };
	int at[2];
	int64_t base;

	if (!deciding_bytes(c, at) || at[0] >= (int)part || at[1] >= (int)part || part > 256)
		return 0;
	base = size_run(c, zero, sizeof(zero), UINT16_MAX);
	if (at[1] >= 0 && (!independent(c) || base < 0 || base >= UINT16_MAX))
		return 0;
	c->sizes = outcomes(mem, c, at[0], 0);
	if (at[1] >= 0) {
		c->sizes2 = outcomes(mem, c, at[1], base);
		c->byte2 = (uint8_t)at[1];
	} else {
		c->sizes2 = arena_alloc(mem, 256 * sizeof(*c->sizes2));
		c->byte2 = (uint8_t)at[0];
	}
	*byte = (uint8_t)at[0];
	return c->sizes && c->sizes2 ? 1 : -1;
}

bool size_usual(struct shape_cold *c, uint32_t part, const uint8_t *p, uint32_t hlen, uint8_t *at)
{
	uint8_t seen[256] = { 0 };
	unsigned lo = 256, hi = 0;

	for (unsigned i = 0; i < c->nsteps; i++) {
		const struct code *code = c->steps[i].code;

		if (!tabled(&c->steps[i]))
			return false;
		for (unsigned k = 0; code && k < code->n; k++) {
			const struct code_op *op = &code->v[k];

			for (unsigned b = op->bit / 8;
			     op->op == EX_FIELD && b <= (op->bit + op->width - 1) / 8; b++) {
				if (b >= sizeof(seen))
					return false;
				seen[b] = 1;
				lo = b < lo ? b : lo;
				hi = b > hi ? b : hi;
			}
		}
	}
	if (lo > hi || hi - lo >= 8 || part < 8 || hlen < part || part > sizeof(seen) ||
	    size_run(c, p, hlen, UINT16_MAX) != hlen)
		return false;
	if (lo + 8 > part)
		lo = part - 8;
	for (unsigned i = 0; i < 8; i++) {
		if (seen[lo + i])
			memset((uint8_t *)&c->usual_mask + i, 0xff, 1);
	}
	memcpy(&c->usual_value, p + lo, 8);
	c->usual_value &= c->usual_mask;
	c->usual = (uint16_t)hlen;
	*at = (uint8_t)lo;
	return true;
}
