/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the loader and of the registry share: the registry's own struct, source texts
 * and their places, and the parser's state. Not for use outside core/. */
#ifndef STRATA_CORE_LOAD_H
#define STRATA_CORE_LOAD_H

#include <stddef.h>
#include <string.h>

#include "core/arena.h"
#include "core/lex.h"
#include "core/registry.h"

#define FILE_MAX_BYTES (1u << 20)
#define PROTOS_MAX 2000u
#define RECORDS_MAX 20000u
#define FIELDS_MAX 1024u
#define WORDS_MAX 16384u
#define ARMS_MAX 4096u
#define EXPR_DEPTH 64u
#define TYPE_DEPTH 16u
#define RECORD_DEPTH 32u
#define FREEZE_WORK 200000000u /* steps that checking one registry may take */

/* ---- growing arrays in an arena ---- */

struct vec {
	void *p;
	uint32_t n, cap;
};
/* A zeroed slot at the end; NULL when memory is out. */
void *vec_push(struct arena *a, struct vec *v, size_t size);
#define VEC_AT(type, v, i) (&((type *)(v).p)[i])

/* ---- interned names ---- */

struct symbol {
	uint32_t hash, len;
	uint32_t mark;             /* scratch: which check saw it last */
	const struct proto *proto; /* in lower case, after freeze: whose name it is; or NULL */
	char s[];
};
static inline struct symbol *symbol_of(const char *interned)
{
	return (struct symbol *)(uintptr_t)(interned - offsetof(struct symbol, s));
}
/* Give the symbols their protocols, so that registry_find() need not search. */
int freeze_find(struct registry *r, struct err *e);
/* The symbol of name in lower case, for comparing without case. */
struct symbol *symbol_folded(struct registry *r, const char *name);

/* ---- what the parser keeps beside the public structs ---- */

struct source {
	const char *name, *text;
	uint32_t len;
	bool builtin;
	bool foreign; /* something in it uses a struct or word table of another file */
	bool hollow; /* one of its protocols was redefined: some structs may have lost their user */
};

struct lexpr { /* every expression of a description is one of these */
	struct expr x;
	uint32_t at, span;
	uint8_t depth;
};
static inline const struct lexpr *lexpr_of(const struct expr *x)
{
	return (const struct lexpr *)x;
}

#define TYPES_AT_ONCE 256
struct ltype { /* every type of a description is one of these */
	struct type t;
	uint32_t at, span;
	const char *rec_name; /* TYPE_STRUCT, until it is resolved */
};
static inline const struct ltype *ltype_of(const struct type *t)
{
	return (const struct ltype *)t;
}

struct place {
	uint32_t at, span;
};

struct fsrc { /* beside each struct field */
	struct place name, rule, words, cond, zero, since;
	const char *words_name;       /* shared table, until it is resolved */
	const struct expr *rule_expr; /* `= EXPR`, until it is judged */
};

struct table {          /* a shared word table */
	struct words w; /* first: a shared struct words is the table's */
	struct source *src;
	uint32_t seen;
	struct place name;
};

struct osrc { /* beside each struct over */
	struct place name, value;
};

struct announce_src { /* beside each struct announce */
	struct place proto, space;
};

struct unit { /* beside each record */
	struct record *rec;
	struct proto *proto; /* NULL: a struct */
	struct source *src;
	struct fsrc *f;
	struct osrc *over;
	struct place name;
	struct announce_src *announce_src;
	struct place *pseudo_over, *carries, *wants, *anew, *summary, quotes, scale, has[2];
	uint32_t nosrc;
	struct vec containers;     /* struct unit *: records that hold this struct */
	struct vec children;       /* struct unit *: structs that this record holds */
	const struct proto *owner; /* first protocol it belongs to */
	uint8_t depth;             /* of directly nested structs, once known */
	uint32_t seen;             /* scratch: which search saw it last */
	bool open;                 /* on the stack of the search for that depth */
	bool item;                 /* of some list */
};

struct bind {
	const char *space;
	uint64_t value;
	const char *proto;
};

struct rider {
	const struct proto *proto;
	uint64_t lo, hi;
};
struct carrier {
	const struct proto *proto;
	const struct carries *cr;
};
struct rspace {
	const char *name;
	struct vec riders, carriers; /* in order of declaration */
};

