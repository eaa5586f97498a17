/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and this machine's sockets, joined by their ends. What is remembered is a table of fixed
 * size; in each row of it the one that was not seen for longest gives way. */
#include "cli/socket_join.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cli/socket_feed.h"
#include "cli/socket_look.h"
#include "cli/socket_rules.h"
#include "cli/socket_told.h"
#include "core/clock.h"
#include "core/kind.h"
#include "core/proto.h"

#define OFTEN 50000000 /* ns */
#define ROWS 4096u
#define COLUMNS 4u
/* Packets come out of the kernel's buffer up to 0.1 s late; a change waits for them. */
#define HOLD 250000000
#define HELD_MOST 16384u
#define OWN_MOST 256u
/* A look takes a moment, and a packet is stamped a little before or after the socket has it. */
#define SLACK 5000000

struct conversation {
	uint64_t key; /* 0: none */
	int64_t used;
	char process[40]; /* "": not known */
	uint64_t number[SOCKET_PACKETS];
	int64_t when[SOCKET_PACKETS];
	unsigned n; /* of all that there were: a ring */
};

struct held {
	struct socket_record r;
	int64_t due; /* CLOCK_MONOTONIC */
};

struct joined {
	struct cli *c;
	struct told *told;
	struct socket_feed feed;
	struct conversation row[ROWS][COLUMNS];
	struct held *held; /* a ring */
	unsigned first, nheld;
	uint64_t own[OWN_MOST]; /* addresses of this machine, by end_key() */
	unsigned nown, next_own;
	struct socket_rules rules;
	struct buf text;
};

/* ---- ends ---- */

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* Version 4 within version 6 is the same. */
static uint64_t end_key(const uint8_t *addr, unsigned n, uint16_t port)
{
	uint8_t a[16] = { [10] = 0xff, [11] = 0xff };
	uint64_t v[2];

	memcpy(n == 4 ? a + 12 : a, addr, n == 4 ? 4 : 16);
	memcpy(v, a, sizeof(v));
	return mix(mix(mix(v[0]) ^ v[1]) ^ port);
}

/* The same for both directions. */
static uint64_t both(uint64_t a, uint64_t b, unsigned kind)
{
	uint64_t key = mix((a < b ? mix(a) ^ b : mix(b) ^ a) + kind);

	return key ? key : 1;
}

static uint64_t socket_key(const struct socket_info *s)
{
	unsigned n = s->version == 4 ? 4 : 16;

	return both(end_key(s->local.addr, n, s->local.port),
		    end_key(s->remote.addr, n, s->remote.port), s->kind);
}

/* Of something that waits for strangers: its end; at any address of a version: n is 4 or 16. */
static uint64_t listener_key(unsigned kind, uint64_t end)
{
	return both(end, 0, kind + SOCKET_KINDS);
}

static uint64_t any_key(unsigned n, uint16_t port)
{
	return mix((uint64_t)n << 16 | port);
}

struct ends {
	unsigned kind;
	uint64_t key;
	uint16_t port[2];
	struct {
		uint64_t key, addr; /* addr: without the port */
		unsigned n;
	} side[2];
};

static bool ports_of(const struct packet *p, unsigned i, struct ends *e)
{
	const struct proto *proto = p->layers[i].proto;
	const char *name = proto->name;

	for (e->kind = 0; e->kind < SOCKET_RAW; e->kind++)
		if (strcmp(socket_kind_names[e->kind], name) == 0)
			break;
	if (e->kind == SOCKET_RAW || !proto->flow)
		return false;
	for (unsigned k = 0; k < 2; k++) {
		const struct field *f =
			&proto->rec.fields[k ? proto->flow->pair[0].b : proto->flow->pair[0].a];
		unsigned n = 0;
		const uint8_t *v = packet_field(p, i, f, &n);

		if (!v || n != 2)
			return false;
		e->port[k] = (uint16_t)(v[0] << 8 | v[1]);
	}
	return true;
}

static bool addresses_of(const struct packet *p, unsigned i, struct ends *e)
{
	for (int k = packet_parent(p, i); k >= 0; k = packet_parent(p, (unsigned)k)) {
		const struct proto *proto = p->layers[k].proto;
		unsigned s = 0;

		for (; s < 2 && proto->flow; s++) {
			const struct field *f = &proto->rec.fields[s ? proto->flow->pair[0].b
								     : proto->flow->pair[0].a];
			unsigned n = 0;
			const uint8_t *v = f->type->form == TYPE_LEAF
						   ? packet_field(p, (unsigned)k, f, &n)
						   : NULL;

			if (!v || (n != 4 && n != 16))
				break;
			e->side[s].key = end_key(v, n, e->port[s]);
			e->side[s].addr = end_key(v, n, 0);
			e->side[s].n = n;
		}
		if (s == 2) {
			e->key = both(e->side[0].key, e->side[1].key, e->kind);
			return true;
		}
	}
	return false;
}

