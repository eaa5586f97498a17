/* SPDX-License-Identifier: BSD-2-Clause */
/* A listener that drops every segment with a TTL below 255 (IP_MINTTL, ip(7); RFC 5082) swallows
 * what a peer answers: no reset leaves, and it is gone with the process. For datagrams, a bound
 * socket whose filter drops all. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "play/hush.h"

#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif

void hush_init(struct hush *h)
{
	struct rlimit most;

	h->n = h->next = 0;
	memset(h->at, 0, sizeof(h->at));
	if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
		most.rlim_cur = most.rlim_max;
		setrlimit(RLIMIT_NOFILE, &most);
	}
}

void hush_done(struct hush *h)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->v[i].fd >= 0)
			close(h->v[i].fd);
	h->n = 0;
}

static int drop_all(int fd)
{
	struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &ret };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int failed(int fd)
{
	int why = errno;

	close(fd);
	errno = why;
	return -1;
}

static int listener(const struct transport *t)
{
	struct addr any = { .family = t->src.family };
	struct sockaddr_storage a;
	socklen_t len = addr_sockaddr(&any, t->sport, &a);
	int least = 255, on = 1;
	int fd = socket(any.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, t->number);
	int rc;

	if (fd < 0)
		return -1;
	if (any.family == AF_INET) {
		rc = setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least, sizeof(least));
	} else {
		rc = setsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &least, sizeof(least));
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	return rc || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 1) ? failed(fd) : fd;
}

static int sink(const struct transport *t)
{
	struct addr any = { .family = t->src.family };
	struct sockaddr_storage a;
	socklen_t len = addr_sockaddr(&any, t->sport, &a);
	int on = 1;
	int fd = socket(any.family, SOCK_DGRAM | SOCK_CLOEXEC, t->number);

	if (fd < 0)
		return -1;
	if (any.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return drop_all(fd) || bind(fd, (struct sockaddr *)&a, len) ? failed(fd) : fd;
}

static int guard(const struct transport *t)
{
	int fd = listener(t);

	return fd < 0 && errno != EADDRINUSE && errno != EMFILE ? sink(t) : fd;
}

/* The place of the oldest, closed. */
static unsigned oldest(struct hush *h)
{
	unsigned at = h->next++ % h->n;
	uint16_t *link = &h->at[h->v[at].port];

	if (h->v[at].fd < 0) /* there was none for its port */
		return at;
	while (*link != at + 1)
		link = &h->v[*link - 1].next;
	*link = h->v[at].next;
	close(h->v[at].fd);
	h->v[at].fd = -1;
	return at;
}

static bool has(const struct hush *h, const struct transport *t)
{
	for (unsigned i = h->at[t->sport]; i; i = h->v[i - 1].next)
		if (h->v[i - 1].number == t->number && h->v[i - 1].family == t->src.family)
			return true;
	return false;
}

bool hush_port(struct hush *h, const struct transport *t)
{
	unsigned at = HUSH_MAX;
	int fd;

	if (t->number <= 0 || !t->sport || has(h, t))
		return true;
	fd = guard(t);
	if (fd < 0 && errno == EMFILE && h->n) {
		at = oldest(h);
		fd = guard(t);
	}
	if (fd < 0) /* a transport that the kernel has not: it resets nothing of it */
		return errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT;
	if (at == HUSH_MAX)
		at = h->n < HUSH_MAX ? h->n++ : oldest(h);
	h->v[at].fd = fd;
	h->v[at].port = t->sport;
	h->v[at].number = t->number;
	h->v[at].family = t->src.family;
	h->v[at].next = h->at[t->sport];
	h->at[t->sport] = (uint16_t)(at + 1);
	return true;
}
