/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and this machine's sockets, joined by their ends. What is remembered is a table of fixed
 * size; in each row of it the one that was not seen for longest gives way. */
#include "cli/socket_join.h"

#include <stdlib.h>
#include <string.h>

#include "cli/socket_feed.h"
#include "cli/socket_rules.h"
#include "cli/socket_told.h"
#include "core/clock.h"
#include "core/kind.h"
#include "core/proto.h"

#define INTERVAL 50000000 /* ns */
#define ROWS 4096u
#define COLUMNS 4u
/* Packets come out of the kernel's buffer up to 0.1 s late; a change waits for them. */
#define HOLD 250000000
#define HELD_MOST 16384u
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
	struct socket_rules rules;
	enum rule_sure sure;
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

/* Of something that waits for strangers: its port. */
static uint64_t listener_key(unsigned kind, uint16_t port)
{
	return both(port, 0, kind + SOCKET_KINDS);
}

struct ends {
	unsigned kind;
	uint64_t key;
	uint16_t port[2];
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
		uint64_t key[2];
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
			key[s] = end_key(v, n, e->port[s]);
		}
		if (s == 2) {
			e->key = both(key[0], key[1], e->kind);
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

const char *joined_process(struct joined *j, const struct packet *p)
{
	const struct conversation *v;
	struct ends e;

	if (!ends_of(p, &e))
		return NULL;
	v = find(j, e.key);
	for (unsigned k = 0; k < 2 && (!v || !v->process[0]); k++)
		v = find(j, listener_key(e.kind, e.port[!k]));
	return v && v->process[0] ? v->process : NULL;
}

/* ---- changes ---- */

static void learn(struct joined *j, const struct socket_change *c)
{
	const struct socket_info *s = c->now;
	struct conversation *v;

	if (s->kind >= SOCKET_RAW || !c->owner.pid)
		return;
	j->text.n = 0;
	socket_process(c, &j->text);
	v = make(j, s->remote.port ? socket_key(s) : listener_key(s->kind, s->local.port));
	if (j->text.n < sizeof(v->process))
		memcpy(v->process, buf_cstr(&j->text), j->text.n + 1);
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
	if (!(c.what & SOCKET_TOLD))
		return;
	if (!j->told->begun) {
		j->told->first = c.when;
		j->told->begun = true;
	}
	if (j->told->json)
		socket_json(&c, &packets, &j->told->out.b);
	else
		socket_line(&c, &packets, j->told->first, j->c->color, &j->told->out.b);
	socket_rules_change(&j->rules, &c);
}

static void found(void *arg, const struct finding *f)
{
	struct joined *j = arg;

	if (f->rule->sure >= j->sure)
		told_finding(j->told, f);
}

int joined_take(struct joined *j, bool all, struct err *e)
{
	int64_t now = clock_mono();
	struct socket_record r;
	int rc;

	while (j->nheld < HELD_MOST && (rc = socket_feed_take(&j->feed, &r)) > 0) {
		struct held *h = &j->held[(j->first + j->nheld++) % HELD_MOST];

		*h = (struct held) { r, now + HOLD };
		h->r.change.now = &h->r.info;
		learn(j, &h->r.change);
	}
	while (j->nheld && (all || j->held[j->first].due <= now || j->nheld == HELD_MOST)) {
		tell(j, &j->held[j->first].r);
		j->first = (j->first + 1) % HELD_MOST;
		j->nheld--;
	}
	return out_more(&j->told->out, e);
}

int64_t joined_often(const struct joined *j)
{
	(void)j;
	return INTERVAL;
}

struct joined *joined_open(struct cli *c, struct told *told, struct err *e)
{
	struct joined *j = calloc(1, sizeof(*j));
	int64_t interval = INTERVAL;
	int sure = SURE_MEDIUM;

	if (!j || !(j->held = calloc(HELD_MOST, sizeof(*j->held)))) {
		free(j);
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	j->c = c;
	j->told = told;
	socket_rules_open(&j->rules, found, j);
	if (opt_time(&c->opt, OPT_INTERVAL, &interval, e) < 0 ||
	    opt_word(&c->opt, OPT_SURE, rule_sure_names, &sure, e) < 0 ||
	    socket_feed_open(&j->feed, interval, e) < 0)
		return joined_close(j);
	j->sure = (enum rule_sure)sure;
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
