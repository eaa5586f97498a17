/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from a device through libpcap. The handle is never blocking: waiting is done here, with
 * poll, so that a deadline is one and a signal handler can end it. */
#include "capture/live_impl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "capture/packet_socket.h"

/* Of linux/if_packet.h, which cannot be included: its PACKET_OUTGOING is not ours. */
#define SENT_BY_US 4

int live_fd(const struct source *s)
{
	return s->live->queued ? s->live->queue.filled : pcap_get_selectable_fd(s->live->pcap);
}

/* ---- counting ---- */

/* Whose counters tell what was lost before it came to us: "any" is all of them. */
static const char *live_counted(const struct source *s)
{
	return strcmp(s->name, "any") == 0 ? NULL : s->name;
}

void live_begin_counting(struct source *s)
{
	struct live *l = s->live;

	l->if_known = interface_lost(l->if_counters, live_counted(s), &l->if_before);
}

void live_count(struct source *s)
{
	struct live *l = s->live;
	struct pcap_stat ps = { 0 };

	pthread_mutex_lock(&l->counting);
	if (packet_socket_counts(pcap_fileno(l->pcap), &l->let_in, &l->dropped)) {
		l->counted = true;
	} else if (!l->started && pcap_stats(l->pcap, &ps) == 0) { /* no packet socket */
		l->let_in = ps.ps_recv;
		l->dropped = ps.ps_drop;
		l->counted = true;
	}
	pthread_mutex_unlock(&l->counting);
}

void live_stats(struct source *s)
{
	struct live *l = s->live;

	uint64_t lost;

	/* Once it is gone, what was known last stands. */
	if (l->if_known && interface_lost(l->if_counters, live_counted(s), &lost))
		s->stats.if_dropped = lost - l->if_before;
	live_count(s);
	pthread_mutex_lock(&l->counting);
	s->stats.dropped = l->dropped;
	s->stats.known = l->counted;
	s->stats.if_known = l->if_known;
	pthread_mutex_unlock(&l->counting);
	s->stats.left += live_left(s);
	s->stats.queue_dropped = atomic_load(&l->queue_dropped);
	s->stats.cut = atomic_load(&l->cut);
}

/* ---- reading ---- */

static bool is_outgoing(const struct source *s, const struct packet *p)
{
	const struct live *l = s->live;

	if (s->link == 113) /* LINKTYPE_LINUX_SLL: packet type 4 is "sent by us" */
		return p->len >= 2 && p->data[0] == 0 && p->data[1] == SENT_BY_US;
	if (s->link == 276) /* LINKTYPE_LINUX_SLL2 */
		return p->len >= 11 && p->data[10] == SENT_BY_US;
	return l && l->has_mac && p->len >= 12 && memcmp(p->data + 6, l->mac, 6) == 0;
}

void live_fill(struct source *s, struct packet *p, const uint8_t *data, uint32_t len,
	       uint32_t wire_len, int64_t when)
{
	p->data = data;
	p->len = len;
	p->wire_len = wire_len > len ? wire_len : len;
	p->when = when;
	p->link = s->link;
	p->nlayers = 0;
	p->ifindex = 0;
	p->ifname = s->name;
	p->said = NULL;
	p->number = ++s->number;
	p->flags = PACKET_LIVE;
	if (is_outgoing(s, p))
		p->flags |= PACKET_OUTGOING;
	s->stats.packets++;
}

/* The one packet that was asked for. */
static void take(u_char *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct source *s = (struct source *)ctx;
	struct live *l = s->live;
	uint32_t n = h->caplen < PACKET_MAX ? h->caplen : PACKET_MAX;

	memcpy(l->data, bytes, n);
	l->seen++;
	atomic_fetch_add(&l->cut, h->caplen > n);
	live_fill(s, l->into, l->data, n, h->len, live_when(l, h));
}

void live_shut(struct source *s)
{
	struct live *l = s->live;

	l->shut = true;
	l->closed = packet_socket_shut(pcap_fileno(l->pcap));
	/* What was let in last may still be on its way into the ring on another processor; a block
	 * of the ring becomes visible when its timer runs out at the latest. */
	l->drained_by = clock_mono() + live_hidden(l);
}

bool live_drained(struct source *s)
{
	struct live *l = s->live;

	if (clock_mono() >= l->drained_by)
		return true;
	if (!l->closed)
		return false;
	/* What passed the filter, dropped or not. There may be packets among it that libpcap leaves
	 * out (by direction); then the time limit decides. */
	live_count(s);
	pthread_mutex_lock(&l->counting);
	bool all = l->counted && l->seen + l->dropped >= l->let_in;
	pthread_mutex_unlock(&l->counting);
	return all;
}

int live_dispatch(struct source *s, int most, pcap_handler f, struct err *e)
{
	struct live *l = s->live;
	int breaks = atomic_load(&s->breaks);

	if (breaks > 1)
		return SOURCE_END;
	if (breaks && !l->shut)
		live_shut(s);
	int n = pcap_dispatch(l->pcap, most, f, (u_char *)s);
	if (n > 0)
		return n;
	if (n < 0 && n != PCAP_ERROR_BREAK)
		return err_set(e, ERR_IO, "capturing on %s ended: %s", s->name,
			       pcap_geterr(l->pcap));
	return l->shut && live_drained(s) ? SOURCE_END : SOURCE_NOTHING;
}

int live_poll(struct source *s, int64_t deadline_ns, struct err *e)
{
	struct live *l = s->live;
	int64_t now = clock_mono();
	int64_t until = l->shut && l->drained_by < deadline_ns ? l->drained_by : deadline_ns;
	int64_t left = until > now ? until - now : 0;
	struct timespec ts = clock_spec(left);
	struct pollfd pf[2] = { { .fd = pcap_get_selectable_fd(l->pcap), .events = POLLIN },
				{ .fd = s->wake, .events = POLLIN } };

	/* Once woken the wake descriptor stays readable: do not look at it again. While the ring is
	 * read out look often, since the last packets decide when to end. */
	if (l->shut)
		ts = (struct timespec) { 0, left < 2 * MS ? left : 2 * MS };
	if (ppoll(pf, l->shut ? 1 : 2, until == INT64_MAX ? NULL : &ts, NULL) < 0 && errno != EINTR)
		return err_set(e, ERR_IO, "%s: poll: %s", s->name, strerror(errno));
	return 0;
}

int live_next(struct source *s, struct packet *p, struct err *e)
{
	struct live *l = s->live;

	if (s->ended || l->queued)
		return s->ended ? SOURCE_END : live_take(s, p, e);
	l->into = p;
	int rc = live_dispatch(s, 1, take, e);
	s->ended = rc == SOURCE_ERROR || rc == SOURCE_END;
	return rc;
}

int live_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e)
{
	for (;;) {
		int rc = live_next(s, p, e);
		if (rc != SOURCE_NOTHING || clock_mono() >= deadline_ns)
			return rc;
		if ((s->live->queued ? live_take_poll(s, deadline_ns, e)
				     : live_poll(s, deadline_ns, e)) < 0)
			return SOURCE_ERROR;
	}
}
