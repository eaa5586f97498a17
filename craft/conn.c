/* SPDX-License-Identifier: BSD-2-Clause */
/* An ordinary kernel socket made from the lower layers of a packet: the descriptions tell the
 * addresses, the ports and the transport's number, socket(2) takes them as they are. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/stop.h"
#include "core/bits.h"
#include "core/message.h"
#include "craft/conn.h"
#include "craft/pace.h"

#define MS 1000000ll
#define PAUSE (300 * MS) /* silence that ends a message without a length rule */

struct conn {
	int fd;
	bool datagram, closed;
	enum conn_peer *peer, own;
	struct addr to; /* whom, for words */
	uint16_t port;
	const volatile int *stop;
	struct buf in;
	size_t eaten; /* bytes of in that were handed out */
	struct tree tree, request;
	uint8_t asked[256]; /* the front of what was sent last: an answer's length may hang on it */
	uint32_t nasked;
};

static const struct node *field_node(const struct built *y, const struct field *f)
{
	uint32_t at = tree_child(&y->tree, 0, f->index);

	return at == NODE_NONE ? NULL : &y->tree.v[at];
}

/* The number by which the layer under y announces it. */
static int transport_number(const struct build *b, unsigned i)
{
	const struct built *y = &b->layer[i], *below = i ? &b->layer[i - 1] : NULL;

	for (unsigned k = 0; below && below->proto && k < below->proto->ncarries; k++) {
		const struct carries *c = &below->proto->carries[k];

		for (unsigned o = 0; o < y->proto->nover; o++) {
			const struct node *v;

			if (!c->nfields || y->proto->over[o].space != c->space)
				continue;
			v = field_node(below, &below->proto->rec.fields[c->field[0]]);
			if (v)
				return (int)v->num;
		}
	}
	return -1;
}

/* Did the user say it? What was drawn for the packet the kernel chooses itself. */
static bool user_said(const struct node *v)
{
	return (v->flags & NODE_SAID) && !(v->said && v->said->implied);
}

int transport_of(const struct build *b, struct transport *n, struct err *e)
{
	const uint8_t *p = (const uint8_t *)b->bytes.p;
	const struct field *f, *g;
	bool net = false;

	memset(n, 0, sizeof(*n));
	for (unsigned i = 0; i < b->n; i++) {
		const struct built *y = &b->layer[i];
		const struct node *src, *dst;

		if (!y->proto)
			continue;
		if (!net && proto_ends(y->proto, END_NET, &f, &g)) {
			src = field_node(y, f);
			dst = field_node(y, g);
			if (!src || !dst)
				continue;
			net = addr_set(&n->src, p + src->bit / 8, src->bits / 8) &&
			      addr_set(&n->dst, p + dst->bit / 8, dst->bits / 8);
			n->src_said = user_said(src);
			continue;
		}
		if (!net || !proto_ends(y->proto, END_PORT, &f, &g))
			continue;
		src = field_node(y, f);
		dst = field_node(y, g);
		if (!src || !dst)
			continue;
		n->sport = (uint16_t)bits_get(p, src->bit, 16);
		n->dport = (uint16_t)bits_get(p, dst->bit, 16);
		n->sport_said = user_said(src);
		n->layer = i;
		n->number = transport_number(b, i);
		return 0;
	}
	return err_set(e, ERR_USAGE,
		       "an ordinary socket needs network addresses and ports in the "
		       "packet's lower layers");
}

int conn_inside(const struct build *b, uint32_t *from, uint32_t *to, struct err *e)
{
	struct transport n;
	const struct built *y;

	if (transport_of(b, &n, e))
		return -1;
	y = &b->layer[n.layer];
	*from = y->off + y->hlen;
	*to = y->end - y->tail;
	return (int)n.layer + 1;
}

static bool stopped(const struct conn *c)
{
	return stop_asked(c->stop) > 0;
}

/* Wait for events. 1 there, 0 deadline or stop. */
static int await(const struct conn *c, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd w = { .fd = c->fd, .events = events };
		int64_t left = deadline - clock_mono();
		int ms = left > 100 * MS ? 100 : (int)((left + MS - 1) / MS);

		if (stopped(c))
			return 0;
		if (poll(&w, 1, ms > 0 ? ms : 0) > 0)
			return 1;
		if (left <= 0)
			return 0;
	}
}

