/* SPDX-License-Identifier: BSD-2-Clause */
/* What a protocol is: the struct that a .protocol file becomes. TCP and a user's own are the same
 * kind of thing. All of it lives in the registry's arena; frozen, it is read-only and shared by any
 * thread. Names are interned in the registry: equal names are equal pointers. */
#ifndef STRATA_CORE_PROTO_H
#define STRATA_CORE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kind.h"
#include "core/sum.h"

struct proto;
struct record;
struct field;
struct shape;

/* ---- spans and expressions: integers only, free of side effects ---- */

enum span_form {
	SPAN_ALL,    /* header + payload + fields after the payload; in a struct: the whole item */
	SPAN_HEADER, /* fields before the payload; in a struct: the whole item */
	SPAN_PAYLOAD,
	SPAN_FIELDS, /* from field `from` to field `to`, both included */
	SPAN_PSEUDO, /* pseudo header of the nearest lower layer that has one (sums only) */
};

struct span {
	enum span_form form;
	uint16_t from, to; /* SPAN_FIELDS: indexes in the same record */
};

#define SPANS_MAX 4
struct spans {
	uint8_t n;
	struct span v[SPANS_MAX];
};

enum expr_op {
	EX_NUM,     /* num; word: the enum word it was written as, or NULL */
	EX_FIELD,   /* path of names or indexes, looked up inside out; absent: 0 */
	EX_REQUEST, /* request.path: the same in the request (reply rules) */
	EX_ITEM,    /* `item`: the list item just read, a number (until) */
	EX_INDEX,   /* `index`: the number of the item that the struct is, or stands in */
	EX_UPPER,   /* `upper`: selector value of the layer above (pseudo) */
	EX_SPANLEN, /* `span`: bytes of the layer (pseudo, reply) */
	EX_LEN,     /* len(spans), bytes */
	EX_COUNT,   /* count(field) */
	EX_NEG,
	EX_NOT,
	EX_COM,    /* a:  -  !  ~ */
	EX_LOWER,  /* lower(a): a field's text with A to Z as a to z */
	EX_NUMBER, /* number(a, "NAME"): a is a list; the decimal number that the last field holds
		      of the item whose first field is NAME, whatever its case. -1: there is none */
	EX_LAST,   /* last(a, "NAME"): what stands there behind the last comma, as lower() */
	EX_MUL,
	EX_DIV,
	EX_MOD,
	EX_ADD,
	EX_SUB,
	EX_SHL,
	EX_SHR,
	EX_AND,
	EX_OR,
	EX_XOR,
	EX_EQ,
	EX_NE,
	EX_LT,
	EX_LE,
	EX_GT,
	EX_GE,
	EX_ANDAND,
	EX_OROR,
	EX_IN,   /* a in (set): set[i].lo..hi */
	EX_COND, /* a ? b : c */
};

struct expr_set {
	const struct expr *lo, *hi;
}; /* hi NULL: one value */

struct path_part {
	const char *name;
	uint32_t index;
}; /* name NULL: an index */

struct expr {
	enum expr_op op;
	int64_t num;
	const char *word;
	const struct expr *a, *b, *c;
	const struct path_part *path; /* EX_FIELD, EX_REQUEST */
	uint8_t npath;
	int16_t local;      /* EX_FIELD: path[0] is field number `local` of the very record the
			       expression stands in; -1: search */
	bool outer_proto;   /* EX_FIELD: path[0] names a protocol: nearest lower layer of it */
	struct spans spans; /* EX_LEN; EX_COUNT: spans.v[0].from is the field */
	const struct expr_set *set;
	uint16_t nset;
};

/* ---- types ---- */

enum type_form {
	TYPE_LEAF, /* one value of a kind */
	TYPE_PAD,  /* zero bytes up to a multiple of `bits` bytes from the record's start; reads to
		      its bound */
	TYPE_STRUCT, /* the fields of rec */
	TYPE_LIST,   /* items of type item */
	TYPE_CHOOSE, /* one of the arms */
};

