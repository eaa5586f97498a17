/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of report*.c. */
#ifndef STRATA_DISSECT_REPORT_IMPL_H
#define STRATA_DISSECT_REPORT_IMPL_H

#include "core/plan.h"
#include "core/tree.h"
#include "dissect/report.h"

struct summary; /* a compiled `summary` template */

struct column {                    /* one name of --fields */
	const char *name;          /* as the user wrote it */
	const struct proto *proto; /* NULL: a property of the packet: n, time, ... */
	unsigned nth;              /* ip.2.src: 2 */
	char path[128];            /* within the layer */
};

struct report {
	const struct registry *reg;
	struct report_opts opts;
	struct tree tree; /* reused for each layer */
	int64_t first;    /* time of the first packet */
	bool started;
	struct summary **summary; /* by proto id, made at the first use */
	struct column *column;
	unsigned ncolumns;
	char *fields; /* copy of opts.fields */
	struct buf scratch;
};

enum sum_verdict { SUM_GOOD, SUM_BAD, SUM_NO, SUM_UNKNOWN };
/* What is to be said of a checksum node. live: a sum that only covers the pseudo header is not
 * filled in yet. */
enum sum_verdict sum_judge(const struct packet *p, unsigned layer, const struct tree *t,
			   uint32_t node);

/* Bytes of the innermost payload that no layer took. */
struct extent_bytes report_payload(const struct packet *p);
/* Bytes of layer i after its last inner layer (trailer); from == to: none. */
struct extent_bytes report_trailer(const struct packet *p, unsigned i);
/* How many layers of this protocol stand below i, plus one. */
unsigned report_nth(const struct packet *p, unsigned i);
/* 2026-11-22T10:38:16.773907123Z */
void report_time(int64_t when, struct buf *out);
/* seconds.nanoseconds, may be negative */
void report_seconds(int64_t ns, unsigned digits, struct buf *out);
/* A leaf's value as unescaped words (addresses, names, numbers, words). */
void report_value(const struct tree *t, uint32_t at, struct buf *out);
/* The word for a leaf's number: enum word or the protocol it selects; NULL: none. */
const char *report_word(const struct report *r, const struct tree *t, uint32_t at);

void report_line(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_tree(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_json(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_flat(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_csv(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
void report_csv_head(struct report *r, struct buf *out);
void report_hex(struct report *r, const struct packet *p, struct buf *out);
void summary_free(struct summary *s);
int columns_parse(struct report *r, const char *list, struct err *e);

/* ANSI colour of layer i, and off. Empty when colours are off. */
const char *report_color(const struct report *r, unsigned i);
const char *report_plain(const struct report *r);

#endif
