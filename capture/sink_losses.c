/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capture lost, told in its own file: an interface statistics block of pcapng
 * (draft-ietf-opsawg-pcapng section 4.6). */
#include "capture/sink_impl.h"
#include "core/clock.h"

enum { START_TIME = 2, END_TIME = 3, IF_DROP = 5, FILTER_ACCEPT = 6, OS_DROP = 7, DELIVERED = 8 };

static void count(struct sink *s, uint16_t code, uint64_t v)
{
	v = s->swap ? __builtin_bswap64(v) : v;
	said_put(&s->scratch, s->swap, code, &v, sizeof(v));
}

/* A time in the interface's nanoseconds: the upper half stands first in either byte order. */
static void at_time(struct sink *s, uint16_t code, int64_t ns)
{
	uint32_t v[2] = { (uint32_t)((uint64_t)ns >> 32), (uint32_t)ns };

	for (int i = 0; s->swap && i < 2; i++)
		v[i] = __builtin_bswap32(v[i]);
	said_put(&s->scratch, s->swap, code, v, sizeof(v));
}

int losses_put(struct sink *s, struct err *e)
{
	const struct source_stats *old = &s->told;
	struct source_stats st;
	int64_t now = clock_wall();

	if (!s->opt.live || s->f.gone || s->failed || s->format != SINK_PCAPNG)
		return SINK_OK;
	source_stats(s->opt.live, &st);
	if (!st.known || now < 0 || s->told_at < 0)
		return SINK_OK;
	int64_t id = ng_interface(s, source_link(s->opt.live), source_name(s->opt.live), e);
	if (id < 0)
		return s->f.gone ? SINK_GONE : SINK_ERROR;
	uint64_t delivered = st.packets - old->packets, dropped = st.dropped - old->dropped;
	s->scratch.n = 0;
	at_time(s, START_TIME, s->told_at);
	at_time(s, END_TIME, now);
	if (st.if_known)
		count(s, IF_DROP, st.if_dropped - old->if_dropped);
	count(s, FILTER_ACCEPT,
	      delivered + dropped + st.left - old->left + st.queue_dropped - old->queue_dropped);
	count(s, OS_DROP, dropped);
	count(s, DELIVERED, delivered);
	int rc = ng_begin(s, BLOCK_STATISTICS, 12, e);
	if (rc != SINK_OK)
		return rc;
	sink_put32(s, (uint32_t)id);
	sink_put32(s, (uint32_t)((uint64_t)now >> 32));
	sink_put32(s, (uint32_t)now);
	ng_end(s, false);
	s->told = st;
	s->told_at = now;
	return SINK_OK;
}