enum extent_form {
	EXTENT_KIND,   /* fixed by the kind or bits, or the codec decides */
	EXTENT_BYTES,  /* [EXPR] for text/bytes/uint/int, [EXPR bytes] for lists */
	EXTENT_COUNT,  /* [EXPR] for lists: number of items */
	EXTENT_REST,   /* [..] to the end of the bound, [.. - 16] but for so many bytes (expr);
			  [0xff ..] behind a mark */
	EXTENT_PREFIX, /* [u8]: inline number of bytes before the data; [u16 bytes] for lists */
	EXTENT_PREFIX_COUNT, /* lists: [u8 count]: inline number of items before them */
	EXTENT_UNTIL_TEXT,   /* text/bytes [until " "]: the terminator is part of the field, not of
				the value */
	EXTENT_BEFORE, /* text/bytes [before " ;"]: up to the first of these bytes, which is not
			  part of it, or to the end of the bound */
	EXTENT_WHILE,  /* text/bytes [while " -"]: as many of these bytes as stand there, or none;
			  lists [while EXPR]: up to the item for which it does not hold, or the end
			  of  the bound */
	EXTENT_UNTIL,  /* lists [until EXPR]: the item for which it holds is the last; or the end of
			  the bound */
	EXTENT_LINES, /* lists [lines until ""]: each item is bounded to a line (CRLF; LF read too);
			 an empty line ends them; stop NULL: [lines ..] to the end of the bound */
	EXTENT_BLOCKS, /* lists [blocks 18]: each item is bounded to so many bytes (expr), up to the
			  end of the bound, which may end the last one earlier */
	EXTENT_WIDE,   /* wide HEAD { 13 -> u8 + 13 }: expr, an earlier field, says the number or
			  how much of it stands here */
	EXTENT_LEARNT, /* lists [learnt NAME by EXPR]: items, each read by the layout that a packet
			  taught under this key (ext.layout), as many as fit; [as learnt] (layout
			  NULL): one item for each of that layout's */
	EXTENT_IMPLIED, /* implied u16: a number that does not stand here: the layout's item says
			   it */
};

#define LAYOUT_KEYS 4
/* What a layout is found by: with these numbers, in the same direction of a conversation. */
struct layout_key {
	const char *name; /* interned */
	const struct expr *by[LAYOUT_KEYS];
	uint16_t nby;
};

/* `teaches NAME by EXPR, EXPR = LIST, LIST if COND`: from now on the items of these lists are the
 * layout NAME of this key. For who reads one packet after the other (core/layouts.h). */
#define TEACH_LISTS 4
struct teach {
	struct layout_key key;
	const struct expr *cond;    /* or NULL */
	uint16_t list[TEACH_LISTS]; /* fields of the record */
	uint16_t nlists;
};

/* `13 -> u8 + 13` of a wide number: where its head is that, such a number stands here, and the
 * value is so much more. */
struct wide_form {
	uint64_t head, add;
	const struct type *type; /* u8, u16, ... */
};

struct extent {
	enum extent_form form;
	uint8_t stop_len;
	uint8_t mark_len;
	uint16_t nwide;  /* no padding: descriptions are compared and written out as they are */
	uint8_t mark[8]; /* PREFIX*, REST: bytes before the number, or before the data, always these
			    ([4 berlen]: 04) */
	const struct extent *outer; /* PREFIX*: mark and length around these; or NULL */
	const struct expr
		*expr; /* BYTES, COUNT, UNTIL, WHILE of a list, BLOCKS, WIDE; REST: or NULL */
	union {
		const struct wide_form *wide;    /* WIDE: heads and widths grow */
		const struct layout_key *layout; /* LEARNT: or NULL */
	};
	const struct type
		*prefix;  /* PREFIX*: a number type (u8, u16, u24, u16le, berlen, mqttvar, ...) */
	const char *stop; /* UNTIL_TEXT, LINES: the terminator (LINES: the last line's text);
			     BEFORE, WHILE: any of these */
	const char *const *alias; /* PREFIX*: names the inline number is read by; or NULL */
};

struct arm {
	const struct expr *lo, *hi; /* constants; hi NULL: one value; both NULL: else */
	const struct type *type;
	const char *const *alias; /* other names of the field while this arm is taken,
				     NULL-terminated; or NULL */
};

struct type {
	enum type_form form;
	const struct kind *kind;  /* LEAF */
	uint16_t bits;            /* LEAF of fixed width; PAD: the multiple, in bytes */
	bool le;                  /* LEAF number: little-endian */
	bool settled;             /* LEAF: it stands where it stays, or item tells where that is */
	struct extent ext;        /* LEAF, LIST */
	const struct type *item;  /* LIST */
	const struct record *rec; /* STRUCT */
	const struct expr *on;    /* CHOOSE; NULL: `choose fit` */
	const struct arm *arms;   /* CHOOSE, the else arm last */
	uint16_t narms;
};

/* ---- words ---- */

struct word {
	const char *name; /* interned */
	uint64_t value;   /* flags: a mask; of several bits: the bits set to this pattern */
	uint64_t mask;    /* flags: the bits the word is about (value == mask for plain flags) */
	char letter;      /* flags: one-letter form (S for syn), 0: none */
	const char *doc;  /* or NULL */
};

