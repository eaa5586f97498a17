/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capture lost, told in its own file: an interface statistics block of pcapng
 * (draft-ietf-opsawg-pcapng section 4.6). */
#include "capture/sink_impl.h"

static void count(struct sink *s, uint16_t code, uint64_t v)
{
	v = s->swap ? __builtin_bswap64(v) : v;
	said_put(&s->scratch, s->swap, code, &v, sizeof(v));
}

int sink_losses(struct sink *s, const struct source *src, const struct source_stats *st,
		int64_t when, struct err *e)
{
	enum { IF_DROP = 5, FILTER_ACCEPT = 6, OS_DROP = 7, USER_DELIVERED = 8 };

	if (s->f.gone || s->failed || s->between || !s->started || s->format != SINK_PCAPNG ||
	    !st->known || when < 0)
		return SINK_OK;
	int64_t id = ng_interface(s, source_link(src), source_name(src), e);
	if (id < 0)
		return s->f.gone ? SINK_GONE : SINK_ERROR;
	s->scratch.n = 0;
	count(s, IF_DROP, st->if_dropped);
	count(s, FILTER_ACCEPT, st->packets + st->left + st->dropped + st->queue_dropped);
	count(s, OS_DROP, st->dropped);
	count(s, USER_DELIVERED, st->packets);
	if (s->scratch.failed)
		return err_set(e, ERR_IO, "%s: no memory", s->f.path);
	uint32_t len = 20 + (uint32_t)s->scratch.n + 8;
	int rc = sink_room(s, len, 1, e);
	if (rc != SINK_OK)
		return rc;
	sink_put32(s, BLOCK_STATISTICS);
	sink_put32(s, len);
	sink_put32(s, (uint32_t)id);
	sink_put32(s, (uint32_t)((uint64_t)when >> 32)); /* in the interface's nanoseconds */
	sink_put32(s, (uint32_t)when);
	sink_put(s, s->scratch.p, s->scratch.n);
	sink_put32(s, 0); /* opt_endofopt */
	sink_put32(s, len);
	sink_end_record(s, false);
	return SINK_OK;
}
