/* SPDX-License-Identifier: BSD-2-Clause */
/* What should not be there, of sockets. */
#include "cli/socket_rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/socket_told.h"

#define HALF_OPEN 16u        /* of one port */
#define AGAIN_NS 60000000000 /* until the same port is told again */
#define MANY_RETRANS 8u
#define NO_ANSWER 3u /* the first segment was sent so often again */

enum socket_rule {
	NEW_LISTENER,
	NEW_LOCAL_LISTENER,
	NEW_RAW,
	NEW_SNIFFER,
	STUCK,
	DROPS,
	RETRANSMITS,
	UNANSWERED,
	MANY_HALF_OPEN,
};

static const struct watch_rule rules[] = {
	[NEW_LISTENER] = { .name = "socket-listener",
			   .title = "A new listener",
			   .sure = SURE_MEDIUM },
	[NEW_LOCAL_LISTENER] = { .name = "socket-listener-local",
				 .title = "A new listener that only this machine reaches",
				 .sure = SURE_LOW },
	[NEW_RAW] = { .name = "socket-raw",
		      .title = "A raw socket was opened",
		      .sure = SURE_MEDIUM },
	[NEW_SNIFFER] = { .name = "socket-sniffer",
			  .title = "A packet socket that hears: a sniffer",
			  .sure = SURE_MEDIUM },
	[STUCK] = { .name = "socket-stuck",
		    .title = "A program does not take what came for it",
		    .sure = SURE_MEDIUM },
	[DROPS] = { .name = "socket-drops",
		    .title = "Packets were thrown away for want of room",
		    .sure = SURE_MEDIUM },
	[RETRANSMITS] = { .name = "socket-retransmits",
			  .title = "Many segments were sent again",
			  .sure = SURE_MEDIUM },
	[UNANSWERED] = { .name = "socket-unanswered",
			 .title = "A connection that nobody answers",
			 .sure = SURE_LOW },
	[MANY_HALF_OPEN] = { .name = "socket-half-open",
			     .title = "Many half-open connections: a flood",
			     .sure = SURE_HIGH },
};

void socket_rules_open(struct socket_rules *r, void (*found)(void *arg, const struct finding *f),
		       void *arg)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	*r = (struct socket_rules) { .found = found, .arg = arg };
	if (!f || fscanf(f, "%hu %hu", &r->ports[0], &r->ports[1]) != 2) {
		r->ports[0] = 32768;
		r->ports[1] = 60999;
	}
	if (f)
		fclose(f);
}

void socket_rules_done(struct socket_rules *r)
{
	buf_done(&r->said);
	for (unsigned i = 0; i < 3; i++)
		buf_done(&r->key[i]);
}

static void tell(struct socket_rules *r, enum socket_rule rule, uint64_t n)
{
	struct finding f = { .rule = &rules[rule],
			     .when = r->change->when,
			     .since = r->change->when,
			     .n = n,
			     .nkeys = 3 };
	static const char *const names[] = { "local", "remote", "process" };

	for (unsigned i = 0; i < 3; i++) {
		r->key[i].n = 0;
		f.key[i].name = names[i];
	}
	socket_local(r->change, &r->key[0]);
	socket_remote(r->change, &r->key[1]);
	socket_process(r->change, &r->key[2]);
	for (unsigned i = 0; i < 3; i++)
		f.key[i].text = buf_cstr(&r->key[i]);
	f.said = buf_cstr(&r->said);
	r->found(r->arg, &f);
}

static struct buf *begin(struct socket_rules *r)
{
	r->said.n = 0;
	socket_process(r->change, &r->said);
	return &r->said;
}

static void put_socket(struct socket_rules *r, struct buf *out)
{
	buf_str(out, socket_kind_names[r->change->now->kind]);
	buf_char(out, ' ');
	socket_local(r->change, out);
	if (r->change->now->remote.port) {
		buf_str(out, " - ");
		socket_remote(r->change, out);
	}
}

/* Does the value go over a power of two that is not below least? So what grows is told a few times
 * and not always, and nothing has to be remembered. */
static bool crosses(uint32_t was, uint32_t now, uint32_t least)
{
	if (now < least || now <= was)
		return false;
	return was < least || 63 - __builtin_clzll(now) > 63 - __builtin_clzll(was);
}

static bool loops_back(const struct socket_info *s)
{
	static const uint8_t six[16] = { [15] = 1 };

	return s->version == 4 ? s->local.addr[0] == 127 : memcmp(s->local.addr, six, 16) == 0;
}

/* Does it wait for strangers, by a port that somebody chose? */
static bool listens(const struct socket_rules *r, const struct socket_info *s)
{
	if (s->kind == SOCKET_STREAM)
		return s->state == STATE_LISTEN;
	return s->kind == SOCKET_DATAGRAM && s->state == STATE_UNCONNECTED && s->local.port &&
	       (s->local.port < r->ports[0] || s->local.port > r->ports[1]);
}