struct words {
	const char *name; /* shared table; NULL: inline */
	const struct word
		*v; /* in order of declaration; the first of several names of a value is printed */
	uint16_t n;
	bool flags;
};

/* ---- views ---- */

struct view { /* `view ip.hdr_len = ihl * 4 if COND "doc"`: a name that is read and never said */
	const char *name;        /* dotted, interned */
	const struct expr *expr; /* a field alone: the view has its value, of whatever kind */
	bool bytes;              /* expr is the len of one span: the view has the span's bytes */
	const struct expr *cond; /* or NULL */
	const char *doc;         /* or NULL */
};

/* `announces rtp at udp.port = port if COND`: from now on that value selects this protocol, where
 * nobody else has it. For who reads one packet after the other (dissect/heard.h). */
struct announce {
	const char *name, *space; /* interned */
	const struct expr *value;
	const struct expr *cond;   /* or NULL */
	const struct proto *proto; /* frozen; NULL: it is not loaded */
};

/* ---- fields ---- */

enum rule_form {
	RULE_NONE,  /* unsaid: zero or empty */
	RULE_CONST, /* a fixed default: num, or text for kinds that are not numbers */
	RULE_LEN,   /* (len(spans) - skip * items of a list [blocks N] + k) * m / n */
	RULE_COUNT, /* (count(field) + k) * m / n; spans.v[0].from is the list */
	RULE_SUM,   /* a checksum over spans; the field itself counts as zero */
	RULE_EXPR,  /* any other expression of earlier fields: computed, verified, bounds nothing */
	RULE_HEAD,  /* the head of a wide number, field spans.v[0].from: its shortest form */
};

struct rule {
	enum rule_form form;
	int64_t num;
	const char *text; /* RULE_CONST: as the notation would write it (unquoted content for text
			     kinds) */
	uint32_t text_len;
	const struct expr
		*expr; /* the rule as written; of a SUM: how many bytes, 0: all; or NULL */
	struct spans spans;
	int64_t k, m, n;
	uint16_t skip;      /* LEN: bytes of each block that do not count, or 0: */
	uint16_t blocks;    /* the field whose items they are, the last one of the span, */
	uint16_t block;     /* bytes of a block */
	uint16_t before;    /* and of the span before them */
	bool zero_rest;     /* LEN: a read 0 means "to the end" */
	bool zero_end;      /* zero_rest, and built as 0 where nothing stands behind the spans */
	uint16_t zero_over; /* zero_rest, and built as 0 where it would be more than this; or 0 */
	bool zero_none;     /* SUM: 0 means there is no sum; a sum of 0 is sent as all ones */
	const struct sum_algo *sum;
};

enum show { SHOW_DEFAULT, SHOW_HEX, SHOW_DEC, SHOW_BIN, SHOW_TIME, SHOW_BITS };

struct must {
	const struct expr *expr;
	const char *text;
	int64_t lo, hi; /* frozen, where own: it holds for the field's own number from lo to hi */
	bool own;
};

struct word_case { /* `enum if COND { ... }` */
	const struct expr *cond;
	const struct words *words;
};

/* How the number of a plain field is read. */
enum load_form {
	LOAD_NONE, /* it has none: an address */
	LOAD_BE,   /* big-endian, without sign, at most 57 bits: by one load of 64 */
	LOAD_ELSE,
};

struct field {
	const char *name;         /* interned */
	const struct record *rec; /* whose field it is */
	const struct type *type;
	const struct words *words;     /* or NULL */
	const struct word_case *cases; /* words NULL: the first that holds; see field_here() */
	const struct expr *cond;       /* `if`: present when not 0; or NULL */
	struct rule rule;
	struct must *must;
	const char *const
		*alias;  /* other names, dotted ones too (tcp.srcport), NULL-terminated; or NULL */
	const char *doc; /* or NULL */
	uint16_t index;  /* in rec */
	uint8_t nmust, ncases;
	uint8_t show;  /* enum show */
	uint8_t align; /* bytes, from the start of the record; 0: none */
	bool optional, fresh;
	bool since;      /* a number counted from that of the item before */
	bool after;      /* stands after the payload: read from the end of the bound */
	bool selects;    /* named in a `carries` */
	bool structural; /* others' presence, size, choice or selector hang on it: a sweep over it
			    must rebuild */
	/* frozen: */
	uint8_t plain; /* bits of a leaf of one width that is always there and hangs on nothing
			  else; 0: not that simple */
	uint8_t run;   /* so many plain fields from this one on bound nothing: read at once */
	uint8_t load;  /* plain: enum load_form */
	uint16_t run_bits;
	bool judged; /* a rule or a must may be broken by its value */
	bool says; /* its default is of a list or a struct, or one in it is: the notation sets it */
	int32_t fixed_bit; /* offset from the record's first bit when no earlier field can move it,
			      else -1 */
	int16_t bounds_from; /* >= 0: this field's length rule bounds, when reading, fields
				bounds_from..bounds_to */
	int16_t bounds_to;
	const struct field *bound_by; /* the field whose length rule bounds a span that begins with
					 this field; or NULL */
	const char *qname;   /* "tcp.sport" for a protocol's field, "dns.rr.name" for a struct's
				(interned) */
	uint32_t lineno;     /* in its file */
	uint16_t bound_also; /* a rule's: 1 + the index of the next one that bounds from the same
				field; 0: there is none */
};