/* The innermost one that a socket can have. */
static bool ends_of(const struct packet *p, struct ends *e)
{
	for (unsigned i = p->nlayers; i-- > 0;)
		if (!(p->layers[i].flags & LAYER_QUOTED) && ports_of(p, i, e) &&
		    addresses_of(p, i, e))
			return true;
	return false;
}

/* ---- this machine's addresses ---- */

static bool is_own(const struct joined *j, uint64_t addr)
{
	for (unsigned i = 0; i < j->nown; i++)
		if (j->own[i] == addr)
			return true;
	return false;
}

static void add_own(struct joined *j, uint64_t addr)
{
	if (!is_own(j, addr))
		j->own[j->nown < OWN_MOST ? j->nown++ : j->next_own++ % OWN_MOST] = addr;
}

static int own_addresses(struct joined *j, struct err *e)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return err_set(e, ERR_IO, "cannot list addresses: %s", strerror(errno));
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const void *p = a->ifa_addr;

		if (p && a->ifa_addr->sa_family == AF_INET)
			add_own(j, end_key((const void *)&((const struct sockaddr_in *)p)->sin_addr,
					   4, 0));
		else if (p && a->ifa_addr->sa_family == AF_INET6)
			add_own(j, end_key(((const struct sockaddr_in6 *)p)->sin6_addr.s6_addr, 16,
					   0));
	}
	freeifaddrs(all);
	return 0;
}

/* ---- conversations ---- */

static struct conversation *find(struct joined *j, uint64_t key)
{
	struct conversation *row = j->row[key % ROWS];

	for (unsigned k = 0; k < COLUMNS; k++)
		if (row[k].key == key)
			return &row[k];
	return NULL;
}

static struct conversation *make(struct joined *j, uint64_t key)
{
	struct conversation *row = j->row[key % ROWS], *v = find(j, key);

	if (!v) {
		v = row;
		for (unsigned k = 1; k < COLUMNS; k++)
			if (row[k].used < v->used)
				v = &row[k];
		*v = (struct conversation) { .key = key };
	}
	v->used = clock_coarse();
	return v;
}

void joined_packet(struct joined *j, const struct packet *p)
{
	struct conversation *v;
	struct ends e;

	if (!ends_of(p, &e))
		return;
	v = make(j, e.key);
	v->number[v->n % SOCKET_PACKETS] = p->number;
	v->when[v->n % SOCKET_PACKETS] = p->when;
	v->n++;
}

/* Who waits at this end? At any address only where that is one of this machine: packets of others
 * are heard, too, and those to a server elsewhere. */
static const struct conversation *listener(struct joined *j, const struct ends *e, unsigned side)
{
	const struct conversation *v = find(j, listener_key(e->kind, e->side[side].key));

	if (!v && is_own(j, e->side[side].addr))
		v = find(j, listener_key(e->kind, any_key(e->side[side].n, e->port[side])));
	return v;
}

const char *joined_process(struct joined *j, const struct packet *p)
{
	const struct conversation *v;
	struct ends e;

	if (!ends_of(p, &e))
		return NULL;
	v = find(j, e.key);
	for (unsigned k = 0; k < 2 && (!v || !v->process[0]); k++)
		v = listener(j, &e, !k);
	return v && v->process[0] ? v->process : NULL;
}

/* ---- changes ---- */

static void name(struct joined *j, uint64_t key, const char *process)
{
	struct conversation *v = make(j, key);
	size_t n = strlen(process);

	if (n < sizeof(v->process)) /* no kernel has longer ones */
		memcpy(v->process, process, n + 1);
}

