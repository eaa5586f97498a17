/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients and servers: see split.h. Conversations are flow's; which end opened one is read from the
 * descriptions (`segment opens`, `reply`, the ports that select a protocol). */
#include <stdlib.h>
#include <string.h>

#include "craft/addr.h"
#include "play/split_impl.h"

#define FLOWS_MAX (32u << 20)    /* bytes for conversations */
#define FRAGMENTS_MAX (8u << 20) /* and for fragments */
#define STATIONS 16384u          /* slots for hardware addresses; half of them are used */

/* ---- what was asked for ---- */

static int bad_how(const char *how, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "'--split %.200s': wants opener, subnet=10.0.0.0/24,... (networks of "
		       "clients) or port=80,... (ports of servers)",
		       how);
}

static int take_how(struct split *s, const char *how, struct err *e)
{
	const char *at = strchr(how, '=');
	bool nets = at && !strncmp(how, "subnet=", 7);
	size_t most = 2, n;

	if (!strcmp(how, "opener"))
		return 0;
	if (!nets && (!at || strncmp(how, "port=", 5) != 0))
		return bad_how(how, e);
	for (const char *c = at; *c; c++)
		most += *c == ',';
	s->net = calloc(most, sizeof(*s->net));
	s->port = calloc(most, sizeof(*s->port));
	if (!s->net || !s->port)
		return err_set(e, ERR_IO, "out of memory");
	do {
		n = strcspn(++at, ",");
		if (nets ? !net_parse(at, n, NULL, &s->mem, &s->net[s->nnets++])
			 : !net_number(at, n, UINT16_MAX, &s->port[s->nports++]))
			return bad_how(how, e);
		at += n;
	} while (*at);
	return 0;
}

const char *split_by(const struct split *s)
{
	return s->nnets ? "subnet" : s->nports ? "port" : "opener";
}

/* Two stations on a wire are no conversation: what they carry for others is. */
static bool of_stations(const struct proto *p)
{
	const struct field *a, *b;

	return proto_ends(p, END_LINK, &a, &b) && !proto_ends(p, END_NET, &a, &b);
}

static int on_seen(void *arg, const struct packet *p, const struct flow_seen *seen)
{
	struct split *s = arg;

	(void)p;
	if (of_stations(seen->proto))
		return 0;
	s->side = seen->side;
	s->fresh = seen->fresh;
	if (!seen->fresh)
		s->hosts = seen->side;
	return 0;
}

/* ---- addresses ---- */

static bool in_list(const struct split *s, const struct node *n, const uint8_t *data)
{
	if (n->bit % 8 || (n->flags & (NODE_CUT | NODE_RAW)))
		return false;
	for (unsigned k = 0; k < s->nnets; k++)
		if (s->net[k].kind == n->type->kind && s->net[k].kind->bits == n->bits &&
		    net_holds(&s->net[k], data + n->bit / 8))
			return true;
	return false;
}

static int by_net(struct split *s, const struct packet *p)
{
	const struct field *src, *dst;
	bool any = false;

	for (unsigned i = 0; i < p->nlayers && !split_quoted(p, i); i++) {
		uint32_t at;

		if (!proto_ends(p->layers[i].proto, END_NET, &src, &dst) || decode(&s->tree, p, i))
			continue;
		at = tree_child(&s->tree, 0, src->index);
		if (at == NODE_NONE)
			continue;
		if (in_list(s, &s->tree.v[at], p->data))
			return SPLIT_CLIENT;
		any = true;
	}
	return any ? SPLIT_SERVER : -1;
}

/* An error goes back to who sent what it quotes. */
static int by_quote(struct split *s, const struct packet *p)
{
	for (unsigned i = p->nlayers; i-- > 0 && split_quoted(p, i);) {
		int side = of_stations(p->layers[i].proto) ? -1 : flows_side(s->flows, p, i);

		if (side >= 0)
			return !side;
	}
	return -1;
}

/* ---- hardware addresses ---- */

static const uint8_t *mac_at(const struct packet *p, const struct field *f)
{
	const struct layer *l = &p->layers[0];

	if (f->fixed_bit < 0 || f->fixed_bit % 8 || (uint32_t)f->fixed_bit / 8 + MAC > l->hlen)
		return NULL;
	return p->data + l->off + f->fixed_bit / 8;
}

/* To a group of stations: no other end answers. */
static bool to_group(const struct packet *p)
{
	const struct field *src, *dst;
	const uint8_t *mac;

	if (!p->nlayers || !proto_ends(p->layers[0].proto, END_LINK, &src, &dst))
		return false;
	mac = mac_at(p, dst);
	return mac && mac[0] & 1;
}

/* NULL: a group of them, or there is no room for more. */
static struct station *station(struct split *s, const struct packet *p)
{
	const struct field *src, *dst;
	const uint8_t *mac;
	uint32_t h = 2166136261u;
	struct station *t;

