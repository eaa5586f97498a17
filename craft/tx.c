/* SPDX-License-Identifier: BSD-2-Clause */
/* Bursts of frames: the queue, whatever the way into the kernel. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/stop.h"
#include "core/packet.h"
#include "craft/pace.h"
#include "craft/tx_impl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

#define EXTRA 64u /* bytes of a frame above the MTU: its link header */
#define LINE 64u  /* bytes of a cache line */
#define WAITS 100 /* of 10 ms, for room in the device's queue */

static const struct tx_ops *const ways[TX_WAYS] = {
	[TX_SENDMMSG] = &tx_mmsg, [TX_RING] = &tx_ring, [TX_XDP] = &tx_xdp, [TX_LIBNET] = &tx_libnet
};

const char *tx_way_name(enum tx_way way)
{
	return ways[way]->name;
}

const char *tx_way_line(enum tx_way way)
{
	return ways[way]->line;
}

static int cannot_open(const struct tx *t, struct err *e)
{
	if (errno == EPERM || errno == EACCES)
		return err_set(e, ERR_PERM, "sending raw packets needs CAP_NET_RAW");
	return err_set(e, ERR_IO, "cannot open a packet socket on %s: %s", t->name,
		       strerror(errno));
}

int tx_socket(struct tx *t, struct err *e)
{
	/* family, protocol (0: it receives nothing), interface (packet(7)) */
	struct sockaddr_ll at = { AF_PACKET, 0, t->o.ifindex, 0, 0, 0, { 0 } };
	int on = 1;

	t->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return cannot_open(t, e);
	/* Since Linux 3.14; without it frames take the longer way. */
	if (t->o.direct)
		setsockopt(t->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return 0;
}

static struct tx *open_way(const struct tx_opts *o, enum tx_way way, struct err *e)
{
	struct tx *t = calloc(1, sizeof(*t));

	if (!t) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	t->o = *o;
	t->ops = ways[way];
	t->fd = -1;
	snprintf(t->name, sizeof(t->name), "%s", o->name);
	t->frame = (o->mtu && o->mtu < PACKET_MAX ? o->mtu : PACKET_MAX) + EXTRA;
	/* An odd number of cache lines: short frames do not meet in the same sets. */
	t->stride = ((t->frame + LINE - 1) / LINE | 1) * LINE;
	t->nslots = TX_BURST;
	for (unsigned i = 0; i < TX_BURST; i++)
		t->slot[i] = i;
	if (t->ops->open(t, e))
		goto fail;
	t->holds = calloc(t->nslots, sizeof(*t->holds));
	t->form = malloc(t->frame);
	if (t->holds && t->form)
		return t;
	err_set(e, ERR_IO, "out of memory");
fail:
	tx_close(t);
	return NULL;
}

struct tx *tx_open(const struct tx_opts *o, struct err *e)
{
	struct err none = { 0 };
	struct tx *t = NULL;

	if (o->way != TX_AUTO)
		return open_way(o, o->way, e);
	if (o->direct && o->link == LINK_ETHERNET)
		t = open_way(o, TX_XDP, &none);
	return t ? t : open_way(o, TX_SENDMMSG, e);
}

void tx_close(struct tx *t)
{
	if (!t)
		return;
	t->ops->close(t);
	if (t->fd >= 0)
		close(t->fd);
	free(t->form);
	free(t->holds);
	free(t);
}

/* ---- handing over ---- */

static void refused(struct tx *t, unsigned at, uint64_t n, const char *why)
{
	if (n && !t->counts.failed) {
		t->counts.first = t->id[at];
		snprintf(t->counts.why, sizeof(t->counts.why), "%.150s", why);
	}
	t->counts.failed += n;
}

/* The frame at `at` was not taken, by errno. 1: wait and try again; 0: go on behind it; -1: e. */
static int judge(struct tx *t, unsigned at, struct err *e)
{
	char why[sizeof(t->name) + sizeof(t->why) + 48];

	switch (errno) {
	case EINTR:
	case EAGAIN:
	case ENOBUFS: return 1;
	case ENETDOWN: return err_set(e, ERR_IO, "interface %s is down", t->name);
	case ENXIO:
	case ENODEV: return err_set(e, ERR_IO, "interface %s is gone", t->name);
	case EPERM:
	case EACCES:
		return err_set(e, ERR_PERM, "not permitted to send on %s (a firewall?)", t->name);
	default: break;
	}
	snprintf(why, sizeof(why), "%s takes no frame of %u bytes: %s", t->name, t->len[at],
		 errno == EMSGSIZE ? "over its MTU"
		 : t->why[0]       ? t->why
				   : strerror(errno));
	refused(t, at, 1, why);
	return 0;
}

static int wait_for_room(struct tx *t, unsigned *waits, struct err *e)
{
	struct pollfd w = { .fd = t->fd, .events = POLLOUT };
	bool full = errno == ENOBUFS;

	if (stop_asked(t->o.stop))
		return err_set(e, ERR_IO, "stopped while the queue of %s was full", t->name);
	if (++*waits > WAITS)
		return err_set(e, ERR_IO, "the queue of %s stays full", t->name);
	/* A device without room says so at once; a socket without room can be waited for. */
	if (full || t->fd < 0)
		poll(NULL, 0, *waits > 4 ? 10 : 1);
	else
		poll(&w, 1, 10);
	return 0;
}

static void taken(struct tx *t, unsigned at, unsigned n, int64_t when)
{
	for (unsigned i = at; i < at + n - t->lost; i++)
		t->counts.bytes += t->len[i];
	t->counts.sent += n - t->lost;
	for (unsigned i = at; t->o.watch && i < at + n - t->lost; i++)
		t->o.watch(t->o.watch_ctx, tx_slot(t, i), t->len[i], t->o.link, when);
	if (t->o.watch)
		t->o.watch(t->o.watch_ctx, NULL, 0, t->o.link, when);
	if (t->lost)
		refused(t, at + n - t->lost, t->lost, t->why);
}

int tx_flush(struct tx *t, struct err *e)
{
	unsigned at = 0, waits = 0;
	int rc = 0;

	while (at < t->n && rc >= 0) {
		t->lost = 0;
		t->why[0] = 0;
		int64_t when = t->o.watch ? clock_wall() : 0;
		int got = t->ops->push(t, at, t->n - at);

		if (got > 0) {
			taken(t, at, (unsigned)got, when);
			at += (unsigned)got;
			waits = 0;
			continue;
		}
		rc = judge(t, at, e);
		if (rc > 0)
			rc = wait_for_room(t, &waits, e);
		else if (rc == 0)
			at++;
	}
	if (rc < 0)
		refused(t, at, t->n - at, e->msg);
	t->n = t->cap = 0;
	return rc < 0 ? -1 : 0;
}

/* Slots for the next burst. */
static int more(struct tx *t, struct err *e)
{
	unsigned waits = 0;

	if (t->n && tx_flush(t, e))
		return -1;
	if (!t->ops->ready) {
		t->cap = TX_BURST;
		return 0;
	}
	while (!(t->cap = t->ops->ready(t))) {
		errno = EAGAIN;
		if (wait_for_room(t, &waits, e))
			return -1;
	}
	return 0;
}

/* ---- queueing ---- */

static int fits(const struct tx *t, uint32_t nhead, uint32_t n, struct err *e)
{
	if (n <= t->frame && nhead <= t->frame - n)
		return 0;
	err_set(e, ERR_IO, "%u bytes are more than a frame on %s holds", n, t->name);
	return 1;
}

static void copy(uint8_t *to, const uint8_t *head, uint32_t nhead, const uint8_t *p, uint32_t n)
{
	if (nhead)
		memcpy(to, head, nhead);
	memcpy(to + nhead, p, n);
}

int tx_put(struct tx *t, uint64_t id, const uint8_t *head, uint32_t nhead, const uint8_t *p,
	   uint32_t n, struct err *e)
{
	if (fits(t, nhead, n, e))
		return 1;
	if (t->n == t->cap && more(t, e))
		return -1;
	copy(tx_slot(t, t->n), head, nhead, p, n);
	t->holds[t->slot[t->n]] = 0;
	t->len[t->n] = nhead + n;
	t->id[t->n++] = id;
	return 0;
}

int tx_form(struct tx *t, const uint8_t *head, uint32_t nhead, const uint8_t *p, uint32_t n,
	    struct err *e)
{
	if (fits(t, nhead, n, e))
		return 1;
	copy(t->form, head, nhead, p, n);
	t->nform = nhead + n;
	t->version++;
	return 0;
}

uint8_t *tx_frame(struct tx *t, uint64_t id, struct err *e)
{
	uint32_t slot;
	uint8_t *at;

	if (t->n == t->cap && more(t, e))
		return NULL;
	slot = t->slot[t->n];
	at = t->room + (size_t)slot * t->stride;
	if (t->holds[slot] != t->version) {
		memcpy(at, t->form, t->nform);
		t->holds[slot] = t->version;
	}
	t->len[t->n] = t->nform;
	t->id[t->n++] = id;
	return at;
}

const char *tx_name(const struct tx *t)
{
	return t->ops->name;
}

unsigned tx_queued(const struct tx *t)
{
	return t->n;
}

const struct tx_counts *tx_counts(const struct tx *t)
{
	return &t->counts;
}
