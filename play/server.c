/* SPDX-License-Identifier: BSD-2-Clause */
/* Where is listened, who is accepted, datagrams (ip(7), ipv6(7): answered from the address that was
 * asked), and the loop over all of them (epoll(7)). */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"
#include "play/server_impl.h"

#define MS 1000000ll
#define LOOK 20        /* ms between two looks at who pauses */
#define AT_ONCE 64     /* events, and datagrams, before others have their turn */
#define DESCRIPTORS 32 /* for all else */

const char *server_event_words(enum server_event event)
{
	static const char *const words[SERVER_EVENTS] = {
		[SERVER_NONSENSE] = "what it sent is no message of this protocol",
		[SERVER_LONG] = "a message of more than 65,000 bytes",
		[SERVER_PART] = "it ended in the middle of a message",
		[SERVER_STALLED] = "it did not read its answers for 10 s",
		[SERVER_CROWDED] = "quiet the longest of too many clients",
		[SERVER_BROKEN] = "it was gone before it had all its answers",
	};

	return event < SERVER_EVENTS ? words[event] : "done";
}

/* ---- opening ---- */

struct server *server_open(const struct server_opts *o, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	struct rlimit most = { 0 };

	if (s)
		s->room = malloc(SERVER_ROOM);
	if (!s || !s->room) {
		free(s);
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	s->o = *o;
	s->most = SERVER_CLIENTS;
	if (!getrlimit(RLIMIT_NOFILE, &most) && most.rlim_cur < SERVER_CLIENTS + DESCRIPTORS)
		s->most = most.rlim_cur > 2 * DESCRIPTORS ? (unsigned)most.rlim_cur - DESCRIPTORS
							  : DESCRIPTORS;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0) {
		err_set(e, ERR_IO, "epoll: %s", strerror(errno));
		server_close(s);
		return NULL;
	}
	return s;
}

static int listen_failed(const struct server *s, const struct addr *at, uint16_t port,
			 struct err *e)
{
	const char *what = s->o.datagram ? "datagram" : "stream";
	char words[64];
	int no = errno;

	addr_words(at, words);
	switch (no) {
	case EADDRINUSE:
		return err_set(
			e, ERR_IO,
			"%s port %u at %s is in use: another program listens there (ss -lntup "
			"tells which)",
			what, port, words);
	case EACCES:
	case EPERM:
		return err_set(e, ERR_PERM, "not permitted to listen at %s port %u%s", words, port,
			       port && port < 1024
				       ? ": ports below 1024 take root or CAP_NET_BIND_SERVICE"
				       : "");
	case EADDRNOTAVAIL: return err_set(e, ERR_USAGE, "%s is no address of this machine", words);
	default:
		return err_set(e, ERR_IO, "cannot listen at %s port %u: %s", words, port,
			       strerror(no));
	}
}

static int dress(const struct server *s, int fd, int family, struct err *e)
{
	int on = 1;

	if (s->o.ifname && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->o.ifname,
				      (socklen_t)strlen(s->o.ifname) + 1) < 0)
		return err_set(e, errno == EPERM ? ERR_PERM : ERR_IO, "cannot bind to %s: %s",
			       s->o.ifname, strerror(errno));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!s->o.datagram)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	return 0;
}

/* 1: this machine has no such addresses. */
static int listen_one(struct server *s, const struct addr *at, uint16_t port,
		      const struct proto *proto, struct err *e)
{
	struct server_end *x = &s->end[s->nends];
	struct sockaddr_storage a;
	socklen_t n = addr_sockaddr(at, port, &a);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = x };
	int type = (s->o.datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (s->nends == SERVER_ENDS)
		return err_set(e, ERR_USAGE, "no more than %d ports are listened at", SERVER_ENDS);
	x->fd = socket(at->family, type, s->o.number);
	if (x->fd < 0 && errno == EAFNOSUPPORT)
		return 1;
	if (x->fd < 0)
		return err_set(e, ERR_IO, "socket: %s", strerror(errno));
	s->nends++;
	if (dress(s, x->fd, at->family, e))
		return -1;
	if (bind(x->fd, (struct sockaddr *)&a, n) < 0 ||
	    (!s->o.datagram && listen(x->fd, 128) < 0)) {
		if (errno == EADDRNOTAVAIL && addr_zero(at)) {
			close(x->fd);
			s->nends--;
			return 1;
		}
		return listen_failed(s, at, port, e);
	}
	n = sizeof(a);
	getsockname(x->fd, (struct sockaddr *)&a, &n);
	addr_of_sockaddr(&a, &x->at, &x->port);
	x->proto = proto;
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, x->fd, &ev) < 0
		       ? err_set(e, ERR_IO, "epoll: %s", strerror(errno))
		       : 0;
}