static int conn_failed(struct conn *c, int no, struct err *e)
{
	unsigned port = c->port;
	char words[64];

	addr_words(&c->to, words);
	if (no == ECONNREFUSED || no == ECONNRESET)
		*c->peer = PEER_REFUSED;
	else if (no == ETIMEDOUT || no == EHOSTUNREACH)
		*c->peer = PEER_SILENT;
	switch (no) {
	case ECONNREFUSED:
		return c->datagram
			       ? err_set(e, ERR_IO, "refused: nobody at %s port %u", words, port)
			       : err_set(e, ERR_IO, "refused: %s refuses connections to port %u",
					 words, port);
	case ECONNRESET:
		return err_set(e, ERR_IO, "refused: %s port %u reset the connection", words, port);
	case ETIMEDOUT: return err_set(e, ERR_IO, "%s port %u does not answer", words, port);
	case ENETUNREACH: return err_set(e, ERR_IO, "no route to %s", words);
	case EHOSTUNREACH: return err_set(e, ERR_IO, "%s cannot be reached", words);
	case EACCES:
	case EPERM: return err_set(e, ERR_PERM, "not permitted to talk to %s", words);
	default: return err_set(e, ERR_IO, "%s port %u: %s", words, port, strerror(no));
	}
}

static int conn_socket(struct conn *c, const struct transport *n, const struct conn_opts *o,
		       struct err *e)
{
	struct sockaddr_storage a;
	struct addr any = { .family = n->dst.family };
	socklen_t len;
	int on = 1;

	c->fd = socket(n->dst.family,
		       (o->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       n->number > 0 ? n->number : 0);
	if (c->fd < 0)
		return err_set(e, ERR_USAGE,
			       "the packet's transport (protocol %d) is no %s for this "
			       "kernel",
			       n->number, o->datagram ? "datagram socket" : "stream");
	setsockopt(c->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (o->ifname && setsockopt(c->fd, SOL_SOCKET, SO_BINDTODEVICE, o->ifname,
				    (socklen_t)strlen(o->ifname) + 1) < 0)
		return err_set(e, errno == EPERM ? ERR_PERM : ERR_IO, "cannot bind to %s: %s",
			       o->ifname, strerror(errno));
	if (!n->src_said && !n->sport_said)
		return 0;
	setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	len = addr_sockaddr(n->src_said ? &n->src : &any, n->sport_said ? n->sport : 0, &a);
	if (bind(c->fd, (struct sockaddr *)&a, len) < 0)
		return err_set(e, errno == EACCES ? ERR_PERM : ERR_IO,
			       "cannot take the source address and port that were said: %s",
			       strerror(errno));
	return 0;
}

static int conn_connect(struct conn *c, const struct transport *n, int64_t deadline, struct err *e)
{
	struct sockaddr_storage a;
	socklen_t len = addr_sockaddr(&n->dst, n->dport, &a), size = sizeof(int);
	int no = 0;

	c->to = n->dst;
	c->port = n->dport;
	if (connect(c->fd, (struct sockaddr *)&a, len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return conn_failed(c, errno, e);
	if (!await(c, POLLOUT, deadline))
		return stopped(c) ? err_set(e, ERR_IO, "stopped") : conn_failed(c, ETIMEDOUT, e);
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &no, &size) < 0)
		no = errno;
	return no ? conn_failed(c, no, e) : 0;
}

struct conn *conn_open(const struct build *b, const struct conn_opts *o, int64_t deadline,
		       struct err *e)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct transport n;

	if (!c) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	c->fd = -1;
	c->datagram = o->datagram;
	c->stop = o->stop;
	c->peer = o->peer ? o->peer : &c->own;
	*c->peer = PEER_FINE;
	if (transport_of(b, &n, e) || conn_socket(c, &n, o, e) ||
	    conn_connect(c, &n, deadline, e)) {
		conn_close(c);
		return NULL;
	}
	return c;
}

void conn_close(struct conn *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	buf_done(&c->in);
	tree_done(&c->tree);
	tree_done(&c->request);
	free(c);
}

int conn_send(struct conn *c, const uint8_t *p, size_t n, int64_t deadline, struct err *e)
{
	size_t done = 0;

	c->nasked = (uint32_t)(n < sizeof(c->asked) ? n : sizeof(c->asked));
	memcpy(c->asked, p, c->nasked);
	do {
		ssize_t k = send(c->fd, p + done, n - done, MSG_NOSIGNAL);

		if (k >= 0) {
			done += (size_t)k;
			continue;
		}
		if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ECONNRESET)
			return conn_failed(c, errno, e);
		if (errno != EAGAIN && errno != EINTR)
			return err_set(e, ERR_IO, "cannot send: %s", strerror(errno));
		if (!await(c, POLLOUT, deadline))
			return err_set(e, ERR_IO, "the peer took only %zu of %zu bytes in time",
				       done, n);
	} while (done < n);
	return 0;
}

