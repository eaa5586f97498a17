/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a neighbour on the wire: from the kernel's table, by asking the kernel to resolve
 * it (NTF_USE), or by our own question on a packet socket. Many can be asked for at a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/stop.h"
#include "core/bits.h"
#include "craft/neigh_impl.h"
#include "craft/pace.h"
#include "craft/route_nl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#define MS 1000000ll

struct look {
	uint8_t *mac;
	uint16_t state;
	bool found, has_mac;
};

static int look_cb(const struct nlmsghdr *h, void *ctx)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	struct look *q = ctx;
	const struct nlattr *a;

	q->found = true;
	q->state = m->ndm_state;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == NDA_LLADDR && mnl_attr_get_payload_len(a) <= 8) {
			memcpy(q->mac, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
			q->has_mac = true;
		}
	}
	return MNL_CB_OK;
}

int neigh_look(struct routes *r, int ifindex, const struct addr *a, uint8_t mac[8],
	       enum neigh_state *state, struct err *e)
{
	struct ndmsg m = { .ndm_family = (uint8_t)a->family, .ndm_ifindex = ifindex };
	struct look q = { .mac = mac };
	struct nlmsghdr *h = routes_ask(r, RTM_GETNEIGH, 0, &m, sizeof(m));

	mnl_attr_put(h, NDA_DST, addr_len(a), a->b);
	*state = NEIGH_NONE;
	if (routes_talk(r, h, look_cb, &q)) {
		if (errno == ENOENT)
			return 0;
		return err_set(e, ERR_IO, "cannot ask for neighbours: %s", strerror(errno));
	}
	if (!q.found)
		return 0;
	if (q.state & NUD_FAILED)
		*state = NEIGH_GONE;
	else if (q.has_mac && !(q.state & NUD_INCOMPLETE))
		*state = NEIGH_KNOWN;
	else if (q.state & NUD_INCOMPLETE)
		*state = NEIGH_PENDING;
	return 0;
}

static int ack_cb(const struct nlmsghdr *h, void *ctx)
{
	(void)h;
	(void)ctx;
	return MNL_CB_OK;
}

/* Needs CAP_NET_ADMIN: -1 with EPERM else. */
static int ask_kernel(struct routes *r, int ifindex, const struct addr *a)
{
	struct ndmsg m = { .ndm_family = (uint8_t)a->family,
			   .ndm_ifindex = ifindex,
			   .ndm_flags = NTF_USE };
	struct nlmsghdr *h = routes_ask(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, &m, sizeof(m));
	int rc;

	mnl_attr_put(h, NDA_DST, addr_len(a), a->b);
	r->acked = true;
	rc = routes_talk(r, h, ack_cb, NULL);
	r->acked = false;
	return rc;
}

/* ---- many questions at a time ---- */

#define EARS 16          /* packet sockets that hear answers: interfaces times families */
#define AGAIN (300 * MS) /* a first question may be lost while a switch learns */
#define LOOK (5 * MS)    /* between two looks into the kernel's table */

struct neigh_try {
	struct neigh_try *next;
	struct resolver *of;
	struct neigh_ask q;
	struct iface dev; /* what q.dev points at */
	struct buf frame; /* our own question; empty: the kernel asks */
	int fd;           /* of the ear, when it is our own */
	int64_t deadline, again;
	bool found;
	uint8_t mac[8];
};

struct resolver {
	struct routes *routes;
	struct neigh_try *first;
	struct tree t;
	struct {
		int fd, index, family;
	} ear[EARS];
	unsigned nears;
};

struct resolver *resolver_open(struct routes *r, struct err *e)
{
	struct resolver *v = calloc(1, sizeof(*v));

	if (!v) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	v->routes = r;
	return v;
}

void resolver_close(struct resolver *v)
{
	if (!v)
		return;
	while (v->first)
		neigh_end(v->first);
	for (unsigned i = 0; i < v->nears; i++)
		close(v->ear[i].fd);
	tree_done(&v->t);
	free(v);
}

/* The socket on which answers of this family come by this interface: opening and closing one for
 * each question would take the kernel 12 ms each. */
static int ear_on(struct resolver *v, const struct neigh_ask *q, struct err *e)
{
	/* family, protocol, interface (packet(7)) */
	struct sockaddr_ll a = {
		AF_PACKET, htons(neigh_ethertype(q->dst.family)), q->dev->index, 0, 0, 0, { 0 }
	};
	int fd;

	for (unsigned i = 0; i < v->nears; i++)
		if (v->ear[i].index == q->dev->index && v->ear[i].family == q->dst.family)
			return v->ear[i].fd;
	if (v->nears == EARS)
		return err_set(e, ERR_IO, "neighbours are asked for on too many interfaces");
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, errno == EPERM ? ERR_PERM : ERR_IO,
			       "cannot open a packet socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		err_set(e, ERR_IO, "cannot listen on %s: %s", q->dev->name, strerror(errno));
		close(fd);
		return -1;
	}
	v->ear[v->nears].fd = fd;
	v->ear[v->nears].index = q->dev->index;
	v->ear[v->nears++].family = q->dst.family;
	return fd;
}

