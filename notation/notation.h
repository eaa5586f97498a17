/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet as one line of text: text to plan, sweeps, scripts, and packet to text. Nothing here
 * touches the network; files are read only where the text says @path. */
#ifndef STRATA_NOTATION_H
#define STRATA_NOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/packet.h"
#include "core/plan.h"
#include "core/registry.h"

/* ---- text to plan ---- */

/* Command arguments joined by one blank. An argument that holds blanks and begins with NAME= or
 * text: is one value to its end; `solid` says where those stand. Carets point into text, which is
 * what the user typed but for the shell's own quotes. */
struct joined {
	char *text;
	size_t len;
	struct solid {
		uint32_t from, to;
	} * solid;
	unsigned nsolid;
};
/* 0, or -1 when memory is out. Free with joined_done. */
int notation_join(struct joined *j, int argc, char *const *argv, struct err *e);
void joined_done(struct joined *j);

enum plan_flag {
	PLAN_PATTERN = 1,  /* expectations, patterns, edits: `any` allowed, nothing is filled in or
			      implied, lists and ranges mean "one of these" (sweep_has) */
	PLAN_NO_FILES = 2, /* @path is refused */
};

/* Read text as one packet. p: zeroed or used before (its memory is kept for reuse); free with
 * plan_done. reg must be frozen and outlive p. The text is copied. Fills gaps between layers, sets
 * implied fields, puts every sweep on its first step. -1: e holds exit code, sentence and place.
 * Thread-safe for distinct p. */
int plan_parse(struct plan *p, const struct registry *reg, const char *text, size_t len,
	       unsigned flags, struct err *e);
int plan_parse_joined(struct plan *p, const struct registry *reg, const struct joined *j,
		      unsigned flags, struct err *e);

/* ---- sweeps ---- */

struct sweep_item;

struct sweep {                     /* one field (or payload) that differs from packet to packet */
	struct say *say;           /* plan_step puts the value into say->cur */
	unsigned layer;            /* its plan layer */
	const struct field *field; /* NULL: payload or trailer bytes */
	const struct type *type;   /* NULL with field */
	uint64_t count;            /* values it runs through; rand and inc: 1 */
	bool same_size;            /* every value has the same encoded size: may be patched in place
				      unless field->structural */
	bool fresh;                /* as `send` and `ask` choose */
	/* notation's own: */
	uint64_t stride;
	struct sweep_item *item;
	unsigned nitem;
	uint8_t *scratch;
	uint32_t cap;
};

/* Packets in the whole combination; 1: no lists or ranges. Saturates at UINT64_MAX. */
uint64_t plan_count(const struct plan *p);
/* The i-th swept say, 0 .. p->nsweeps - 1; NULL past the end. */
const struct sweep *plan_swept(const struct plan *p, unsigned i);
/* Put the values of step i into the swept says. i may run past plan_count: the combination starts
 * over while rand, inc and fresh go on. The same i and seed always give the same values. Allocates
 * nothing. The last sweep of the text changes fastest. Returns 0. */
int plan_step(struct plan *p, uint64_t i, uint64_t seed);
/* The same for one of its sweeps. */
void plan_step_one(struct plan *p, unsigned sweep, uint64_t i, uint64_t seed);

/* A sweep whose value at step i is lo + ((first + by * d) & mask), of `bits` bits, where d is
 * i / stride % count, or i where count is 0. */
struct linear {
	uint64_t lo, first, by, mask, stride, count;
	unsigned bits;
};
/* False: it is none. */
bool sweep_linear(const struct plan *p, unsigned sweep, uint64_t seed, struct linear *out);
/* As send and ask do: give every field whose description says `fresh` and that is present and
 * unsaid a sweep of fresh values, different for each step. Returns how many, -1 when memory is out.
 */
int plan_fresh(struct plan *p, struct err *e);
/* Is v among the values of the sweep (patterns)? A network holds all its addresses, ends included.
 */
bool sweep_has(const struct sweep *s, const struct value *v);

/* ---- scripts: many lines, with prefixes ---- */

enum script_time { SCRIPT_NO_TIME, SCRIPT_AFTER, SCRIPT_AT };

struct script_line {
	const char *text; /* the whole line, comment cut off, not NUL-terminated */
	size_t len;
	size_t from, to; /* the packet within it */
	uint32_t lineno; /* from 1 */
	enum script_time time;
	int64_t when;    /* nanoseconds: after the line before (AFTER, may be negative), since the
			    epoch (AT) */
	char dir;        /* '>' sent, '<' expected, 0: not said */
	char ifname[64]; /* if=, or "" */
	const char *suffix; /* after ';', or NULL */
	size_t suffix_len;
};

struct script;

/* name: for errors. f is borrowed and read line by line; or NULL, then text[0..len) is read
 * (borrowed). NULL: e. */
struct script *script_open(FILE *f, const char *name, const char *text, size_t len, struct err *e);
/* Next line that holds a packet: 1; 0 at the end; -1: e with name, line and column. Views are valid
 * until the next call. */
int script_next(struct script *s, struct script_line *out, struct err *e);
/* Read the packet of the current line (link= and wire= included). */
int script_plan(struct script *s, struct plan *p, const struct registry *reg, unsigned flags,
		struct err *e);
/* Give an error that build() found in the current line's plan its file and line. */
void script_place(const struct script *s, struct err *e);
void script_close(struct script *s);

/* ---- packet to text ---- */

enum print_flag {
	PRINT_FULL = 1,    /* nothing omitted (expectations: silence means "free") */
	PRINT_NO_TIME = 2, /* print_script_line: without the time */
	PRINT_SENT = 4,    /* print_script_line: begin with > */
	PRINT_EXPECT = 8,  /* print_script_line: begin with < ; implies PRINT_FULL */
};

/* How far the printer had to go for a packet; every rung rebuilds the same bytes. */
enum print_rung {
	RUNG_SHORT, /* everything that is implied is left out */
	RUNG_SAID,  /* some implied values are said, names are printed exactly */
	RUNG_FULL,  /* some layers are said in full */
	RUNG_FIELD, /* some fields or lists are hex: */
	RUNG_LAYER, /* some layers are hex: */
	RUNG_PACKET /* the whole packet is hex: */
};

struct printer;

/* Workspace for printing many packets. Not for two threads at a time. NULL when memory is out. */
struct printer *printer_open(const struct registry *reg);
void printer_close(struct printer *pr);
/* Append the notation of a dissected packet: what plan_parse and build turn into the same bytes,
 * with link= and wire= in front where they do not follow. 0, or -1 when memory is out
 * (out->failed).
 */
int print_expr(struct printer *pr, const struct packet *pkt, unsigned flags, struct buf *out);
/* The same as a line of a script: time in front (at= for the first, +s.ns for those after it), a
 * newline at the end. */
int print_script_line(struct printer *pr, const struct packet *pkt, unsigned flags,
		      struct buf *out);
/* The next line's time counts from `when` (have_time false: it is told whole). */
void printer_after(struct printer *pr, bool have_time, int64_t when);
/* What the last packet needed. */
enum print_rung printer_rung(const struct printer *pr);
/* The work the last packet took, in characters of text printed and read again (a field counts as
 * 20): at most 2 * (40,960 + 24 * its bytes) plus one try. */
uint64_t printer_work(const struct printer *pr);

/* bytes as a payload word: text:hello, "two words\r\n" or hex:00ff. */
void print_payload(const uint8_t *p, size_t n, struct buf *out);

#endif
