/* SPDX-License-Identifier: BSD-2-Clause */
/* Dissected packets as output: line, tree, json, flat, csv, hex, raw, text. All read the
 * descriptions; none knows a protocol. Output goes into a buffer that the caller flushes. */
#ifndef STRATA_DISSECT_REPORT_H
#define STRATA_DISSECT_REPORT_H

#include "core/buf.h"
#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

enum report_form {
	REPORT_LINE, /* number, time, every layer's summary, what is wrong */
	REPORT_TREE, /* every field on a line of its own */
	REPORT_JSON, /* newline-delimited, one object a packet */
	REPORT_FLAT, /* the same, one level deep */
	REPORT_CSV,
	REPORT_HEX,  /* bytes beside a legend of layers */
	REPORT_RAW,  /* hex digits */
	REPORT_TEXT, /* the payload as text, escaped */
	REPORT_NONE,
};

struct report_opts {
	enum report_form form;
	bool color;         /* ANSI colours (line, tree, hex) */
	bool doc;           /* tree: the meaning of each field */
	bool spans;         /* json, flat, tree: byte offset and length of each field */
	bool bare;          /* line, tree: without number and time (craft) */
	bool verbose;       /* line: interface, direction and comments too */
	const char *fields; /* json, flat, csv: "ip.src,tcp.dport"; NULL: all */
};

struct report;

/* NULL: e (an unknown name in fields lists the known ones). Not for two threads at a time. */
struct report *report_open(const struct registry *reg, const struct report_opts *opts,
			   struct err *e);
void report_close(struct report *r);
/* What stands before the first packet (the CSV head). */
void report_begin(struct report *r, struct buf *out);
/* There was a packet, shown or not: times in lines count from the first one. */
void report_seen(struct report *r, int64_t when);
/* Append one dissected packet, newline included. ifname: or NULL. */
void report_packet(struct report *r, const struct packet *p, const char *ifname, struct buf *out);
/* Append the summary of layer i, which begins with its protocol's name and a blank. ends: with what
 * its `flow` names, where it stands first. -1: memory is out. */
int report_layer(struct report *r, const struct packet *p, unsigned i, bool ends, struct buf *out);
/* A leaf's value as unescaped words (addresses, names, numbers, words), appended. */
void report_value(const struct tree *t, uint32_t at, struct buf *out);
/* A time as seconds with so many digits (at most 9) after the point; may be negative. Appended. */
void report_seconds(int64_t ns, unsigned digits, struct buf *out);
/* "line", "tree", ...: -1 unknown. */
int report_form(const char *name);

#endif
