/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets that packets leave by: packet(7), raw(7), or libnet's. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/stop.h"
#include "core/bits.h"
#include "craft/pace.h"
#include "craft/sender_impl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

#define TRIES 100 /* waits of 10 ms for room in a full queue */

static int open_failed(struct err *e)
{
	if (errno == EPERM || errno == EACCES)
		return err_set(e, ERR_PERM, "sending raw packets needs CAP_NET_RAW");
	return err_set(e, ERR_IO, "cannot open a raw socket: %s", strerror(errno));
}

/* Protocol 0: it receives nothing (libnet's, opened for all protocols and never read, fills up). */
static int packet_open(struct sender *s, struct err *e)
{
	if (s->packet_fd < 0)
		s->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return s->packet_fd < 0 ? open_failed(e) : 0;
}

void sender_lend(struct sender *s, int fd, int ifindex)
{
	int domain = 0, type = 0;
	socklen_t n = sizeof(int);

	if (s->packet_fd >= 0 || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 || domain != AF_PACKET ||
	    type != SOCK_RAW)
		return;
	s->packet_fd = fd;
	s->lent = ifindex;
}

static int raw_open(struct sender *s, int family, struct err *e)
{
	int *fd = family == AF_INET ? &s->four_fd : &s->six_fd, on = 1;

	if (*fd >= 0)
		return 0;
	*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd < 0)
		return open_failed(e);
	if (family == AF_INET)
		setsockopt(*fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on));
	setsockopt(*fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (s->dev.index && s->o.via == VIA_IP &&
	    setsockopt(*fd, SOL_SOCKET, SO_BINDTODEVICE, s->dev.name,
		       (socklen_t)strlen(s->dev.name) + 1) < 0) {
		err_set(e, ERR_IO, "cannot bind to %s: %s", s->dev.name, strerror(errno));
		close(*fd);
		*fd = -1;
		return -1;
	}
	return 0;
}

static struct inject *inject_for(struct sender *s, const struct hop *h, struct err *e)
{
	struct inject **x, *got;

	if (h->raw) {
		x = h->route.dst.family == AF_INET ? &s->inject_four : &s->inject_six;
		if (!*x)
			*x = inject_open(h->route.dst.family == AF_INET ? INJECT_FOUR : INJECT_SIX,
					 NULL, e);
		return *x;
	}
	for (unsigned i = 0; i < s->nlinks; i++)
		if (s->links[i].index == h->route.dev.index)
			return s->links[i].x;
	if (s->nlinks == LINKS_MAX) {
		err_set(e, ERR_IO, "more than %d interfaces at a time through libnet", LINKS_MAX);
		return NULL;
	}
	got = inject_open(INJECT_LINK, h->route.dev.name, e);
	if (got) {
		s->links[s->nlinks].index = h->route.dev.index;
		s->links[s->nlinks++].x = got;
	}
	return got;
}

int sock_ready(struct sender *s, const struct hop *h, struct err *e)
{
	if (s->o.way == TX_LIBNET)
		return inject_for(s, h, e) ? 0 : -1;
	return h->raw ? raw_open(s, h->route.dst.family, e) : packet_open(s, e);
}

struct tx *sock_tx(struct sender *s, const struct hop *h, struct err *e)
{
	struct tx_opts o = { .way = s->o.way,
			     .ifindex = h->route.dev.index,
			     .name = h->route.dev.name,
			     .mtu = h->route.dev.mtu,
			     .link = h->route.dev.link,
			     .watch = s->o.watch,
			     .watch_ctx = s->o.watch_ctx,
			     .direct = s->o.direct,
			     .stop = s->o.stop };
	struct tx *got;

	for (unsigned i = 0; i < s->ntx; i++)
		if (s->tx[i].index == h->route.dev.index)
			return s->tx[i].x;
	if (s->ntx == LINKS_MAX) {
		err_set(e, ERR_IO, "more than %d interfaces at a time", LINKS_MAX);
		return NULL;
	}
	got = tx_open(&o, e);
	if (got) {
		s->tx[s->ntx].index = h->route.dev.index;
		s->tx[s->ntx++].x = got;
	}
	return got;
}

void sock_close(struct sender *s)
{
	for (unsigned i = 0; i < s->ntx; i++)
		tx_close(s->tx[i].x);
	if (s->packet_fd >= 0 && !s->lent)
		close(s->packet_fd);
	if (s->four_fd >= 0)
		close(s->four_fd);
	if (s->six_fd >= 0)
		close(s->six_fd);
	inject_close(s->inject_four);
	inject_close(s->inject_six);
	for (unsigned i = 0; i < s->nlinks; i++)
		inject_close(s->links[i].x);
}

