/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that are due together, handed to the kernel in one call, where it is known of each
 * whether it left. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "craft/pace.h"
#include "craft/sender_impl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

#define ROOM 2048 /* bytes of a frame that is put together first */

/* What the kernel is told costs it less in one piece, and without a name where the socket is bound
 * to the interface: together a twentieth of a frame over veth. */
struct burst {
	struct mmsghdr msg[SENDER_BURST];
	struct sockaddr_ll to[SENDER_BURST];
	struct iovec part[SENDER_BURST][2];
	uint8_t room[SENDER_BURST][ROOM];
};

void burst_close(struct burst *b)
{
	free(b);
}

/* By one packet socket, past nobody's note or refusal? */
static bool plain(struct sender *s, const struct burst_item *x)
{
	struct hop *h = (struct hop *)x->hop; /* ours: handed out as const */
	struct err no = { 0 };

	return !(bare(x->packet->link) && h->raw) && h->route.type != ROUTE_LOCAL &&
	       !hop_fits(s, h, x->packet, &no);
}

/* Message i of the call. How many bytes it has. */
static uint32_t put(struct sender *s, struct burst *b, unsigned i, const struct burst_item *x)
{
	const struct hop *h = x->hop;
	const struct packet *p = x->packet;
	uint32_t head = p->link == h->route.dev.link ? 0 : h->header_len, n = head + p->len;
	struct msghdr *m = &b->msg[i].msg_hdr;

	*m = (struct msghdr) { .msg_iov = b->part[i], .msg_iovlen = 1 };
	if (n <= ROOM) {
		memcpy(b->room[i], h->header, head);
		memcpy(b->room[i] + head, p->data, p->len);
		b->part[i][0] = (struct iovec) { .iov_base = b->room[i], .iov_len = n };
	} else {
		b->part[i][0].iov_base = (void *)h->header;
		b->part[i][0].iov_len = head;
		b->part[i][1].iov_base = (void *)p->data;
		b->part[i][1].iov_len = p->len;
		m->msg_iovlen = 2;
	}
	if (h->route.dev.index != s->lent) {
		/* family, protocol, interface (packet(7)) */
		b->to[i] =
			(struct sockaddr_ll) { AF_PACKET, 0, h->route.dev.index, 0, 0, 0, { 0 } };
		m->msg_name = &b->to[i];
		m->msg_namelen = sizeof(b->to[i]);
	}
	return n;
}

unsigned sender_burst(struct sender *s, const struct burst_item *v, unsigned n)
{
	struct burst *b = s->burst;
	unsigned ready = 0;
	int64_t when;
	int got;

	if (!b)
		b = s->burst = malloc(sizeof(*b));
	if (!b || s->o.way == TX_LIBNET || s->packet_fd < 0)
		return 0;
	for (; ready < n && ready < SENDER_BURST && plain(s, &v[ready]); ready++)
		v[ready].sent->len = put(s, b, ready, &v[ready]);
	when = clock_wall();
	got = ready ? sendmmsg(s->packet_fd, b->msg, ready, 0) : 0;
	for (int i = 0; i < got; i++) {
		v[i].sent->when = when;
		v[i].sent->hop = v[i].hop;
		v[i].sent->note[0] = 0;
	}
	return got > 0 ? (unsigned)got : 0;
}
