/* SPDX-License-Identifier: BSD-2-Clause */
/* Bursts of frames: sendmmsg(2) on a packet socket that is bound to its interface. */
#include "craft/tx.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/packet.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

#define BURST 64
#define BURST_MAX 1024
#define ROOM (PACKET_MAX + 4096u) /* bytes of queued frames: the largest one fits */
#define WAITS 100                 /* of 10 ms, for room in the device's queue */

struct tx {
	struct tx_opts o;
	char name[64];
	int fd;
	unsigned n; /* frames queued */
	uint32_t used;
	uint8_t *room;
	struct mmsghdr *msg;
	struct iovec *part;
	uint64_t *id;
	struct tx_counts counts;
};

static int cannot_open(const struct tx_opts *o, struct err *e)
{
	if (errno == EPERM || errno == EACCES)
		return err_set(e, ERR_PERM, "sending raw packets needs CAP_NET_RAW");
	return err_set(e, ERR_IO, "cannot open a packet socket on %s: %s", o->name,
		       strerror(errno));
}

struct tx *tx_open(const struct tx_opts *o, struct err *e)
{
	/* family, protocol (0: it receives nothing), interface (packet(7)) */
	struct sockaddr_ll at = { AF_PACKET, 0, o->ifindex, 0, 0, 0, { 0 } };
	struct tx *t = calloc(1, sizeof(*t));
	int on = 1;

	if (!t) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	t->o = *o;
	snprintf(t->name, sizeof(t->name), "%s", o->name);
	if (!t->o.burst || t->o.burst > BURST_MAX)
		t->o.burst = t->o.burst ? BURST_MAX : BURST;
	t->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	t->room = malloc(ROOM);
	t->msg = calloc(t->o.burst, sizeof(*t->msg));
	t->part = calloc(t->o.burst, sizeof(*t->part));
	t->id = calloc(t->o.burst, sizeof(*t->id));
	if (!t->room || !t->msg || !t->part || !t->id) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		cannot_open(o, e);
		goto fail;
	}
	for (unsigned i = 0; i < t->o.burst; i++) {
		t->msg[i].msg_hdr.msg_iov = &t->part[i];
		t->msg[i].msg_hdr.msg_iovlen = 1;
	}
	/* Since Linux 3.14; without it frames take the longer way. */
	if (o->direct)
		setsockopt(t->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return t;
fail:
	tx_close(t);
	return NULL;
}

void tx_close(struct tx *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t->room);
	free(t->msg);
	free(t->part);
	free(t->id);
	free(t);
}

int tx_put(struct tx *t, uint64_t id, const uint8_t *head, uint32_t nhead, const uint8_t *p,
	   uint32_t n, struct err *e)
{
	uint8_t *to;

	if (n > ROOM || nhead > ROOM - n)
		return err_set(e, ERR_IO, "%u bytes are more than a frame holds", n);
	if ((t->n == t->o.burst || nhead + n > ROOM - t->used) && tx_flush(t, e) < 0)
		return -1;
	to = t->room + t->used;
	if (nhead)
		memcpy(to, head, nhead);
	memcpy(to + nhead, p, n);
	t->id[t->n] = id;
	t->part[t->n++] = (struct iovec) { .iov_base = to, .iov_len = nhead + n };
	/* The next one begins where words do. */
	t->used += (nhead + n + 7) & ~7u;
	if (t->used > ROOM)
		t->used = ROOM;
	return 0;
}

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
	char why[160];

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
	snprintf(why, sizeof(why), "%s takes no frame of %zu bytes: %s", t->name,
		 t->part[at].iov_len, errno == EMSGSIZE ? "over its MTU" : strerror(errno));
	refused(t, at, 1, why);
	return 0;
}

static int wait_for_room(struct tx *t, unsigned *waits, struct err *e)
{
	struct pollfd w = { .fd = t->fd, .events = POLLOUT };
	bool full = errno == ENOBUFS;

	if (t->o.stop && *t->o.stop)
		return err_set(e, ERR_IO, "stopped while the queue of %s was full", t->name);
	if (++*waits > WAITS)
		return err_set(e, ERR_IO, "the queue of %s stays full", t->name);
	/* A device without room says so at once; a socket without room can be waited for. */
	if (full)
		poll(NULL, 0, *waits > 4 ? 10 : 1);
	else
		poll(&w, 1, 10);
	return 0;
}

int tx_flush(struct tx *t, struct err *e)
{
	unsigned at = 0, waits = 0;
	int rc = 0;

	while (at < t->n && rc >= 0) {
		int got = sendmmsg(t->fd, t->msg + at, t->n - at, 0);

		if (got > 0) {
			for (int i = 0; i < got; i++)
				t->counts.bytes += t->part[at + (unsigned)i].iov_len;
			t->counts.sent += (unsigned)got;
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
	t->n = 0;
	t->used = 0;
	return rc < 0 ? -1 : 0;
}

unsigned tx_queued(const struct tx *t)
{
	return t->n;
}

const struct tx_counts *tx_counts(const struct tx *t)
{
	return &t->counts;
}
