/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of report*.c. */
#ifndef STRATA_DISSECT_REPORT_IMPL_H
#define STRATA_DISSECT_REPORT_IMPL_H

#include "core/alias.h"
#include "core/plan.h"
#include "core/tree.h"
#include "dissect/check.h"
#include "dissect/report.h"

struct summary; /* a compiled `summary` template */

enum column_form {
	COLUMN_FIELD,   /* of a layer: by its path, or by another name */
	COLUMN_PACKET,  /* of the packet: n, time, ... */
	COLUMN_PAYLOAD, /* a layer's payload */
	COLUMN_DATA,    /* bytes that no layer took */
	COLUMN_STATUS,  /* of a checksum, as a number: enum sum_status */
};

struct column { /* one name of --fields */
	enum column_form form;
	const char *name;          /* as the user wrote it */
	const struct proto *proto; /* FIELD, PAYLOAD, STATUS */
	unsigned nth;              /* ip.2.src: 2 */
	char path[128];            /* within the layer */
	char own[64];              /* name, where the user's stands for two columns */
	struct alias alias;        /* name set: read by this other name instead */
	const struct field *fixed; /* FIELD: at a fixed place, never absent, as it is; or NULL */
};

enum key_form { /* how a field's value is written, as long as it is plain */
		KEY_OTHER,
		KEY_NUMBER,
		KEY_SUM,
		KEY_ADDR,
		KEY_WORDS, /* flags, an enum, a selector */
};

#define KEY_VALUES 16
#define KEY_PLAIN 65536 /* values that may be known to have no word */
#define KEY_ROOM 256    /* bytes that any key and a number or an address have room in */

struct key_value { /* a value and its words, as they were written last */
	uint64_t num;
	uint8_t len; /* 0: none yet */
	char text[55];
};

struct field_key {    /* made once for each field */
	char *text;   /* `,"name":`, padded so that 33 bytes may be read */
	uint32_t len; /* comma and colon included */
	enum key_form form;
	struct key_value *value; /* KEY_WORDS: KEY_VALUES of them */
	uint8_t *plain;          /* selectors: a bit for each value that is known to have no word */
};

struct field_keys { /* those of a record */
	unsigned n;
	struct field_key v[];
};

struct word_seen { /* the last word looked up for a field's value */
	const struct field *field;
	uint64_t value;
	const char *word;
};

#define WORDS_SEEN 64

struct report {
	const struct registry *reg;
	struct report_opts opts;
	struct tree tree;   /* line, csv: reused for each layer */
	struct check check; /* tree, json, flat: every layer's fields, and what is wrong */
	int64_t first;      /* time of the first packet */
	bool started;
	struct summary **summary; /* by proto id, made at the first use */
	struct column *column;
	unsigned ncolumns;
	char *fields; /* copy of opts.fields */
	struct buf scratch;
	struct buf cell;          /* csv */
	bool failed;              /* memory ran out while this packet was printed */
	struct field_key *layer;  /* by proto id; text NULL: not made yet */
	struct field_keys **keys; /* by record id; NULL: not made yet */
	unsigned nkeys;
	struct word_seen seen[WORDS_SEEN];
	int64_t second; /* whose date is in `date` */
	char date[40];  /* 2026-11-22T10:38:16. */
	unsigned date_len;
};

/* Bytes of the innermost payload that no layer took. */
struct extent_bytes report_payload(const struct packet *p);
/* Bytes of layer i after its last inner layer (trailer); from == to: none. */
struct extent_bytes report_trailer(const struct packet *p, unsigned i);
/* 2026-11-22T10:38:16.773907123Z */
void report_time(struct report *r, int64_t when, struct buf *out);
/* A leaf's value as unescaped words (addresses, names, numbers, words). */
void report_value(const struct tree *t, uint32_t at, struct buf *out);
/* The word for a leaf's number: enum word or the protocol it selects; NULL: none. */
const char *report_word(struct report *r, const struct tree *t, uint32_t at);
/* The ready-made keys of a record's fields; NULL: memory is out. */
const struct field_keys *report_keys(struct report *r, const struct record *rec);
/* `,"name":{` of a protocol; NULL: memory is out. */
const struct field_key *report_layer_key(struct report *r, const struct proto *p);
void report_keys_free(struct report *r);

/* "in", "out", or NULL: not told. */
const char *report_way(const struct packet *p);
/* The comments of a packet, with `between` between them. */
void report_comments(const struct packet *p, const char *between, struct buf *out);
/* Of a packet put together from others: "tcp:0", nothing when it is of no stream; the numbers of
 * those others. */
void report_stream(const struct packet *p, struct buf *out);
void report_packets(const struct packet *p, struct buf *out, const char *comma);
/* " [tcp:0 of 4,5]" */
void report_origin(const struct packet *p, struct buf *out);

void report_line(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_tree(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_json(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_flat(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_csv(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_csv_head(struct report *r, struct buf *out);
void report_hex(struct report *r, const struct packet *p, struct buf *out);
/* Names of the layers with quotes around each, say, and commas between. */
void report_stack(const struct packet *p, struct buf *out, const char *quote, const char *comma);
void summary_free(struct summary *s);

/* Does a field always stand at the same place of a header, with the same width? */
bool fixed_leaf(const struct field *f);

/* ---- report_columns.c ---- */

/* The how many-th layer of its protocol i is, from 1. */
unsigned layer_nth(const struct packet *p, unsigned i);
/* Is layer i what the column asks for? */
bool column_is(const struct column *c, const struct packet *p, unsigned i);
/* The next value of a field's column in a layer's tree. *from: where to go on, 0 at first. False:
 * no more. */
bool column_next(const struct column *c, const struct tree *t, uint32_t *from,
		 struct view_value *v);
int columns_parse(struct report *r, const char *list, struct err *e);

/* ANSI colour of layer i, and off. Empty when colours are off. */
const char *report_color(const struct report *r, unsigned i);
const char *report_plain(const struct report *r);

#endif
