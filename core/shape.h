/* SPDX-License-Identifier: BSD-2-Clause */
/* The compact form of a description that the dissector's loop reads: a cache line for each protocol
 * with small opcodes for guard, bound, header length and selector, and direct tables from selector
 * values to what follows. Made once, when a registry is frozen; read-only and shared afterwards. */
#ifndef STRATA_CORE_SHAPE_H
#define STRATA_CORE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/proto.h"

struct registry;

/* ---- expressions over fields at fixed places, without decoding ---- */

/* Beside enum expr_op: if the value on top is false (CODE_IF) or true (CODE_UNLESS), that is the
 * answer, and num ops are skipped. */
enum code_jump { CODE_IF = 200, CODE_UNLESS };

struct code_op {
	uint8_t op;    /* enum expr_op, enum code_jump; EX_FIELD: load */
	uint8_t width; /* load: bits */
	uint8_t le, sign;
	uint32_t bit; /* load: from the header's first bit. EX_IN: how many lo..hi pairs */
	int64_t num;  /* EX_NUM. EX_FIELD: the field, of which bits are loaded: bit << 8 | width */
};

#define CODE_STACK 32

struct code {
	const struct expr *expr; /* NULL: there is no such expression */
	const struct code_op *v; /* postfix; NULL: only decoding can tell */
	uint16_t n;
	uint32_t need; /* bytes that its loads reach into */
	/* Conditions on one byte each, without which the value is 0: the answer for each value of
	 * that byte. exact: together they are the whole truth. */
	uint8_t tables;
	bool exact;
	struct truth {
		uint32_t byte;
		uint64_t of[4];
	} truth[2];
};

/* Value of c over the header's first n bytes; what lies beyond n counts as 0, as absent fields do.
 * c->v must not be NULL. */
int64_t code_run(const struct code *c, const uint8_t *p, uint32_t n);
/* Is it true (not 0)? The same rules, faster where there is a table. */
static inline bool truth_of(const struct truth *t, const uint8_t *p, uint32_t n)
{
	return t->byte < n && t->of[p[t->byte] >> 6] >> (p[t->byte] & 63) & 1;
}
/* May it be true, as far as the tables know? For c->v NULL too. */
static inline bool code_may(const struct code *c, const uint8_t *p, uint32_t n)
{
	return (c->tables == 0 || truth_of(&c->truth[0], p, n)) &&
	       (c->tables < 2 || truth_of(&c->truth[1], p, n));
}
static inline bool code_true(const struct code *c, const uint8_t *p, uint32_t n)
{
	return code_may(c, p, n) && (c->exact || code_run(c, p, n) != 0);
}

/* ---- header lengths ---- */

enum size_op {
	SIZE_ADD,    /* n bits more */
	SIZE_EXPR,   /* value of code times m bytes more */
	SIZE_BOUND,  /* as many bytes more as the length rule (k, m, div) of value code claims */
	SIZE_TO,     /* up to bit n plus what the length rule claims */
	SIZE_ALIGN,  /* up to a multiple of n bytes */
	SIZE_UNLESS, /* if code is 0: skip n ops */
	SIZE_SWITCH, /* value of code outside lo..hi: skip n ops */
	SIZE_JUMP,   /* skip n ops */
	SIZE_PREFIX, /* a number of n bits (le), then as many bytes */
	SIZE_REST,   /* up to the bound */
	SIZE_WALK,   /* only decoding can tell */
};

struct size_step {
	uint8_t op;
	uint8_t le;
	uint32_t n;
	const struct code *code;
	int64_t lo, hi;
	int64_t k, m, div;
};

/* ---- shapes ---- */

enum shape_head {
	HEAD_CONST,
	HEAD_SCALED,
	HEAD_REST,
	HEAD_TABLE, /* one byte decides: cold->sizes[that byte], or two, each with a table */
	HEAD_USUAL, /* the bytes that decide are those of a header built by default: cold->usual */
	HEAD_STEPS,
	HEAD_WALK
};
enum shape_bound { BOUND_NONE, BOUND_BE16, BOUND_COLD };
enum shape_key { KEY_NONE, KEY_U8, KEY_U16, KEY_EITHER, KEY_COLD };

