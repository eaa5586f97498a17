/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet in the notation in which {names} stand for values of another packet: "ip dst={ip.src} /
 * udp dport={udp.sport} / {payload}". Read once; for each packet only what differs is written over
 * where that is possible. */
#ifndef STRATA_PLAY_FILL_H
#define STRATA_PLAY_FILL_H

#include "core/plan.h"
#include "dissect/filter.h"

struct names;
struct fill;

/* A name is any that a display filter takes ({ip.src}, {eth.src[0:3]}, {len(dns.qry.name)}),
 * `payload` (what the innermost header carries), or a sum of names and numbers: {tcp.seq+1}, which
 * begins again at 0 where its field ends. One stands for a whole value, outside of quotes. reg is
 * frozen; names: an index of it. NULL: e, with the place in text. */
struct fill *fill_open(const struct registry *reg, const struct names *names, const char *text,
		       size_t len, struct err *e);
void fill_close(struct fill *f); /* accepts NULL */

/* The plan, with the values of the packet that was filled in last; at first any values. */
struct plan *fill_plan(struct fill *f);
/* True: the plan stays the same, but for values of says that vary; false: it is a new one after
 * each fill_in. */
bool fill_stays(const struct fill *f);

enum fill_result {
	FILL_DONE = 0,
	FILL_ABSENT =
		1, /* e: the packet has not this value, or it does not fit where it is to go */
	FILL_FAILED = -1, /* e: memory */
};
/* Take the values of p, which is dissected and what w was last begun with (filter_begin). */
int fill_in(struct fill *f, const struct packet *p, struct filter_work *w, struct err *e);
/* The text with these values, appended. As fill_in. */
int fill_text(struct fill *f, const struct packet *p, struct filter_work *w, struct buf *out,
	      struct err *e);
/* The packet with the values that were filled in. Borrowed until the next call. NULL: e. */
const struct packet *fill_packet(struct fill *f, struct err *e);
/* What it was built as; after fill_packet. */
const struct build *fill_build(const struct fill *f);

#endif