/* What `fresh` draws for f: a number of that many bits, or so many bytes. False: it cannot be
 * fresh. A number of free width is drawn as one of 32 bits that is not negative. */
bool field_draws(const struct field *f, unsigned *bits, uint32_t *bytes);

_Static_assert(sizeof(struct field) % 64 == 0 && sizeof(struct type) % 64 == 0,
	       "whole cache lines: decoding goes from one to the next");

struct secret { /* `secret if COND`: nobody on the way should read what the field says */
	const struct expr *cond; /* or NULL */
	uint16_t field;
};

struct record { /* the fields of a protocol or of a struct */
	const char *name;
	const struct proto *proto; /* the protocol it is the record of; NULL: a struct */
	struct field *fields;
	uint16_t nfields;
	uint16_t npre;            /* fields[0..npre) stand before the payload; the rest after it */
	const struct view *views; /* several may share a name, under conditions */
	uint16_t nviews, nannounces, nteaches, nsecrets;
	const struct secret *secrets;
	struct announce *announces;
	const struct teach *teaches;
	const char *doc;
	int32_t fixed_bits; /* width when every field is of fixed width and always there, else -1 */
	uint16_t id;        /* number of the record in the registry */
	bool says;          /* a field of it does */
};

/* The next rule that bounds from the same field as len does; NULL: there is none. */
static inline const struct field *bound_next(const struct field *len)
{
	return len->bound_also ? &len->rec->fields[len->bound_also - 1] : NULL;
}

/* ---- protocols ---- */

struct over {              /* what I ride over */
	const char *space; /* "ethertype", "udp.port", "link"; NULL: always over `lower` */
	const char *lower; /* protocol name, when space is NULL */
	uint64_t lo, hi;
	bool hex; /* printed as it was written */
};

struct carries { /* what selects the layer above */
	const char *space;
	uint16_t field[4]; /* looked at in this order; building fills the first unsaid one */
	uint8_t nfields;
	const struct expr *cond; /* or NULL: only if */
};

struct pseudo_item {            /* `pseudo src dst u8(0) u8(upper) u16(span)` */
	const char *field;      /* a field of this protocol, with its own width; or NULL: */
	const struct field *at; /* the same, found when frozen */
	uint16_t bits;
	const struct expr *expr;
};

struct pseudo_override {   /* `pseudo dst = last(addresses) if left != 0` in a layer between */
	const char *field; /* the pseudo item's field that is replaced */
	uint16_t list; /* the field (last item of a list, or a plain one) whose bytes take its place
			*/
	const struct expr *cond;
};

struct reply {                                        /* one `reply` line */
	const struct expr *cond_reply, *cond_request; /* `COND to COND`; NULL: any */
	struct {
		uint16_t a, b;
	} swap[4]; /* field numbers: reply.a == request.b and the other way round */
	uint16_t same[8];
	uint8_t nswap, nsame;
	const struct expr *silent;      /* of the request: nobody misses an answer to it; or NULL */
	const struct expr *const *expr; /* all must hold; EX_REQUEST looks into the request */
	uint8_t nexpr;
	/* `anew udp.sport`: a field of a protocol below that is another one in the reply than its
	 * own rule asks for; or NULL. field: NULL: there is none (a redefined protocol). */
	const char *anew_proto, *anew_name;
	const struct field *anew;
};

struct want { /* `wants ip6.hlim = 255 if COND`: what a lower field is where nothing was said */
	const char *proto, *name; /* as written, interned */
	const char *text;         /* the value, as the notation would write it */
	uint32_t text_len;
	const struct expr *cond; /* of this protocol's own fields; or NULL */
	const struct field
		*field; /* of the lower protocol; NULL: there is none (a redefined one) */
};