enum shape_flag {
	SHAPE_PAYLOAD = 1,    /* something may follow */
	SHAPE_BESIDE = 2,     /* another may follow beside it */
	SHAPE_COLD = 4,       /* extents need the long way: tail, odd bound, steps, walk, message */
	SHAPE_ASK = 8,        /* payload conditions must be asked each time */
	SHAPE_GUARD = 16,     /* the guard is more than the mask compare */
	SHAPE_MORE = 32,      /* more may follow than the key's table tells */
	SHAPE_ZERO_REST = 64, /* a length of 0 is not told */
	SHAPE_TOLD = 128,     /* HEAD_REST only where some length said where it ends; else decode */
	SHAPE_FILLS = 256,    /* the layer ends with its bound, not with its header */
	SHAPE_SELDOM = 512,   /* SHAPE_COLD only where cold->seldom says so */
	SHAPE_COMPARE = 1024, /* the guard is the mask compare; neither: there is none */
	SHAPE_STOPS = 2048    /* s_mask or SHAPE_ASK: the payload may be not looked into */
};

/* How a length field tells the end. */
enum end_form {
	END_NONE,
	END_LAYER,   /* off + bytes: end of the layer, fields after the payload included */
	END_PAYLOAD, /* off + start + bytes: end of the payload */
	END_WHOLE,   /* off + start + bytes: end of the layer */
	END_AFTER,   /* off + hlen + bytes: end of the payload */
	END_MESSAGE, /* the same as END_LAYER, from the `message` expression */
};

struct end_rule {
	const struct field *field; /* whose rule it is; NULL: message */
	uint8_t form;              /* enum end_form */
	bool fixed;                /* the field lies in the fixed part */
	uint32_t start;            /* END_PAYLOAD, END_WHOLE: bytes before the span */
};

struct space;

struct shape_cold {
	struct code guard, guess, opaque, excerpt, quotes, message;
	struct truth seldom; /* may a field be there whose rule tells the end? */
	/* Spaces, a bit each, in which some protocol may be guessed (bit 0: anywhere): those that
	 * this one carries, and those where it may be guessed itself. */
	uint64_t holds, looks;
	struct truth
		any; /* does opaque, excerpt or quotes hold, when one byte decides: any_known */
	bool any_known;
	uint16_t quoted; /* shape a quote begins with; 0: by the selector */
	struct end_rule end[4];
	uint8_t nend;
	const struct size_step *steps;
	/* HEAD_TABLE: bytes of header are sizes[q[h_off]] + sizes2[q[byte2]]; SIZE_UNKNOWN in
	 * either: run the steps. */
	const uint16_t *sizes, *sizes2;
	uint8_t byte2;
	uint16_t usual; /* HEAD_USUAL: its bytes when (8 bytes at h_off & mask) == value */
	uint64_t usual_mask, usual_value;
	uint16_t nsteps;
	uint16_t tail;                /* bytes of fields after the payload, when fixed */
	uint16_t tail_pad;            /* or: zero bytes up to a multiple of this */
	bool tail_walk;               /* or: only decoding can tell */
	struct code *carries_cond;    /* [ncarries] */
	const struct space **carries; /* [ncarries]; NULL: nobody is bound there */
	const uint16_t *always;       /* shapes always over it, 0-terminated */
};

struct shape {
	uint16_t min;   /* bytes of the fixed part, that must be there before any fixed read */
	uint16_t id;    /* its place in the array */
	uint16_t flags; /* enum shape_flag */
	uint8_t head, bound, key;
	uint8_t h_off, t_off, g_off, s_off, k_off, k2_off;
	uint16_t t_min; /* the least claim that a bound may make */
	uint16_t h_mask, s_mask;
	uint16_t g_mask, g_val, g_range;      /* guard: (uint16_t)((be16 & mask) - val) <= range */
	uint32_t h_mul, h_add;                /* hlen = ((be16 & mask) * mul >> 16) + add */
	uint32_t t_add;                       /* claimed end = off + be16 + t_add */
	union {                               /* keyed by the raw load */
		const uint16_t *next8;        /* KEY_U8 */
		const struct table16 *next16; /* KEY_U16, KEY_EITHER */
	};
	const struct proto *proto;
	const struct shape_cold *cold;
};
_Static_assert(sizeof(struct shape) == 64, "a shape is a cache line");