static void opened(struct socket_rules *r, const struct socket_info *s)
{
	struct buf *out;

	if (listens(r, s)) {
		out = begin(r);
		buf_str(out, " listens on ");
		put_socket(r, out);
		tell(r, loops_back(s) ? NEW_LOCAL_LISTENER : NEW_LISTENER, 1);
	}
	if (s->kind == SOCKET_RAW && r->change->what & SOCKET_OPENED) {
		out = begin(r);
		buf_fmt(out,
			" opened a raw socket of IP protocol %u: it can send packets of any "
			"content, and hears those that come",
			s->protocol);
		tell(r, NEW_RAW, 1);
	}
	/* Of protocol 0 it hears nothing: it only sends, or is about to be bound. */
	if (s->kind == SOCKET_PACKET && s->protocol) {
		out = begin(r);
		buf_str(out, " opened a packet socket on ");
		buf_str(out, r->change->ifname[0] ? r->change->ifname : "all interfaces");
		buf_str(out, ": it hears what passes there");
		tell(r, NEW_SNIFFER, 1);
	}
}

static void suffers(struct socket_rules *r, const struct socket_change *c)
{
	const struct socket_info *s = c->now;
	struct buf *out;

	if (c->what & SOCKET_STUCK) {
		out = begin(r);
		buf_fmt(out, " has taken nothing for 5 s of %u %s that wait in ", s->in,
			s->state == STATE_LISTEN ? "connections" : "bytes");
		put_socket(r, out);
		tell(r, STUCK, s->in);
	}
	if (c->what & SOCKET_DROPS && crosses(c->was.drops, s->drops, 1)) {
		out = begin(r);
		buf_fmt(out, ": for want of room %u packets were thrown away at ", s->drops);
		put_socket(r, out);
		tell(r, DROPS, s->drops);
	}
	if (c->what & SOCKET_RETRANS && s->state == STATE_SYN_SENT &&
	    crosses(c->was.retransmits, s->retransmits, NO_ANSWER)) {
		out = begin(r);
		buf_fmt(out, " has no answer after %u attempts: ", s->retransmits + 1);
		put_socket(r, out);
		tell(r, UNANSWERED, s->retransmits);
	} else if (c->what & SOCKET_RETRANS &&
		   crosses(c->was.retransmits, s->retransmits, MANY_RETRANS)) {
		out = begin(r);
		buf_fmt(out, " sent %u segments again in ", s->retransmits);
		put_socket(r, out);
		tell(r, RETRANSMITS, s->retransmits);
	}
}

void socket_rules_change(struct socket_rules *r, const struct socket_change *c)
{
	r->change = c;
	/* What this program itself opens to listen is none. */
	if (c->what & SOCKET_LISTED || c->owner.pid == getpid())
		return;
	if (!(c->what & SOCKET_CLOSED) && c->what & (SOCKET_OPENED | SOCKET_STATE | SOCKET_ENDS))
		opened(r, c->now);
	suffers(r, c);
	r->change = NULL;
}

/* ---- all of a look ---- */

static bool is_told(struct socket_rules *r, uint16_t port, int64_t when)
{
	for (unsigned i = 0; i < HALF_OPEN_PORTS; i++)
		if (r->told[i].port == port && when - r->told[i].when < AGAIN_NS)
			return true;
	r->told[r->at].port = port;
	r->told[r->at].when = when;
	r->at = (r->at + 1) % HALF_OPEN_PORTS;
	return false;
}

void socket_rules_half_open(struct socket_rules *r, const struct socket_info *one, uint32_t n,
			    int64_t when)
{
	struct socket_info all = *one;
	struct socket_change c = { .when = when, .now = &all };

	if (is_told(r, one->local.port, when))
		return;
	all.remote = (struct socket_end) { .port = 0 }; /* of many */
	r->change = &c;
	r->said.n = 0;
	buf_fmt(&r->said, "%u half-open connections at ", n);
	put_socket(r, &r->said);
	tell(r, MANY_HALF_OPEN, n);
	r->change = NULL;
}

static bool half(const struct socket_info *s)
{
	return s->kind == SOCKET_STREAM && s->state == STATE_SYN_RECV && !s->gone;
}

void socket_half_open(const struct socket_list *l,
		      void (*many)(void *arg, const struct socket_info *one, uint32_t n), void *arg)
{
	uint16_t port[HALF_OPEN_PORTS];
	unsigned n = 0;
	uint32_t all = 0;

	for (size_t i = 0; i < l->n; i++)
		all += half(&l->v[i]);
	/* Each port of the first few once. */
	for (size_t i = 0; all >= HALF_OPEN && i < l->n && n < HALF_OPEN_PORTS; i++) {
		uint32_t same = 0;
		unsigned k = 0;

		if (!half(&l->v[i]))
			continue;
		while (k < n && port[k] != l->v[i].local.port)
			k++;
		if (k < n)
			continue;
		port[n++] = l->v[i].local.port;
		for (size_t m = i; m < l->n; m++)
			same += half(&l->v[m]) && l->v[m].local.port == l->v[i].local.port;
		if (same >= HALF_OPEN)
			many(arg, &l->v[i], same);
	}
}
