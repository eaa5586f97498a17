/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the notation's reader share. Not for use outside notation/. */
#ifndef STRATA_NOTATION_PARSER_H
#define STRATA_NOTATION_PARSER_H

#include <string.h>
#include <strings.h>

#include "notation/notation.h"

#define PATH_DEPTH 96 /* names and indexes in one path */
#define EVAL_WORK 1000000u
#define INDEX_MAX 4095 /* list items are numbered 0.. */

struct parser {
	struct plan *p;
	const struct registry *reg;
	unsigned flags;
	struct err *e;
	const char *s; /* the plan's copy of the text */
	size_t n, at;
	const struct solid *solid;
	unsigned nsolid;
	int32_t link;  /* link=; -1: not said */
	int64_t wire;  /* wire=; -1: not said */
	unsigned work; /* evaluations left: a description cannot make this explode */
};

struct span_text { /* a piece of text: of the user's, or made from it in the plan's memory */
	const char *s;
	size_t n;
};

/* ---- text.c ---- */

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool is_name(char c) /* letters, digits, '_', '-' and '.' */
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
	       c == '-' || c == '.';
}
static inline bool begins(const char *s, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && memcmp(s, with, k) == 0;
}
static inline bool same(const char *s, size_t n, const char *with)
{
	return n == strlen(with) && memcmp(s, with, n) == 0;
}

