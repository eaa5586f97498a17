/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that read a topology share. */
#ifndef STRATA_LAB_PARSER_H
#define STRATA_LAB_PARSER_H

#include <string.h>

#include "lab/topology.h"

struct parser {
	const char *name, *text;
	size_t len, at;
	struct topology *t;
	uint32_t cap_node, cap_wire, cap_port, cap_step;
	struct err *e;
};

struct word {
	const char *s;
	uint32_t n, at;
};

/* A place and a sentence; -1. */
#define WRONG(p, place, ...)                                                                       \
	err_at((p)->e, (p)->name, (p)->text, (p)->len, (place).at, (place).len, __VA_ARGS__)
#define PLACE(w) ((struct lab_place) { (w).at, (w).n })

static inline bool word_is(const struct word *w, const char *s)
{
	return w->n == strlen(s) && memcmp(w->s, s, w->n) == 0;
}

/* ---- parse_value.c ---- */

/* KEY=VALUE of a wire. 1: taken; 0: it is none of a wire's; -1: e. */
int parse_wire_option(struct parser *p, struct lab_wire *wire, const struct word *w);
/* 10.0.3.80/24, fd00:3::80/64 into addr[LAB_VERSIONS], mac=... into mac. 1, 0, -1 as above. */
int parse_own(struct parser *p, const struct word *w, struct lab_addr *addr,
	      struct lab_place *places, uint8_t *mac, struct lab_place *mac_place);
int parse_time(struct parser *p, const struct word *w, int64_t *out);
/* The options that are known, for a word that is none of them. */
int parse_unknown_option(struct parser *p, const struct word *w, bool node);

/* ---- parse_step.c ---- */

/* The rest of a line that began with start, run, wait or stop. */
int parse_step(struct parser *p, enum lab_step_kind kind, const struct word *first);

/* ---- parse.c ---- */

void skip_blanks(struct parser *p);
/* The end of a statement: a newline, a semicolon, a comma, a comment, the end. */
bool at_end(const struct parser *p);
struct word take_word(struct parser *p);
/* The node of that name, made when it is new. -1: e. */
int parse_node(struct parser *p, const struct word *w, unsigned *out);

/* ---- print.c ---- */

void print_mac(const uint8_t *mac, struct buf *out);
void print_end(const struct topology *t, unsigned port,
	       struct buf *out); /* the node and the port */

/* ---- addresses.c, routes.c ---- */

/* Segments, networks, addresses of both versions, link addresses. -1: e. */
int give_addresses(struct parser *p);
/* Shortest paths over routers. */
int give_routes(struct parser *p);

#endif