struct summary_line {
	const char *text;        /* template */
	const struct expr *cond; /* or NULL: always */
	bool alone;              /* left out where the layer stands first and something follows */
};

#define FLOW_PAIRS 4
struct flow_rule { /* `flow A B, C D`: what tells conversations apart, exchanged on the way back */
	struct {
		uint16_t a, b; /* field numbers: of the sender, of the receiver */
	} pair[FLOW_PAIRS];
	uint8_t n;
};

#define FRAGMENT_FIELDS 8
struct fragment_rule { /* `fragment by F, G at EXPR more EXPR`: the payload is a piece */
	uint16_t by[FRAGMENT_FIELDS]; /* equal in all pieces, beside both ends (see flow) */
	uint8_t nby;
	uint8_t bits;              /* after which `number` begins again */
	const struct expr *at;     /* where in the whole it begins, bytes; NULL: */
	const struct expr *number; /* pieces are counted: which one; wraps */
	const struct expr *first;  /* number: the whole begins with it */
	const struct expr *more;   /* others follow; NULL: never */
	const struct expr *cond;   /* or NULL: always */
	const struct expr *intact; /* it is not to be cut; or NULL */
};

#define FIELD_NONE UINT16_MAX

struct segment_rule {          /* `segment at EXPR opens ...`: the payload is a part of a stream */
	const struct expr *at; /* number of its first byte; wraps */
	const struct expr *opens, *closes, *resets; /* or NULL */
	const struct expr *first,
		*last;              /* bits that one of several keeps when it is cut; or NULL */
	const struct expr *acks;    /* number of the byte that the receiver waits for; or NULL */
	const struct expr *acks_if; /* it says so; NULL: always */
	const struct expr *takes;   /* numbers that it takes beside those of its bytes; or NULL */
	const struct expr *window;  /* how many bytes more its sender can receive; or NULL */
	const char *scale; /* the field or other name that says, as a stream opens, by how many
			      bits windows are shifted to the left; or NULL */
	/* the fields, or other names in a struct, that say from where to where more of the other
	 * side's stream has arrived; or NULL */
	const char *has[2];
	uint16_t number; /* the widest field that `at` names */
	uint16_t acked;  /* and of `acks`; FIELD_NONE: it names none */
	uint8_t bits;    /* width of `number`, after which the numbers begin again */
};

#define MESSAGE_REST INT64_MAX /* `message rest`: up to the end of the stream */

struct proto {
	const char *name;  /* canonical, interned, lower case */
	const char *title; /* "User Datagram Protocol" */
	const char *doc;
	const char *ref;          /* "RFC 768", several joined by "; " */
	const char *file;         /* where it was loaded from */
	const char *const *names; /* aliases (UDP), NULL-terminated, or NULL */
	struct record rec;
	const struct over *over;
	const struct carries *carries;
	const struct expr *guard;
	/* `guard EXPR through`: one of the protocols above must fit, too, and this must hold, which
	 * may look at fields of it; or NULL */
	const struct expr *through;
	const struct expr *guess; /* looks that are enough where no selector says so; or NULL */
	const struct expr *opaque, *excerpt; /* payload conditions, or NULL */
	const struct expr
		*quotes; /* payload is the quoted packet of an error when this holds; or NULL */
	const char *quotes_proto;   /* protocol the quote begins with, or NULL: by `carries` */
	const struct expr *message; /* `message length EXPR if COND`, several as one COND ? EXPR :
				       ...: bytes of one message in a stream, from its first byte,
				       or MESSAGE_REST; <= 0: it is none. Or NULL */
	uint32_t message_min;       /* bytes needed before `message` can be evaluated */
	bool asks;                  /* `message` looks at the request */
	struct pseudo_item *pseudo;
	const struct pseudo_override *pseudo_over;
	const struct reply *reply;
	const struct want *wants;
	const struct flow_rule *flow; /* or NULL, as the next two */
	const struct fragment_rule *fragment;
	struct segment_rule *segment;
	const struct summary_line *summaries; /* the first that holds is shown */
	uint16_t id;                          /* 1.. in the registry, in order of declaration */
	uint8_t nover, ncarries, npseudo, npseudo_over, nreply, nwants, nsummaries;
	/* frozen, guard `FIELD < N` and the like: it holds for values of the field from lo to hi */
	const struct field *guarded; /* NULL: the guard is not that simple */
	int64_t guard_lo, guard_hi;
	bool heralds; /* it, or a struct in it, announces or teaches something */
	bool beside;
	bool has_payload; /* a `payload` line, or a `carries`: something may follow */
	bool builtin;
	uint32_t lineno;
	const struct shape *shape; /* compiled, after freeze */
};

#endif