	if (!p->nlayers || !proto_ends(p->layers[0].proto, END_LINK, &src, &dst))
		return NULL;
	mac = mac_at(p, src);
	if (!mac || mac[0] & 1)
		return NULL;
	for (unsigned i = 0; i < MAC; i++)
		h = (h ^ mac[i]) * 16777619u;
	h ^= h >> 15;
	while ((t = &s->station[h % STATIONS])->used && memcmp(t->mac, mac, MAC) != 0)
		h++;
	if (t->used)
		return t;
	if (s->nstations >= STATIONS / 2)
		return NULL;
	s->nstations++;
	t->used = true;
	memcpy(t->mac, mac, MAC);
	return t;
}

static int word_of(struct split *s, const struct packet *p)
{
	int side = -1;

	for (unsigned i = 0; i < p->nlayers && !split_quoted(p, i) && side < 0; i++)
		if (decode(&s->tree, p, i) == 0)
			side = split_by_reply(s, p->layers[i].proto);
	return side < 0 ? WAIT_SILENT : side == SPLIT_SERVER ? WAIT_ANSWERS : WAIT_ASKS;
}

/* The side of n packets of a station (or NULL) that say this of themselves. */
static int side_of(const struct station *t, int word, uint64_t n, struct split_counts *c)
{
	int side = word == WAIT_ANSWERS ? SPLIT_SERVER : SPLIT_CLIENT;
	enum split_why why = word == WAIT_SILENT ? SPLIT_UNTOLD : SPLIT_WORD;

	if (t && t->n[SPLIT_CLIENT] != t->n[SPLIT_SERVER]) {
		side = t->n[SPLIT_SERVER] > t->n[SPLIT_CLIENT];
		why = SPLIT_STATION;
	}
	c->packets[side] += n;
	c->why[why] += n;
	return side;
}

/* ---- a packet ---- */

/* The side, and *why; -1: nothing tells; -2: memory is out. */
static int tell(struct split *s, const struct packet *p, enum split_why *why)
{
	int side;

	if (s->nnets) {
		*why = SPLIT_NET;
		return by_net(s, p);
	}
	if (to_group(p))
		return -1;
	*why = SPLIT_QUOTES;
	side = by_quote(s, p);
	if (side >= 0)
		return side;
	*why = SPLIT_WHYS;
	s->side = s->hosts = -1;
	s->fresh = false;
	if (flows_packet(s->flows, p))
		return -2;
	if (s->fresh)
		*why = s->why;
	return s->side;
}

static int take(struct split *s, const struct packet *p, bool learns)
{
	enum split_why why;
	int side = tell(s, p, &why), word;
	struct station *t;

	if (side == -2)
		return -1;
	t = station(s, p);
	if (side >= 0) {
		if (t && !s->settled)
			t->n[side]++;
		s->counts.packets[side]++;
		if (why < SPLIT_WHYS)
			s->counts.why[why]++;
		return side;
	}
	word = word_of(s, p);
	if (!learns || !t)
		return side_of(t, word, 1, &s->counts);
	t->wait[word]++;
	return SPLIT_LATER;
}

int split_packet(struct split *s, const struct packet *p)
{
	return take(s, p, false);
}

int split_learn(struct split *s, const struct packet *p)
{
	return take(s, p, true);
}

void split_learnt(struct split *s, struct split_counts *counts)
{
	for (unsigned k = 0; k < STATIONS; k++)
		for (int word = 0; s->station[k].used && word < WAITS; word++)
			if (s->station[k].wait[word])
				side_of(&s->station[k], word, s->station[k].wait[word], &s->counts);
	*counts = s->counts;
	s->counts = (struct split_counts) { 0 };
	s->settled = true;
}

const struct split_counts *split_counts(const struct split *s)
{
	return &s->counts;
}

struct split *split_open(const struct registry *reg, const char *how, struct err *e)
{
	static const struct flow_ops ops = { .seen = on_seen, .answers = split_answers };
	struct split *s = calloc(1, sizeof(*s));
	struct flow_opts fo = { .reg = reg,
				.ops = &ops,
				.arg = s,
				.flows_max = FLOWS_MAX,
				.fragments_max = FRAGMENTS_MAX };

	if (s) {
		s->reg = reg;
		s->station = calloc(STATIONS, sizeof(*s->station));
	}
	if (!s || !s->station) {
		err_set(e, ERR_IO, "out of memory");
		goto fail;
	}
	if (how && take_how(s, how, e))
		goto fail;
	s->flows = flows_open(&fo, e);
	if (s->flows)
		return s;
fail:
	split_close(s);
	return NULL;
}

void split_close(struct split *s)
{
	if (!s)
		return;
	flows_close(s->flows);
	tree_done(&s->tree);
	arena_done(&s->mem);
	free(s->station);
	free(s->net);
	free(s->port);
	free(s);
}
