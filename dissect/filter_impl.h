/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter's compact form: short-circuit code over tests, each test over operands that stand for
 * any number of values. Not for use outside dissect/filter*.c. */
#ifndef STRATA_DISSECT_FILTER_IMPL_H
#define STRATA_DISSECT_FILTER_IMPL_H

#include <regex.h>

#include "core/alias.h"
#include "core/arena.h"
#include "core/shape.h"
#include "dissect/filter.h"
#include "dissect/names.h"

enum ref_form {
	REF_PROTO,   /* a layer, whole */
	REF_FIELD,   /* fields of a layer, by steps from its root */
	REF_ANY,     /* every node of one field, however deep */
	REF_PAYLOAD, /* the payload of a layer */
	REF_FRAME,   /* the whole packet's bytes */
	REF_NUMBER,  /* a number about the packet: enum frame_number */
	REF_STACK,   /* names of the layers, colons between */
	REF_DATA,    /* bytes that no layer took */
	REF_IFNAME,  /* of the interface */
	REF_COMMENT, /* each comment of the packet */
	REF_STATUS,  /* of a checksum: enum sum_status */
	REF_ALIAS,   /* an arm of a choose, an inline length, a view */
};

enum frame_number {
	FRAME_LEN,
	FRAME_CAP_LEN,
	FRAME_NUMBER,
	FRAME_TIME,
	FRAME_INTERFACE,
	FRAME_LINK,
	FRAME_DATA_LEN, /* of the bytes that no layer took; none: absent */
	FRAME_MARKED,   /* some layer is flagged */
};

struct ref_step {
	const char *name; /* interned name of a field; NULL: an item */
	uint32_t index;   /* item */
};

struct quick {                  /* a view that is made of fields at fixed places */
	struct code view, cond; /* view.v NULL: it is ref.field itself */
	uint32_t bit, bits;     /* those fields, in the header */
	uint32_t need;          /* bytes of the header that they reach into */
};

struct ref { /* one way to what a name stands for */
	uint8_t form;
	uint8_t number; /* REF_NUMBER */
	const struct proto *proto;
	unsigned nth;              /* the nth layer of proto; 0: any */
	const struct field *field; /* the last one */
	struct alias alias;        /* REF_ALIAS */
	const struct quick *quick; /* REF_ALIAS; NULL: it has to be looked for */
	const struct ref_step *step;
	unsigned nsteps;
	const struct word *word; /* a flag of the field: 1 when set, else 0 */
	bool fixed;              /* may be read at field->fixed_bit */
	struct ref *next;
};

enum fn { FN_NONE, FN_LEN, FN_COUNT, FN_UPPER, FN_LOWER };

struct slice {
	int32_t from,
		to; /* to: one past the last; from the end when negative; INT32_MAX: the end */
};

/* A literal as one type of field reads it. */
struct reading {
	const struct field *field; /* many have one type, and each has its own words */
	const struct type *type;   /* NULL: as bytes, text or a plain number, not by a field */
	struct value v;
	uint8_t addr[16], mask[16]; /* KIND_ADDR: with a network's mask */
	bool masked;
};

struct literal {
	const char *text; /* unquoted */
	uint32_t len, at, span;
	bool quoted;
	struct reading *reading;
	unsigned nreadings;
	uint8_t *bytes; /* as hex pairs, or the quoted text itself; NULL: it is neither */
	uint32_t nbytes;
	bool has_num;
	uint64_t num;
};

struct operand {
	struct ref *ref; /* alternatives; NULL: a literal */
	uint8_t fn;      /* enum fn */
	struct slice *slice;
	unsigned nslices;
	uint64_t mask; /* `& number`; 0: none */
	struct literal lit;
	uint32_t at, span;
};

enum cmp {
	CMP_EXISTS,
	CMP_EQ,
	CMP_ALL_EQ,
	CMP_NE, /* all differ */
	CMP_ANY_NE,
	CMP_LT,
	CMP_LE,
	CMP_GT,
	CMP_GE,
	CMP_CONTAINS,
	CMP_MATCHES,
	CMP_IN,
};

struct range {
	struct literal lo, hi;
	bool has_hi;
};

struct test {
	struct operand a, b;
	uint8_t cmp; /* enum cmp */
	struct range *set;
	unsigned nset;
	regex_t re;
	bool has_re;
	const struct direct *direct; /* NULL: its values have to be visited */
};

