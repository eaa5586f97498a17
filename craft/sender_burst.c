/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that are due together, handed to the kernel in one call, where it is known of each
 * whether it left. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "craft/pace.h"
#include "craft/sender_impl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

/* By one packet socket, past nobody's note or refusal? */
static bool plain(struct sender *s, const struct burst_item *x)
{
	struct hop *h = (struct hop *)x->hop; /* ours: handed out as const */
	struct err no = { 0 };

	return !(bare(x->packet->link) && h->raw) && h->route.type != ROUTE_LOCAL &&
	       !hop_fits(s, h, x->packet, &no);
}

unsigned sender_burst(struct sender *s, const struct burst_item *v, unsigned n)
{
	struct mmsghdr msg[SENDER_BURST];
	struct sockaddr_ll to[SENDER_BURST];
	struct iovec part[SENDER_BURST][2];
	int64_t when;
	int got;

	if (s->o.way == TX_LIBNET || s->packet_fd < 0)
		return 0;
	if (n > SENDER_BURST)
		n = SENDER_BURST;
	for (unsigned i = 0; i < n; i++) {
		const struct hop *h = v[i].hop;
		const struct packet *p = v[i].packet;

		if (!plain(s, &v[i])) {
			n = i;
			break;
		}
		/* family, protocol, interface (packet(7)) */
		to[i] = (struct sockaddr_ll) { AF_PACKET, 0, h->route.dev.index, 0, 0, 0, { 0 } };
		part[i][0].iov_base = (void *)h->header;
		part[i][0].iov_len = p->link == h->route.dev.link ? 0 : h->header_len;
		part[i][1].iov_base = (void *)p->data;
		part[i][1].iov_len = p->len;
		msg[i].msg_hdr = (struct msghdr) { .msg_name = &to[i],
						   .msg_namelen = sizeof(to[i]),
						   .msg_iov = part[i],
						   .msg_iovlen = 2 };
	}
	when = clock_wall();
	got = n ? sendmmsg(s->packet_fd, msg, n, 0) : 0;
	for (int i = 0; i < got; i++) {
		v[i].sent->when = when;
		v[i].sent->hop = v[i].hop;
		v[i].sent->len = (uint32_t)(part[i][0].iov_len + part[i][1].iov_len);
		v[i].sent->note[0] = 0;
	}
	return got > 0 ? (unsigned)got : 0;
}