struct neigh_try *neigh_begin(struct resolver *v, const struct neigh_ask *q, struct err *e)
{
	struct neigh_try *y = calloc(1, sizeof(*y));
	enum neigh_state state;

	if (!y) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	y->of = v;
	y->next = v->first;
	v->first = y;
	y->q = *q;
	y->dev = *q->dev;
	y->q.dev = &y->dev;
	y->deadline = clock_mono() + q->timeout;
	if (neigh_look(v->routes, y->dev.index, &q->dst, y->mac, &state, e))
		goto fail;
	y->found = state == NEIGH_KNOWN;
	if (y->found || (!q->own && ask_kernel(v->routes, y->dev.index, &q->dst) == 0))
		return y;
	y->fd = ear_on(v, &y->q, e);
	if (y->fd < 0 || neigh_question(&y->q, &y->frame, e))
		goto fail;
	return y;
fail:
	neigh_end(y);
	return NULL;
}

void neigh_end(struct neigh_try *y)
{
	struct neigh_try **at;

	if (!y)
		return;
	for (at = &y->of->first; *at != y; at = &(*at)->next)
		;
	*at = y->next;
	buf_done(&y->frame);
	free(y);
}

/* What has come on all sockets, given to whom it concerns. */
static void hear(struct resolver *v)
{
	uint8_t p[2048], mac[8];
	struct addr who;
	ssize_t len;

	for (unsigned i = 0; i < v->nears; i++) {
		while ((len = recv(v->ear[i].fd, p, sizeof(p), 0)) > 0) {
			const struct neigh_try *any = v->first;

			if (!any || !neigh_heard(any->q.reg, v->ear[i].family, p, (uint32_t)len,
						 &v->t, &who, mac))
				continue;
			for (struct neigh_try *y = v->first; y; y = y->next) {
				if (y->found || y->dev.index != v->ear[i].index ||
				    !addr_eq(&y->q.dst, &who))
					continue;
				memcpy(y->mac, mac, sizeof(mac));
				y->found = true;
			}
		}
	}
}

static int go_on(struct neigh_try *y, int64_t now, struct err *e)
{
	enum neigh_state state;

	if (now < y->again)
		return 0;
	if (!y->frame.n) {
		/* A failure that is older than our question counts no more: it goes pending. */
		y->again = now + LOOK;
		if (neigh_look(y->of->routes, y->dev.index, &y->q.dst, y->mac, &state, e))
			return -1;
		y->found = state == NEIGH_KNOWN;
		return 0;
	}
	y->again = now + AGAIN;
	if (send(y->fd, y->frame.p, y->frame.n, 0) < 0)
		return err_set(e, ERR_IO, "cannot send on %s: %s", y->dev.name, strerror(errno));
	return 0;
}

int neigh_step(struct neigh_try *y, uint8_t mac[8], struct err *e)
{
	int64_t now = clock_mono();
	char words[64];

	if (!y->found && y->frame.n)
		hear(y->of);
	if (!y->found && go_on(y, now, e))
		return -1;
	if (y->found) {
		memcpy(mac, y->mac, sizeof(y->mac));
		return NEIGH_FOUND;
	}
	if (now < y->deadline)
		return NEIGH_WAIT;
	err_set(e, ERR_IO, "%s on %s does not answer: no neighbour address after %.1f s",
		addr_words(&y->q.dst, words), y->dev.name, (double)y->q.timeout / 1e9);
	return NEIGH_SILENT;
}

void resolver_nap(struct resolver *v)
{
	struct pollfd w[EARS];

	for (unsigned i = 0; i < v->nears; i++)
		w[i] = (struct pollfd) { .fd = v->ear[i].fd, .events = POLLIN };
	poll(w, v->nears, 2);
}

int neigh_wait(struct neigh_try *y, uint8_t mac[8], struct err *e)
{
	int rc;

	while ((rc = neigh_step(y, mac, e)) == NEIGH_WAIT && !stop_asked(y->q.stop))
		resolver_nap(y->of);
	if (rc != NEIGH_WAIT)
		return rc;
	err_set(e, ERR_IO, "stopped");
	return NEIGH_SILENT;
}

int neigh_resolve(struct routes *r, const struct neigh_ask *q, uint8_t mac[8], struct err *e)
{
	struct resolver *v = resolver_open(r, e);
	struct neigh_try *y = v ? neigh_begin(v, q, e) : NULL;
	int rc = y ? neigh_wait(y, mac, e) : -1;

	resolver_close(v);
	return rc;
}