/* ERR_USAGE at text offset at. Returns -1. */
int text_fail(struct parser *ps, size_t at, size_t span, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same under s[0..n) when that lies in the user's text, else under the value of `say`. */
int text_fail_in(struct parser *ps, const struct say *say, const char *s, size_t n, const char *fmt,
		 ...) __attribute__((format(printf, 5, 6)));
int text_nomem(struct parser *ps);
void text_skip(struct parser *ps);
/* End of the word that begins at `at` (quotes and solid spans respected); -1: quote not closed. */
int text_word_end(struct parser *ps, size_t at, size_t *end);
/* Index of the next `c` in s[from..n) that stands outside quotes; n if none. */
size_t text_find(const char *s, size_t n, size_t from, char c);
/* Offset just after the quoted string that begins at s[0] == quote; 0: it does not end. */
size_t text_quoted_end(const char *s, size_t n);
/* Bytes of the quoted string s[0..n), quotes included, into the plan's memory. */
int text_unquote(struct parser *ps, const struct say *say, const char *s, size_t n,
		 struct span_text *out);
/* Decimal or 0x number; -1: none. */
int text_number(const char *s, size_t n, uint64_t *v);

/* ---- parse.c ---- */

/* Read the packet that begins at ps->at, ps->s not yet being the plan's own copy. */
int parse_packet(struct parser *ps);
/* One of link= and wire= at ps->at: 1 it was, 0 it was not. */
int parse_prefix(struct parser *ps);

/* ---- path.c ---- */

#define TYPES_MAX 256 /* forms that a field may have (arms of arms) */

struct types { /* what the part of a path read so far may stand for */
	const struct type *v[TYPES_MAX];
	unsigned n;
};
/* Add type; a choose stands for its arms, in order. */
void types_add(struct types *t, const struct type *type);

struct say *say_new(struct parser *ps, struct say **list);
struct say *say_find(struct say *list, const char *name);
struct say *say_item(struct parser *ps, struct say *list, uint32_t index);
/* The say for path s[0..n) of a layer, made where it does not exist; NULL: e. */
struct say *say_path(struct parser *ps, struct plan_layer *l, const char *s, size_t n);
/* Set what was said; refuses the same field twice. text may be made, at and span are the user's. */
int say_set(struct parser *ps, struct say *say, const char *text, size_t n, size_t at, size_t span);
/* The name of the derived number `s` of type ("len", "width"), NULL: it has none. */
const char *derived_name(const struct type *type, const char *s, size_t n);
bool is_variable_width(const struct type *type);

/* ---- layers.c ---- */

/* A layer of the plan for proto (NULL: payload) after `sep` ('/', '+', 0: first). Fills gaps. */
struct plan_layer *layer_add(struct parser *ps, const struct proto *proto, char sep, size_t at,
			     size_t span);

/* ---- settle.c ---- */

struct scope { /* an instance of a record within what was said */
	const struct scope *up;
	const struct record *rec;
	struct say **says;
	unsigned layer;
};

/* Give every raw text of layer i its meaning, and set what it implies. */
int settle_layer(struct parser *ps, unsigned i);
int settle_record(struct parser *ps, const struct scope *sc, unsigned depth);
/* The arm that a choose has in this scope; NULL: it cannot be told, *stuck being the choose. */
const struct type *settle_arm(struct parser *ps, const struct scope *sc, const struct type *type,
			      const struct type **stuck);

/* ---- values.c, bytes.c ---- */

/* A leaf's raw text to a value or a sweep. */
int leaf_set(struct parser *ps, const struct scope *sc, const struct field *f,
	     const struct type *type, struct say *say, bool item);
/* Bytes in payload form; literal: anything else is itself. 1: rand:n, only *len set. */
int bytes_form(struct parser *ps, const struct say *say, const char *s, size_t n, bool literal,
	       const uint8_t **p, uint32_t *len);
/* Is s[0..n) the beginning of a payload word? */
bool is_payload_word(const char *s, size_t n);
/* A payload or trailer: say->text to say->cur, with each: and rand:. */
int payload_set(struct parser *ps, unsigned layer, struct say *say, bool literal);
int hex_bytes(struct parser *ps, const struct say *say, const char *s, size_t n, const uint8_t **p,
	      uint32_t *len);

/* ---- items.c ---- */

int list_set(struct parser *ps, const struct scope *sc, const struct field *f,
	     const struct type *type, struct say *say);
int struct_set(struct parser *ps, const struct scope *sc, const struct type *type, struct say *say,
	       const char *s, size_t n);
/* The field of rec whose words name the arms of its choose field; NULL. *choose: that field. */
const struct field *choose_word_field(const struct record *rec, const struct field **choose);

/* ---- ranges.c ---- */

struct leaf { /* whose value is being read */
	struct parser *ps;
	const struct scope *sc;
	const struct field *f;
	const struct type *type;
	struct say *say;
};

struct sweep_item;

bool leaf_has_word(const struct leaf *l, const char *s, size_t n);
unsigned leaf_width(const struct type *type); /* bits; 0: not fixed */
/* Cut %eth0 off an address, and keep it. */
int leaf_scope(const struct leaf *l, const char *s, size_t *n);
/* One value; e tells why not, without a place in the whole text. */
int leaf_try(const struct leaf *l, const char *s, size_t n, struct value *v, struct err *e);
/* That error with its place. */
int leaf_fail(const struct leaf *l, const char *s, size_t n, const struct err *e);
int leaf_item(const struct leaf *l, const char *s, size_t n, struct sweep_item *it);

/* ---- imply.c ---- */

struct known {
	bool ok;
	int64_t v;
};

struct known say_eval(struct parser *ps, const struct scope *sc, const struct expr *x);
/* Rule 6: make the condition of f hold where the user left that open. */
int imply(struct parser *ps, const struct scope *sc, const struct field *f, const struct say *say);
/* The same for the condition on which layer i carries `upper`, which stands at[0..span). Where it
 * cannot hold, all stays as it was said. */
int imply_carried(struct parser *ps, unsigned i, const struct proto *upper, size_t at, size_t span);

/* ---- sweep.c ---- */

typedef unsigned __int128 u128;

enum item_form { ITEM_ONE, ITEM_RANGE, ITEM_RAND, ITEM_INC, ITEM_BYTES, ITEM_RAND_BYTES };

struct sweep_item {
	enum item_form form;
	uint64_t count;      /* steps */
	u128 lo, hi;         /* both included; INC: start, step */
	u128 all_lo, all_hi; /* sweep_has: networks with both ends */
	const uint8_t *p;    /* BYTES */
	uint32_t len;
};

struct sweep *sweep_new(struct parser *ps, unsigned layer, struct say *say, const struct field *f,
			const struct type *type, unsigned nitem);
void sweep_finish(struct sweep *s);
/* After the last one: how fast each changes; then step 0. */
void sweeps_settle(struct plan *p);
u128 value_wide(const struct type *type, const struct value *v);
/* Make say a sweep of fresh values of f. */
int sweep_fresh(struct parser *ps, unsigned layer, struct say *say, const struct field *f);

#endif
