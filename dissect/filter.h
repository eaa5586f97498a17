/* SPDX-License-Identifier: BSD-2-Clause */
/* The display filter (--where): Wireshark's language over every field of every protocol. Parsed and
 * resolved once, then matched without allocation wherever fields stand at fixed places. */
#ifndef STRATA_DISSECT_FILTER_H
#define STRATA_DISSECT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"
#include "core/tree.h"

struct filter;

/* Read text. NULL: e says what is wrong, where, and the nearest name. r must be frozen and outlive
 * the filter. An empty text matches everything. */
struct filter *filter_parse(const struct registry *r, const char *text, size_t len, struct err *e);
/* The same, faster where many are read: names is an index of r's. */
struct names;
struct filter *filter_parse_named(const struct registry *r, const struct names *names,
				  const char *text, size_t len, struct err *e);
struct filter *filter_close(struct filter *f); /* NULL */
/* A time as filters write it: 2026-11-22 10:38:16.5 (UTC), or seconds since the epoch. */
bool filter_time(const char *s, size_t n, uint64_t *ns);

/* What matching needs beside the filter; one for each thread. Zero-initialised is valid. */
struct filter_work {
	struct tree tree[PACKET_LAYERS];
	uint32_t have; /* bit i: tree[i] holds the fields of layer i of this packet */
	struct buf text, text2, stack;
};
void filter_work_done(struct filter_work *w);

/* Another packet is looked at from now on. */
static inline void filter_begin(struct filter_work *w)
{
	w->have = 0;
}

/* The fields of a layer of the packet that w was last begun with, decoded at most once. NULL:
 * memory is out. */
const struct tree *filter_tree(struct filter_work *w, const struct packet *p, unsigned layer);

/* Does a dissected packet match? With several occurrences of a field any of them may, but `!=` and
 * `===` ask for all of them (as Wireshark 4 does). An absent field matches nothing but `!` and
 * `not`. Thread-safe for distinct w. */
bool filter_match(const struct filter *f, const struct packet *p, struct filter_work *w);
/* The same of the packet that w was last begun with: its fields are decoded at most once. */
bool filter_match_same(const struct filter *f, const struct packet *p, struct filter_work *w);

/* What one byte of a header tells of a filter without running it, for whoever has many filters. */

/* The bytes of a header of proto that tell something, a bit each, of the first 64. */
uint64_t filter_bytes(const struct filter *f, const struct proto *proto);
/* With the value v of byte `at`, may f match a packet that has this header, and no other one of
 * proto? */
bool filter_may(const struct filter *f, const struct proto *proto, uint32_t at, uint8_t v);

#endif