/* Code: a boolean register; TEST sets it, jumps look at it. */
enum instr_op { I_TEST, I_NOT, I_JUMP_FALSE, I_JUMP_TRUE };
struct instr {
	uint8_t op;
	uint32_t arg;
};

struct filter {
	const struct registry *reg;
	const struct names *names; /* or NULL */
	struct arena mem;
	bool no_memory; /* for a name's places */
	const char *text;
	size_t len;
	struct instr *code;
	unsigned ncode, code_cap;
	struct test **test;
	unsigned ntests, test_cap;
};

/* filter_text.c: the user's text and how far it is read. */
struct filter_text {
	struct filter *f;
	const char *s; /* f->text, NUL-terminated */
	size_t len, at;
	unsigned depth;
	struct err *e;
};
int filter_fail(struct filter_text *p, size_t at, size_t span, const char *what);
int filter_no_memory(struct filter_text *p);
void filter_blanks(struct filter_text *p);
size_t filter_word(const struct filter_text *p);              /* letters, digits, _ . - at p->at */
bool filter_keyword(struct filter_text *p, const char *word); /* taken if it stands here, whole */
bool filter_symbol(struct filter_text *p, const char *sym);
/* A value; raw: backslashes in quotes stay (regular expressions). */
int filter_literal(struct filter_text *p, struct literal *lit, bool raw);

/* filter_operand.c: len( count( upper( lower( if one stands here; enum fn. */
uint8_t filter_function(struct filter_text *p);
/* `field`, `field#2`, `field[0:3]`, `len(field)`. */
int filter_operand(struct filter_text *p, struct operand *op);

/* filter_name.c: what s[0..n) stands for, as a chain of alternatives; NULL: unknown (no error set)
 * or memory. */
struct ref *filter_resolve(struct filter *f, const char *s, size_t n);
/* The nearest known name, appended to out; false: none is near. */
bool filter_suggest(const struct filter *f, const char *s, size_t n, struct buf *out);
/* Every leaf type that a field may have (arms of a choose, items of a list); how many. */
unsigned leaf_types(const struct type *t, const struct type **v, unsigned max);

/* filter_regex.c: is it small enough, once its repeats are written out, to be compiled, and
 * then matched? */
#define FILTER_REGEX_MOST 10000 /* pieces */
#define FILTER_REGEX_EMPTY 400  /* of them such as may be empty */
#define FILTER_REGEX_DEEP 4     /* repeats on repeats */
enum regex_size { REGEX_FITS, REGEX_LARGE, REGEX_BACK };
enum regex_size filter_regex_size(const char *s);

/* filter_value.c: read the literal for everything that the operand may be. -1: nothing it may be
 * takes it; e. */
int filter_read(struct filter *f, const struct operand *a, struct literal *lit, bool network,
		struct err *e);

/* One value that an operand stands for. */
struct got {
	const struct field *field; /* NULL: of no field */
	const struct type *type;   /* leaf; NULL: bytes */
	bool is_num, is_signed;
	uint64_t num;
	const uint8_t *p; /* bytes of the value (of the encoding when type is NULL) */
	uint32_t n;
	struct value v; /* for kinds that only print makes words of */
};

struct matching {
	const struct filter *f;
	const struct packet *p;
	struct filter_work *w;
	const struct test *t;
	const struct operand *op; /* whose values are being visited */
	const struct got *left;   /* for field against field */
	bool (*visit)(struct matching *m, const struct got *g);
	unsigned seen; /* values so far */
	uint64_t count;
};

/* filter_direct.c: can the test be made without visiting values? Then t->direct. False: memory is
 * out. */
bool direct_make(struct filter *f, struct test *t);
enum direct_says {
	DIRECT_NO,
	DIRECT_YES,
	DIRECT_ABSENT,
	DIRECT_ASK, /* it cannot be told so */
};
/* DIRECT_YES, DIRECT_NO or DIRECT_ASK. */
enum direct_says direct_test(const struct direct *d, const struct packet *p);

/* With the value v of byte `at` of a header of proto, may the test hold of a packet with one such
 * header? */
bool direct_may(const struct direct *d, const struct proto *proto, uint32_t at, uint8_t v);
/* The bytes of such a header that it looks at, a bit each. */
uint64_t direct_bytes(const struct direct *d, const struct proto *proto);

/* filter_each.c: visit every value of op until one visit says stop (true). */
bool filter_each(struct matching *m, const struct operand *op,
		 bool (*visit)(struct matching *m, const struct got *g));

#endif