/* ---- messages ---- */

/* One read into c->in. 1 got bytes, 0 nothing there, -1 error; sets closed. */
static int pull(struct conn *c, struct err *e)
{
	ssize_t k;

	if (!buf_grow(&c->in, 65536))
		return err_set(e, ERR_IO, "out of memory");
	k = recv(c->fd, c->in.p + c->in.n, 65536, 0);
	if (k > 0) {
		c->in.n += (size_t)k;
		return 1;
	}
	if (k == 0) {
		c->closed = !c->datagram;
		return c->datagram;
	}
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ECONNRESET)
		return conn_failed(c, errno, e);
	return err_set(e, ERR_IO, "cannot receive: %s", strerror(errno));
}

/* Move what was handed out of the way. */
static void drop_eaten(struct conn *c)
{
	if (!c->eaten)
		return;
	memmove(c->in.p, c->in.p + c->eaten, c->in.n - c->eaten);
	c->in.n -= c->eaten;
	c->eaten = 0;
}

/* Is a whole message there? Its length; 0 no; -1 nonsense. *rest: it goes on until the peer closes.
 */
static int64_t ready(struct conn *c, const struct proto *proto, bool *rest)
{
	struct packet asked = { .data = c->asked, .len = c->nasked, .wire_len = PACKET_MAX };
	const struct tree *request = NULL;
	int64_t len;

	*rest = false;
	if (c->datagram || !proto || !proto->message)
		return 0;
	if (proto->asks && c->nasked && !decode_header(&c->request, &asked, proto, 0, c->nasked))
		request = &c->request;
	len = message_length(proto, (const uint8_t *)c->in.p, (uint32_t)c->in.n, &c->tree, request);
	*rest = len == MESSAGE_REST;
	if (len > PACKET_MAX && !*rest)
		return -1;
	return len > (int64_t)c->in.n ? 0 : len;
}

static int hand_out(struct conn *c, size_t len, const uint8_t **p, uint32_t *n, int64_t *when)
{
	*p = (const uint8_t *)c->in.p;
	*n = (uint32_t)len;
	*when = clock_wall();
	c->eaten = len;
	return 1;
}

int conn_receive(struct conn *c, const struct proto *proto, const uint8_t **p, uint32_t *n,
		 int64_t *when, bool *closed, int64_t deadline, struct err *e)
{
	bool framed = proto && proto->message && !c->datagram, rest = false;
	int64_t len, until = deadline;
	int got;

	drop_eaten(c);
	*closed = false;
	for (;;) {
		len = ready(c, proto, &rest);
		if (len < 0)
			return err_set(e, ERR_IO, "the length of a message makes no sense");
		if (len > 0)
			return hand_out(c, (size_t)len, p, n, when);
		if (c->closed)
			break;
		if (!framed && c->in.n && !c->datagram && clock_mono() + PAUSE < deadline)
			until = clock_mono() + PAUSE;
		if (c->in.n > PACKET_MAX || !await(c, POLLIN, until))
			break;
		got = pull(c, e);
		if (got < 0)
			return -1;
		if (c->datagram && got)
			return hand_out(c, c->in.n, p, n, when);
	}
	if ((!framed || rest) && c->in.n)
		return hand_out(c, c->in.n, p, n, when);
	*closed = c->closed;
	return 0;
}

int conn_fd(const struct conn *c)
{
	return c->fd;
}

void conn_ends(const struct conn *c, struct addr *local, uint16_t *lport, struct addr *peer,
	       uint16_t *pport)
{
	struct sockaddr_storage s = { 0 };
	socklen_t n = sizeof(s);

	getsockname(c->fd, (struct sockaddr *)&s, &n);
	addr_of_sockaddr(&s, local, lport);
	memset(&s, 0, sizeof(s));
	n = sizeof(s);
	getpeername(c->fd, (struct sockaddr *)&s, &n);
	addr_of_sockaddr(&s, peer, pport);
}
