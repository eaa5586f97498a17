/* SPDX-License-Identifier: BSD-2-Clause */
/* What template.c (what varies) and template_sums.c (what hangs on it) share. */
#ifndef STRATA_CRAFT_TEMPLATE_IMPL_H
#define STRATA_CRAFT_TEMPLATE_IMPL_H

#include <endian.h>

#include "core/bits.h"
#include "core/plan.h"
#include "notation/notation.h"

#define PIECES_MAX 64
#define SUMS_MAX 16
#define TABLE_BYTES 64 /* bytes of pieces for which a CRC keeps tables */

enum piece_from {
	FROM_NUM,   /* say->cur.num */
	FROM_BYTES, /* up to 8 bytes of say->cur.p */
	FROM_RUN,   /* all bytes of say->cur.p */
	FROM_SUM,   /* a checksum that another one covers */
};

struct piece {
	const struct say *say;
	uint32_t bit, bits, len;
	uint32_t skip; /* FROM_BYTES: into say->cur.p */
	uint8_t from;
	bool le, sign;
	uint64_t fold; /* its present value, summed to at most 33 bits */
	uint64_t v;    /* its present value */
};

#define FLAT_OPS 16
#define FLAT_SUMS 3

/* A piece that is written whole: what it holds counts from step to step (struct linear of the
 * notation), or is taken from *v. */
struct flat_op {
	uint64_t x, by, mask, lo, bits; /* lo + (x & mask), & bits */
	uint64_t turn, left;            /* steps up to the next value; values up to the first */
	const uint64_t *v;              /* NULL: it counts */
	uint32_t at, bytes, coef[FLAT_SUMS]; /* place; what it weighs in each sum */
	uint64_t first, stride, count;
};

/* The whole of a packet's changes as a list, where they are all of the common kind. */
struct flat {
	bool tried, works, standing;
	bool counted;         /* nothing but counters */
	uint64_t i, at, seed; /* the step to be written; the one that the counters stand at */
	unsigned nops, nsums, nothers;
	struct flat_op op[FLAT_OPS];
	struct {
		uint64_t base;
		uint32_t at, coef[FLAT_SUMS]; /* coef: of the sums before it */
		bool zero_none;
	} sum[FLAT_SUMS];
	unsigned other[FLAT_OPS]; /* sweeps that do not count */
};

struct sum_patch {
	unsigned layer;
	uint32_t node;
	unsigned piece;      /* it is itself this piece */
	enum sum_form form;  /* SUM_INET: coef; SUM_CRC: table; else summed anew */
	bool zero_none, bad; /* 0 is sent as all ones; spoiled on purpose */
	bool anew;           /* read the packet each time */
	bool quick;          /* an Internet sum of the common kind */
	uint64_t base;
	uint8_t deps[PIECES_MAX];  /* the pieces that it covers */
	uint32_t coef[PIECES_MAX]; /* what they weigh, modulo 65535 */
	unsigned ndeps;
	uint64_t (*table)[256]; /* for each byte of each piece */
};

struct template
{
	struct plan *plan;
	struct build build, check;
	struct piece piece[PIECES_MAX]; /* those that vary, then the sums */
	struct flat flat;
	unsigned npieces, nvary;
	struct sum_patch sum[SUMS_MAX];
	unsigned nsums;
	unsigned checked;
	bool patches;
	bool reads; /* a sum is made by reading the packet, which is the build's own */
	const char *why;
};

/* Find every computed checksum and what the pieces add to it. Returns why not, or NULL. */
const char *sums_find(struct template *t);
/* Write them all for the pieces' present values. */
void sums_put(struct template *t, uint8_t *b);

/* The value that a piece's say holds now, as the big-endian number that stands in the packet.
 * False: it does not fit. */
bool piece_value(const struct piece *p, uint64_t *v);
/* The values of step i, for put. False: not by the list. */
bool flat_step(struct template *t, uint64_t i, uint64_t seed);
/* The same where there is nothing else to be done. */
static inline bool flat_quick(struct template *t, uint64_t i, uint64_t seed)
{
	struct flat *f = &t->flat;

	f->i = i;
	return f->works && f->counted && f->seed == seed;
}
void flat_put(struct template *t, uint8_t *frame);

/* Enough for 64 products with 16-bit weights to fit in 64 bits. */
static inline uint64_t fold33(uint64_t v)
{
	return (v & 0xffffffff) + (v >> 32);
}

static inline uint32_t fold16(uint64_t v)
{
	v = (v & 0xffffffff) + (v >> 32);
	v = (v & 0xffff) + (v >> 16 & 0xffff) + (v >> 32);
	return (uint32_t)((v & 0xffff) + (v >> 16));
}

/* A big-endian number; whole bytes of the common widths without a loop. */
static inline void put_bits(uint8_t *b, uint32_t bit, uint32_t bits, uint64_t v)
{
	if (bit % 8 == 0 && bits == 16) {
		uint16_t w = htobe16((uint16_t)v);

		memcpy(b + bit / 8, &w, 2);
	} else if (bit % 8 == 0 && bits == 32) {
		uint32_t w = htobe32((uint32_t)v);

		memcpy(b + bit / 8, &w, 4);
	} else {
		bits_put(b, bit, bits, v);
	}
}

#endif