/* 128 KiB do not stay in the cache where values are at random (ports); the bits before them do. */
struct table16 {
	uint64_t some[65536 / 64]; /* is there an entry? */
	uint16_t to[65536];
};

/* The entry for a value of which most have none. */
static inline uint16_t table16_rare(const struct table16 *t, uint16_t v)
{
	return t->some[v >> 6] >> (v & 63) & 1 ? t->to[v] : 0;
}

/* What a selector value leads to: 0 nothing; up to shapes.n a shape; above it a chain. */
struct chain {
	uint16_t n;
	uint16_t v[15];
};

struct wide {
	uint64_t lo, hi;
	uint16_t shape;
};

struct space {
	const char *name;    /* interned */
	uint64_t guess;      /* its bit in masks of spaces where some are guessed; 0: nobody is */
	uint16_t *t8;        /* [256], by value */
	struct table16 *t16; /* by the big-endian value as this machine loads it; or NULL */
	struct wide *wide;
	uint32_t nwide, wide_cap; /* ranges above 65535, in order of trial */
};

struct shapes {
	struct shape *v; /* [n + 1], v[0] unused; v[i] is registry_at(i - 1) */
	uint16_t n;
	struct space *space;
	uint32_t nspaces;
	struct chain *chain; /* chain[id - n - 1] */
	uint32_t nchains, chain_cap, space_cap;
	const struct space *link;
	/* By the first byte: shapes that may be known by their looks, 0-terminated, or NULL; and
	 * the spaces they may be guessed in. */
	const uint16_t *guess[256];
	uint64_t guess_in[256];
	struct arena *mem; /* the registry's, in which all of this lies; NULL when done */
};

/* Compile every protocol of r and hang the result on it. Called by registry_freeze(). -1: memory.
 */
int shape_compile(struct registry *r, struct err *e);

/* The entry for a value of a space: 0, a shape or a chain; *wide_from is where to go on among wide
 * ranges. */
uint16_t space_entry(const struct space *sp, uint64_t value);

#define SIZE_UNKNOWN UINT16_MAX
/* Header length in bytes by c's steps, over have captured bytes of a header that may take bound
 * bytes. -1: irregular or beyond the bound; decode instead. */
int64_t size_run(const struct shape_cold *c, const uint8_t *q, uint32_t have, uint32_t bound);

/* ---- between the files of shape*.c ---- */

/* Width of a type when nothing can change it, bits; -1: it varies. */
int64_t type_fixed_bits(const struct type *t);
/* Bytes of the leading fields that are always there with a fixed width. */
uint32_t record_fixed_part(const struct record *rec, unsigned *nfields);
/* whole: nothing is cut, so a length field says how long a field is. out->v NULL: only decoding can
 * tell. -1: memory. */
int code_compile(struct arena *mem, const struct record *rec, uint32_t part, const struct expr *x,
		 bool whole, struct code *out);
/* Ask beforehand for each value of the byte, or the two, that decide, also where only decoding can
 * tell the whole truth; for code that is run often. */
void code_tables(const struct record *rec, uint32_t part, struct code *c);
int size_compile(struct arena *mem, const struct record *rec, uint32_t part, unsigned from,
		 struct shape_cold *c);
int spaces_compile(struct shapes *s, const struct registry *r);
const struct space *space_named(const struct shapes *s, const char *name);
/* If one byte decides the steps, or two independent of each other, their outcome for each value.
 * *byte: the first. 1: made. */
int size_table(struct arena *mem, struct shape_cold *c, uint32_t part, uint8_t *byte);
/* Compare the bytes that decide the steps with those of the header p is built with by default (hlen
 * bytes). *at: where the 8 bytes compared begin. False: they do not stand so close together. */
bool size_usual(struct shape_cold *c, uint32_t part, const uint8_t *p, uint32_t hlen, uint8_t *at);
/* The one byte that all loads of c touch; -1: more than one, -2: it loads nothing. */
int code_byte(const struct code *c);
/* Guard, payload conditions and their short cuts. */
int shape_conditions(struct arena *mem, struct shape *s, struct shape_cold *c);

#endif