static int send_failed(const struct hop *h, size_t n, struct err *e)
{
	const char *on = h->route.dev.name;

	switch (errno) {
	case EMSGSIZE:
		return err_set(e, ERR_IO, "%zu bytes are more than %s takes (MTU %u)", n, on,
			       h->route.mtu);
	case ENETDOWN: return err_set(e, ERR_IO, "interface %s is down", on);
	case EINVAL:
		return err_set(
			e, ERR_IO,
			"the kernel refuses this packet on %s (%s): its header makes no sense "
			"to it",
			on, h->raw ? "raw socket" : "packet socket");
	case EPERM:
	case EACCES: return err_set(e, ERR_PERM, "not permitted to send on %s (a firewall?)", on);
	default: return err_set(e, ERR_IO, "cannot send on %s: %s", on, strerror(errno));
	}
}

/* A full queue is waited for; everything else is an error. */
static int push(struct sender *s, const struct hop *h, int fd, const struct msghdr *m, size_t n,
		struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		struct pollfd w = { .fd = fd, .events = POLLOUT };
		ssize_t done = sendmsg(fd, m, 0);

		if (done == (ssize_t)n)
			return 0;
		if (done >= 0)
			return err_set(e, ERR_IO, "only %zd of %zu bytes were sent on %s", done, n,
				       h->route.dev.name);
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return send_failed(h, n, e);
		if (stop_asked(s->o.stop))
			return err_set(e, ERR_IO, "stopped while the queue of %s was full",
				       h->route.dev.name);
		if (errno == ENOBUFS)
			poll(NULL, 0, 10);
		else
			poll(&w, 1, 10);
	}
	return err_set(e, ERR_IO, "the queue of %s stays full", h->route.dev.name);
}

static int by_inject(struct sender *s, const struct hop *h, const struct packet *p, struct err *e)
{
	struct inject *x = inject_for(s, h, e);
	uint8_t frame[PACKET_MAX > 70000 ? 70000 : PACKET_MAX];

	if (!x)
		return -1;
	if (h->raw || !h->header_len || p->link == h->route.dev.link)
		return inject_write(x, p->data, p->len, e);
	if (h->header_len + p->len > sizeof(frame))
		return err_set(e, ERR_IO, "%u bytes are more than a frame holds", p->len);
	memcpy(frame, h->header, h->header_len);
	memcpy(frame + h->header_len, p->data, p->len);
	return inject_write(x, frame, h->header_len + p->len, e);
}

int sock_link(struct sender *s, const struct hop *h, const struct packet *p, struct sent *out,
	      struct err *e)
{
	bool whole = p->link == h->route.dev.link;
	/* family, protocol, interface (packet(7)) */
	struct sockaddr_ll to = { AF_PACKET, 0, h->route.dev.index, 0, 0, 0, { 0 } };
	struct iovec v[2] = { { .iov_base = (void *)h->header,
				.iov_len = whole ? 0 : h->header_len },
			      { .iov_base = (void *)p->data, .iov_len = p->len } };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = v, .msg_iovlen = 2
	};

	out->len = (uint32_t)(v[0].iov_len + v[1].iov_len);
	out->when = clock_wall();
	s->by = s->o.way == TX_LIBNET ? "libnet" : "sendmsg";
	if (s->o.way == TX_LIBNET)
		return by_inject(s, h, p, e);
	if (packet_open(s, e))
		return -1;
	return push(s, h, s->packet_fd, &m, out->len, e);
}

/* What raw(7) says that the kernel puts in itself, as places in a version 4 header. */
static void four_note(const struct packet *p, struct sent *out)
{
	unsigned hlen = p->len ? (p->data[0] & 15) * 4u : 0;
	bool len, sum, id, src;
	int n;

	if (p->len < 20 || hlen < 20 || hlen > p->len)
		return;
	len = be16(p->data + 2) != p->len;
	sum = sum_inet_partial(p->data, hlen, 0) != 0xffff;
	id = !be16(p->data + 4);
	src = !be32(p->data + 12);
	if (!len && !sum && !id && !src)
		return;
	n = snprintf(out->note, sizeof(out->note),
		     "a raw socket leaves it to the kernel to write:%s%s%s%s",
		     len ? " the total length," : "", id ? " the identification (0)," : "",
		     src ? " the source address (0)," : "", sum ? " the header's checksum," : "");
	if (n > 0 && (size_t)n < sizeof(out->note))
		out->note[n - 1] = 0;
}

int sock_raw(struct sender *s, const struct hop *h, const struct packet *p, struct sent *out,
	     struct err *e)
{
	struct sockaddr_storage to;
	struct iovec v = { .iov_base = (void *)p->data, .iov_len = p->len };
	struct msghdr m = { .msg_name = &to, .msg_iov = &v, .msg_iovlen = 1 };
	int family = h->route.dst.family;

	m.msg_namelen = addr_sockaddr(&h->route.dst, 0, &to);
	if (family == AF_INET)
		four_note(p, out);
	out->len = p->len;
	out->when = clock_wall();
	s->by = s->o.way == TX_LIBNET ? "libnet" : "raw";
	if (s->o.way == TX_LIBNET)
		return by_inject(s, h, p, e);
	if (raw_open(s, family, e))
		return -1;
	return push(s, h, family == AF_INET ? s->four_fd : s->six_fd, &m, p->len, e);
}