int server_listen(struct server *s, const struct addr *at, uint16_t port, const struct proto *proto,
		  struct err *e)
{
	struct addr any4 = { .family = AF_INET }, any6 = { .family = AF_INET6 };
	int rc, rc6;

	if (at->family) {
		rc = listen_one(s, at, port, proto, e);
		return rc <= 0 ? rc : err_set(e, ERR_IO, "this machine has no such addresses");
	}
	rc = listen_one(s, &any4, port, proto, e);
	rc6 = rc < 0 ? -1 : listen_one(s, &any6, port, proto, e);
	if (rc < 0 || rc6 < 0)
		return -1;
	return rc && rc6 ? err_set(e, ERR_IO, "this machine has no network addresses") : 0;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->n; i++)
		client_free(s->client[i]);
	for (unsigned i = 0; i < s->nends; i++)
		close(s->end[i].fd);
	if (s->epoll >= 0)
		close(s->epoll);
	tree_done(&s->scratch);
	free(s->room);
	free(s);
}

/* ---- answers ---- */

static int answer_datagram(struct server *s, const uint8_t *p, size_t n, struct err *e)
{
	struct iovec v = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr m = *s->datagram;

	/* The control message of what came tells the address that it came to. */
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	m.msg_flags = 0;
	if (sendmsg(s->datagram_end->fd, &m, MSG_NOSIGNAL) >= 0) {
		s->counts.answers++;
		return 0;
	}
	s->counts.failed++;
	err_set(e, ERR_IO, "cannot answer: %s", strerror(errno));
	return 1;
}

int server_answer(struct server *s, const uint8_t *p, size_t n, struct err *e)
{
	struct client *c = s->asks;

	if (s->datagram)
		return answer_datagram(s, p, n, e);
	if (!c || c->fd < 0) {
		err_set(e, ERR_IO, "who asked is gone");
		return 1;
	}
	buf_put(&c->out, p, n);
	if (c->out.failed)
		return err_set(e, ERR_IO, "out of memory");
	c->answered += n;
	s->counts.answers++;
	return 0;
}

void server_refuse(struct server *s)
{
	s->refused = true;
}

/* ---- the loop ---- */

static void forget(struct server *s)
{
	unsigned k = 0;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->client[i]->fd < 0)
			client_free(s->client[i]);
		else
			s->client[k++] = s->client[i];
	}
	s->n = k;
}

/* Who was quiet the longest gives way. */
static void make_room(struct server *s)
{
	struct client *c = NULL;

	for (unsigned i = 0; i < s->n; i++)
		if (s->client[i]->fd >= 0 && (!c || s->client[i]->heard < c->heard))
			c = s->client[i];
	if (c)
		client_end(s, c, SERVER_CROWDED);
}

/* Clients closed in this round are forgotten after it: events may speak of them yet. */
static void take_in(struct server *s, const struct server_end *x)
{
	if (s->n == SERVER_CLIENTS)
		make_room(s);
	for (unsigned i = 0; i < AT_ONCE && s->n < SERVER_CLIENTS; i++) {
		unsigned open = 0;
		int fd;

		for (unsigned k = 0; k < s->n; k++)
			open += s->client[k]->fd >= 0;
		if (open >= s->most)
			make_room(s);
		fd = accept4(x->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				make_room(s);
			return;
		}
		if (!client_open(s, x, fd))
			close(fd);
	}
}