static void learn(struct joined *j, const struct socket_change *c)
{
	const struct socket_info *s = c->now;
	unsigned n = s->version == 4 ? 4 : 16;
	const char *who;

	if (s->kind >= SOCKET_RAW)
		return;
	if (s->remote.port)
		add_own(j, end_key(s->local.addr, n, 0));
	j->text.n = 0;
	if (c->owner.pid)
		socket_process(c, &j->text);
	else if (!(c->what & SOCKET_OPENED) || c->what & SOCKET_CLOSED)
		return; /* what is new is of another process than what had the same ends before */
	who = buf_cstr(&j->text);
	if (s->remote.port)
		name(j, socket_key(s), who);
	else if (!socket_anywhere(s))
		name(j, listener_key(s->kind, end_key(s->local.addr, n, s->local.port)), who);
	else
		name(j, listener_key(s->kind, any_key(n, s->local.port)), who);
	if (!s->remote.port && s->dual)
		name(j, listener_key(s->kind, any_key(4, s->local.port)), who);
}

/* Of its conversation, between the look before and this one. */
static void packets_of(struct joined *j, const struct socket_record *r, struct socket_packets *out)
{
	const struct conversation *v =
		r->info.kind < SOCKET_RAW ? find(j, socket_key(&r->info)) : NULL;

	out->n = 0;
	for (unsigned i = v && v->n > SOCKET_PACKETS ? v->n - SOCKET_PACKETS : 0; v && i < v->n;
	     i++) {
		int64_t when = v->when[i % SOCKET_PACKETS];

		if (r->since && when >= r->since - SLACK && when <= r->change.when + SLACK)
			out->number[out->n++] = v->number[i % SOCKET_PACKETS];
	}
}

static void tell(struct joined *j, const struct socket_record *r)
{
	struct socket_packets packets;
	struct socket_change c = r->change;

	c.now = &r->info;
	packets_of(j, r, &packets);
	if (!socket_worth(&c))
		return;
	if (j->told->json)
		socket_json(&c, &packets, &j->told->out.b);
	else
		socket_line(&c, &packets, j->told->first, j->c->color, &j->told->out.b);
	socket_rules_change(&j->rules, &c);
}

static void found(void *arg, const struct finding *f)
{
	struct joined *j = arg;

	if (told_wants(j->told, f))
		told_finding(j->told, f);
}

static void hold(struct joined *j, const struct socket_record *r, int64_t due)
{
	struct held *h = &j->held[(j->first + j->nheld++) % HELD_MOST];

	*h = (struct held) { *r, due };
	h->r.change.now = &h->r.info;
	learn(j, &h->r.change);
}

/* What the other process has told. -1: e. */
static int take_new(struct joined *j, int64_t now, struct err *e)
{
	struct socket_record r;
	int rc = 0;

	while (j->nheld < HELD_MOST && (rc = socket_feed_take(&j->feed, &r)) > 0)
		switch (r.kind) {
		case RECORD_CHANGE: hold(j, &r, now + HOLD); break;
		case RECORD_HALF_OPEN:
			socket_rules_half_open(&j->rules, &r.info, r.n, r.change.when);
			break;
		case RECORD_ERROR: return err_set(e, ERR_IO, "%s", r.why);
		}
	return rc < 0 ? err_set(e, ERR_IO, "the process that looks at sockets has ended") : 0;
}

int joined_take(struct joined *j, bool all, struct err *e)
{
	int64_t now = clock_mono();
	int rc = take_new(j, now, e);

	while (j->nheld &&
	       (all || rc < 0 || j->held[j->first].due <= now || j->nheld == HELD_MOST)) {
		tell(j, &j->held[j->first].r);
		j->first = (j->first + 1) % HELD_MOST;
		j->nheld--;
	}
	return rc < 0 ? -1 : out_more(&j->told->out, e);
}

int64_t joined_often(const struct joined *j)
{
	(void)j;
	return OFTEN;
}

struct joined *joined_open(struct cli *c, struct told *told, struct err *e)
{
	struct joined *j = calloc(1, sizeof(*j));
	int64_t interval;

	if (!j || !(j->held = calloc(HELD_MOST, sizeof(*j->held)))) {
		free(j);
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	j->c = c;
	j->told = told;
	/* Nothing is before this, neither packets nor changes. */
	told->first = clock_wall();
	told->begun = true;
	socket_rules_open(&j->rules, found, j);
	if (looks_interval(c, &interval, e) < 0 || own_addresses(j, e) < 0 ||
	    socket_feed_open(&j->feed, c, e) < 0)
		return joined_close(j);
	return j;
}

struct joined *joined_close(struct joined *j)
{
	if (!j)
		return NULL;
	socket_feed_close(&j->feed);
	socket_rules_done(&j->rules);
	buf_done(&j->text);
	free(j->held);
	free(j);
	return NULL;
}
