/* SPDX-License-Identifier: BSD-2-Clause */
/* Who opened a conversation, as its first packet says it: by the descriptions (`segment opens`,
 * `reply`), and by ports. Each gives a side, or -1: it does not tell; the fields of the layer are
 * in s->tree. */
#include <string.h>

#include "craft/addr.h"
#include "play/split_impl.h"

static bool holds(struct split *s, const struct expr *x)
{
	return x && expr_eval(x, &s->tree, 0, NULL) != 0;
}

static int by_segment(struct split *s, const struct segment_rule *r)
{
	if (!r || !holds(s, r->opens))
		return -1;
	return r->acks && (!r->acks_if || holds(s, r->acks_if)) ? SPLIT_SERVER : SPLIT_CLIENT;
}

int split_by_reply(struct split *s, const struct proto *p)
{
	bool asks = false, answers = false;

	for (unsigned k = 0; k < p->nreply; k++) {
		if (!p->reply[k].cond_reply || !p->reply[k].cond_request)
			continue;
		asks |= holds(s, p->reply[k].cond_request);
		answers |= holds(s, p->reply[k].cond_reply);
	}
	return asks == answers ? -1 : answers ? SPLIT_SERVER : SPLIT_CLIENT;
}

static bool listed(const struct split *s, uint64_t port)
{
	for (unsigned k = 0; k < s->nports; k++)
		if (s->port[k] == port)
			return true;
	return false;
}

static bool known(const struct split *s, const struct proto *p, const struct field *f,
		  uint64_t port)
{
	for (unsigned k = 0; k < p->ncarries; k++)
		for (unsigned i = 0; i < p->carries[k].nfields; i++)
			if (p->carries[k].field[i] == f->index &&
			    registry_bound(s->reg, p->carries[k].space, port, 0))
				return true;
	return false;
}

/* list: the ports that were said; else those that a protocol has, then those below 1024. */
static int by_port(struct split *s, const struct proto *p, bool list)
{
	const struct field *f[2];
	bool is[2], low[2];

	if (!proto_ends(p, END_PORT, &f[0], &f[1]))
		return -1;
	for (unsigned k = 0; k < 2; k++) {
		uint32_t at = tree_child(&s->tree, 0, f[k]->index);
		uint64_t port = at == NODE_NONE ? 0 : s->tree.v[at].num;

		if (at == NODE_NONE)
			return -1;
		is[k] = list ? listed(s, port) : known(s, p, f[k], port);
		low[k] = !list && port < 1024;
	}
	if (is[0] == is[1])
		memcpy(is, low, sizeof(is));
	return is[0] == is[1] ? -1 : is[0] ? SPLIT_SERVER : SPLIT_CLIENT;
}

struct sign {
	enum split_why why;
	int side;
};

/* What layer i says, the surest first. */
static void read_layer(struct split *s, const struct packet *p, unsigned i, struct sign v[4])
{
	const struct proto *proto = p->layers[i].proto;
	const struct sign now[4] = { { SPLIT_PORT, s->nports ? by_port(s, proto, true) : -1 },
				     { SPLIT_OPENED, by_segment(s, proto->segment) },
				     { SPLIT_ASKED, split_by_reply(s, proto) },
				     { SPLIT_PORT, by_port(s, proto, false) } };

	for (unsigned k = 0; k < 4; k++)
		if (v[k].side < 0)
			v[k] = now[k];
}

bool split_answers(void *arg, const struct packet *p, const struct flow_seen *seen)
{
	struct split *s = arg;
	struct sign v[4] = { { .side = -1 }, { .side = -1 }, { .side = -1 }, { .side = -1 } };
	bool error = false;

	for (unsigned i = seen->layer; i < p->nlayers; i++) {
		error |= split_quoted(p, i);
		if (error || decode(&s->tree, p, i))
			break;
		read_layer(s, p, i, v);
	}
	for (unsigned k = 0; k < 4; k++)
		if (v[k].side >= 0) {
			s->why = v[k].why;
			return v[k].side == SPLIT_SERVER;
		}
	if (error) {
		s->why = SPLIT_ASKED;
		return true;
	}
	s->why = s->hosts < 0 ? SPLIT_FIRST : SPLIT_HOSTS;
	return s->hosts == SPLIT_SERVER;
}