/* The address that a datagram came to. */
static void came_to(const struct msghdr *m, struct addr *a)
{
	struct msghdr *h = (struct msghdr *)(uintptr_t)m;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *i = (struct in_pktinfo *)CMSG_DATA(c);

			addr_set(a, (uint8_t *)&i->ipi_addr, 4);
			/* Answered from the address of ours that is nearest: it may be a group. */
			i->ipi_ifindex = 0;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *i = (struct in6_pktinfo *)CMSG_DATA(c);

			addr_set(a, (uint8_t *)&i->ipi6_addr, 16);
			if (addr_multicast(a))
				memset(&i->ipi6_addr, 0, 16);
		}
	}
}

/* 0: there is none. */
static int hear_one(struct server *s, const struct server_end *x, struct err *e)
{
	union {
		char b[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr aligned;
	} control;
	struct sockaddr_storage from = { 0 };
	struct iovec v = { .iov_base = s->room, .iov_len = SERVER_ROOM };
	struct msghdr h = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control.b,
			    .msg_controllen = sizeof(control.b) };
	struct server_message m = { .dst = x->at,
				    .dport = x->port,
				    .proto = x->proto,
				    .p = s->room,
				    .when = clock_wall() };
	ssize_t k = recvmsg(x->fd, &h, 0);
	int rc;

	if (k < 0)
		return 0;
	addr_of_sockaddr(&from, &m.src, &m.sport);
	came_to(&h, &m.dst);
	m.n = k > SERVER_MESSAGE ? SERVER_MESSAGE : (uint32_t)k;
	s->counts.messages++;
	s->datagram = &h;
	s->datagram_end = x;
	rc = s->o.message(s->o.ctx, &m, e);
	s->datagram = NULL;
	return rc < 0 ? -1 : 1;
}

static const struct server_end *end_of(const struct server *s, const void *p)
{
	for (unsigned i = 0; i < s->nends; i++)
		if (p == &s->end[i])
			return &s->end[i];
	return NULL;
}

static int happened(struct server *s, const struct epoll_event *ev, struct err *e)
{
	const struct server_end *x = end_of(s, ev->data.ptr);
	int rc = 1;

	if (!x)
		return client_ready(s, ev->data.ptr, ev->events, e);
	if (s->finishing)
		return 0;
	if (!s->o.datagram)
		take_in(s, x);
	for (unsigned i = 0; s->o.datagram && i < AT_ONCE && rc > 0; i++)
		rc = hear_one(s, x, e);
	return rc < 0 ? -1 : 0;
}

/* Somebody may have paused. */
static int look(struct server *s, struct err *e)
{
	int64_t now = clock_mono();

	if (now - s->looked < LOOK * MS)
		return 0;
	s->looked = now;
	for (unsigned i = 0; i < s->n; i++)
		if (client_look(s, s->client[i], now, e) < 0)
			return -1;
	return 0;
}

/* Is somebody in the middle of something? Then there is something to look at soon. */
static bool busy(const struct server *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct client *c = s->client[i];

		if (client_waits(c) || (c->in.n > c->eaten && !c->looked))
			return true;
	}
	return false;
}

int server_step(struct server *s, int ms, struct err *e)
{
	struct epoll_event ev[AT_ONCE];
	int n, rc = 0;

	if (ms > LOOK && busy(s))
		ms = LOOK;
	n = epoll_wait(s->epoll, ev, AT_ONCE, ms);
	if (n < 0 && errno != EINTR)
		return err_set(e, ERR_IO, "epoll: %s", strerror(errno));
	for (int i = 0; i < n && rc == 0; i++)
		rc = happened(s, &ev[i], e);
	if (rc == 0)
		rc = look(s, e);
	forget(s);
	return rc;
}

void server_finish(struct server *s, int ms)
{
	int64_t until = clock_mono() + ms * MS;
	struct err none = { 0 };
	bool waits = true;

	s->finishing = true;
	for (unsigned i = 0; i < s->nends; i++)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->end[i].fd, NULL);
	while (waits && clock_mono() < until) {
		waits = false;
		for (unsigned i = 0; i < s->n; i++)
			waits |= client_waits(s->client[i]);
		if (waits && server_step(s, LOOK, &none) < 0)
			return;
	}
}

void server_counts(const struct server *s, struct server_counts *c)
{
	*c = s->counts;
}