struct registry {
	struct arena mem;
	struct symbol **tab;
	uint32_t nsym, tabcap, mark;
	struct vec units;     /* struct unit *: protocols' (live ones) and structs' */
	struct vec protos;    /* struct proto * */
	struct vec tables;    /* struct table * */
	struct vec binds;     /* struct bind */
	struct vec spaces;    /* struct rspace, after freeze */
	struct vec redefined; /* const char * */
	struct vec guessed;   /* const struct proto *, by name, after freeze */
	struct host_names {
		struct arena mem;
		struct host_name *v;
		uint32_t n, cap;
	} hosts; /* kept when the built-ins are taken as they were frozen */
	bool frozen, strict, named;
	bool later; /* the built-ins are asked for, and nothing else yet: see registry_builtin.c */
	uint64_t work;
	struct shapes *shapes;
	struct ltype *spare_type;
	unsigned spare_types;
};

/* ---- the parser ---- */

struct field_ref { /* a name of an own field, looked up when the record is complete */
	const char *name;
	struct place at;
	uint16_t *dst;
};
struct span_ref {
	struct span *dst;
	int32_t field; /* >= 0: dst is the nth of this field's rule, and fields move as they grow */
	uint32_t nth;
	const char *from, *to;
	struct place at;
};

struct pvecs;
struct load {
	struct registry *r;
	struct source *src;
	const char *text;
	uint32_t len;
	struct token t;         /* the current token */
	uint32_t prev_end;      /* end of the token before it */
	uint32_t line_at, line; /* line number of an offset, as far as it was counted */
	unsigned nest;          /* brackets open in this field: newlines are blanks */
	unsigned expr_depth, type_depth;
	bool le;                 /* endian little */
	struct unit *u;          /* the record being read */
	struct vec fields, fsrc; /* of that record */
	struct pvecs *pv;        /* directives of that protocol; NULL: a struct */
	struct vec refs, spans;  /* struct field_ref, struct span_ref of that record */
	struct vec views;        /* struct view of that record */
	struct vec secrets;      /* struct secret */
	struct vec announces, announce_src;
	struct vec teaches;       /* struct teach of that record */
	int npre;                 /* -1: no `payload` line yet */
	struct vec units, tables; /* of this file, until it is known to be right */
	struct err *e;
};

