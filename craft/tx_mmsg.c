/* SPDX-License-Identifier: BSD-2-Clause */
/* Bursts through sendmmsg(2) on a packet socket that is bound to its interface; and one by one
 * through libnet's link context. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/stop.h"
#include "craft/inject.h"
#include "craft/tx_impl.h"

static int room_open(struct tx *t, struct err *e)
{
	t->room = aligned_alloc(64, (size_t)t->stride * t->nslots);
	return t->room ? 0 : err_set(e, ERR_IO, "out of memory");
}

/* ---- sendmmsg ---- */

struct mmsg {
	struct mmsghdr msg[TX_BURST];
	struct iovec part[TX_BURST];
};

static int mmsg_open(struct tx *t, struct err *e)
{
	struct mmsg *m = t->own = calloc(1, sizeof(*m));

	if (!m)
		return err_set(e, ERR_IO, "out of memory");
	if (room_open(t, e) || tx_socket(t, e))
		return -1;
	for (unsigned i = 0; i < TX_BURST; i++) {
		m->part[i].iov_base = tx_slot(t, i);
		m->msg[i].msg_hdr.msg_iov = &m->part[i];
		m->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

static int mmsg_push(struct tx *t, unsigned at, unsigned n)
{
	struct mmsg *m = t->own;

	for (unsigned i = at; i < at + n; i++)
		m->part[i].iov_len = t->len[i];
	return sendmmsg(t->fd, m->msg + at, n, 0);
}

static void mmsg_close(struct tx *t)
{
	free(t->room);
	free(t->own);
}

const struct tx_ops tx_mmsg = { .name = "sendmmsg",
				.line = "packet socket, a burst in one call",
				.open = mmsg_open,
				.push = mmsg_push,
				.close = mmsg_close };

/* ---- libnet ---- */

static int libnet_open(struct tx *t, struct err *e)
{
	if (room_open(t, e))
		return -1;
	t->own = inject_open(INJECT_LINK, t->name, e);
	return t->own ? 0 : -1;
}

static int libnet_push(struct tx *t, unsigned at, unsigned n)
{
	struct err why = { 0 };

	for (unsigned i = 0; i < n; i++) {
		if (i && stop_asked(t->o.stop))
			return (int)i;
		errno = 0;
		if (!inject_write(t->own, tx_slot(t, at + i), t->len[at + i], &why))
			continue;
		if (i)
			return (int)i; /* the next call tells why */
		if (!errno)
			errno = EIO;
		snprintf(t->why, sizeof(t->why), "%.150s", why.msg);
		return -1;
	}
	return (int)n;
}

static void libnet_close(struct tx *t)
{
	free(t->room);
	inject_close(t->own);
}

const struct tx_ops tx_libnet = { .name = "libnet",
				  .line = "libnet's link context, a call for each frame",
				  .open = libnet_open,
				  .push = libnet_push,
				  .close = libnet_close };