/* -1 with the error set at a place of the source, or at the current token. */
int load_fail(struct load *l, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int load_expected(struct load *l, const char *what); /* "expected WHAT, found 'x'" */
int load_nomem(struct err *e);
int src_fail(const struct source *src, struct err *e, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

void load_next(struct load *l);                            /* to the next token that counts */
struct token load_peek(const struct load *l);              /* the one after the current */
int load_want(struct load *l, int type, const char *what); /* step over it, or fail */
bool load_accept(struct load *l, int type);
int load_open(struct load *l, char bracket); /* step over an opening bracket: nest */
int load_close(struct load *l, char bracket);
bool load_is(const struct load *l, const char *word); /* is the current token this name? */
static inline bool load_token_is(const struct load *l, struct token t, const char *word)
{
	return t.type == TOK_NAME && t.len == strlen(word) && !memcmp(l->text + t.at, word, t.len);
}
const char *load_intern(struct load *l, struct token t);
/* A NAME fit for a field, struct or protocol (no dash); NULL with the error set. */
const char *load_name(struct load *l, const char *what);
/* a.b.c or, if only one part, a; interned. */
const char *load_dotted(struct load *l, const char *what);
/* One string token, unescaped; or several neighbours joined. text: no control bytes allowed. */
const char *load_string(struct load *l, uint32_t *len);
const char *load_text(struct load *l, const char *what);
static inline struct place load_here(const struct load *l)
{
	return (struct place) { l->t.at, l->t.len ? l->t.len : 1 };
}
/* From a place to the end of the token before the current one. */
static inline struct place load_since(const struct load *l, uint32_t at)
{
	return (struct place) { at, l->prev_end > at ? l->prev_end - at : 1 };
}
/* ", did you mean 'x'?" for the nearest of names, or "". */
const char *near_name(char *out, size_t cap, const char *best);

const struct expr *parse_expr(struct load *l);
const struct expr *expr_number(struct load *l, int64_t v, struct place at);
const struct expr *expr_choice(struct load *l, const struct expr *cond, const struct expr *a,
			       const struct expr *b); /* cond ? a : b */
const struct expr *expr_string(struct load *l);       /* a string of at most 8 bytes, as a number */
int parse_spans(struct load *l, struct spans *out);   /* inside the brackets of len() or a sum */
struct type *parse_type(struct load *l);
/* The number type at the current token, for a number before the data; NULL: it is none, or an error
 * was set. */
struct type *parse_prefix_type(struct load *l);
/* What follows `wide`, into t. */
int parse_wide(struct load *l, struct type *t);
/* What stands in brackets after a kind (list false) or after an item type. */
int parse_extent(struct load *l, struct extent *x, bool list);
int parse_field(struct load *l);
int parse_words(struct load *l, struct words *w, bool flags); /* { ... } */
int parse_rule(struct load *l, struct field *f, struct fsrc *s);
int parse_directive(struct load *l);
int registry_load_now(struct registry *r, struct err *e); /* the built-ins, if they wait */
int registry_adopt(struct load *l); /* what the file holds joins the registry */
int parse_reply(struct load *l);
int load_ref(struct load *l, uint16_t *dst); /* a name of an own field */
/* alias A, B.C: in an arm or a prefix after the first only what has a dot, since a label or the
 * next thing may follow a comma. -1, or *out (NULL-terminated). */
int parse_aliases(struct load *l, bool dotted, const char *const **out);
/* bytes( SPAN ), as the len of it. */
const struct expr *parse_bytes_of(struct load *l);
int parse_view(struct load *l);
int parse_announce(struct load *l);
int parse_teach(struct load *l);
/* [learnt NAME by EXPR, EXPR] or [as learnt], behind the bracket. */
int parse_learnt(struct load *l, struct extent *x);
/* What follows `implied`, into t. */
int parse_implied(struct load *l, struct type *t);
int parse_wants(struct load *l);
int parse_flow(struct load *l);
int parse_fragment(struct load *l);
int parse_segment(struct load *l);
int proto_close(struct load *l); /* move the directives into the protocol */
uint32_t load_line(struct load *l, uint32_t at);

struct message_line { /* `message length EXPR if COND` */
	const struct expr *length, *cond;
};

/* Directives of one protocol while it is read. */
struct pvecs {
	struct vec over, osrc, carries, carries_src, pseudo, pseudo_over, pseudo_over_src, reply,
		names, wants, wants_src, anew_src, summary, summary_src, message;
	bool payload, ref;
};

/* ---- freeze ---- */

const struct field *unit_field(const struct unit *u, const char *name);
/* Can every value of the type be held as a number? bits: the narrowest width, 0: unknown. */
bool type_is_number(const struct type *t, unsigned *bits);
/* Does a protocol carry the space? *fits: a field that selects by it can hold the value. */
bool space_known(const struct registry *r, const char *space, uint64_t value, bool *fits);
const char *space_suggest(const struct registry *r, const char *name);
struct unit *unit_of(const struct registry *r, const struct record *rec);
const struct word *word_named(const struct words *w, const char *name);
int freeze_names(struct registry *r, struct err *e);   /* names of structs and word tables */
int freeze_resolve(struct registry *r, struct err *e); /* names in expressions */
int freeze_rules(struct registry *r, struct err *e);   /* defaults and rules */
int freeze_check(struct registry *r, struct err *e);   /* the laws of the language: fields */
int freeze_shape(struct registry *r, struct err *e);   /* the laws: nesting, bytes, protocols */
int check_summary(struct registry *r, struct unit *u, struct err *e);
int check_wants(struct registry *r, struct unit *u, struct err *e);
/* The heads of wide numbers get their rule. */
int check_wide(struct unit *u, struct err *e);
int check_since(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e);
int check_anew(struct registry *r, struct unit *u, struct err *e);
int check_flow(struct registry *r, struct unit *u, struct err *e);
int check_announces(struct registry *r, struct unit *u, struct err *e);
int check_layouts(struct registry *r, struct unit *u, struct err *e);
int check_implied(struct unit *u, const struct field *f, const struct fsrc *s, struct err *e);
int find_heralds(struct registry *r, struct err *e);
int settle_leaves(struct registry *r, struct err *e);
bool field_computed(const struct field *f);
int freeze_facts(struct registry *r, struct err *e); /* what others ask of fields and records */
int freeze_graph(struct registry *r, struct err *e);
/* Steps taken; -1 when a description asks for too many. */
int freeze_spend(struct registry *r, uint64_t steps, struct err *e);

/* Where a name that an expression uses may be found: see expr_each(). */
#define SCOPE_FOUND_MAX 16
unsigned scope_find(struct registry *r, struct unit *u, const char *name, const struct field **out);
/* Call fn for x and everything below it. */
void expr_each(const struct expr *x, void (*fn)(const struct expr *, void *), void *arg);

/* Text of spans, as the language writes them. */
void spans_print(const struct spans *s, const struct record *rec, struct buf *out);

#endif
