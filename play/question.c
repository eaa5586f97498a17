/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers are read from the notation once, as a user would write them; of each message the
 * values are set. */
#include "play/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "notation/notation.h"

enum { SRC, DST, SPORT, DPORT, SEQ, ACK, SAYS };

struct framed { /* by one network */
	struct plan plan;
	struct say *say[SAYS]; /* NULL: a transport that has it not */
	struct say *payload;
};

struct question {
	const struct registry *reg;
	struct framed by[2]; /* IPv4, IPv6 */
	struct build build;
	struct packet packet;
	struct tree scratch, fields;
	uint64_t number;
};

static int frame_open(struct question *q, struct framed *f, const char *text, struct err *e)
{
	static const char *const names[SAYS] = { "src", "dst", "sport", "dport", "seq", "ack" };
	struct plan *p = &f->plan;

	if (plan_parse(p, q->reg, text, strlen(text), 0, e))
		return -1;
	for (unsigned i = 0; i < p->n; i++) {
		if (!p->layer[i].proto) {
			f->payload = &p->layer[i].payload;
			continue;
		}
		for (struct say *s = p->layer[i].say; s; s = s->next)
			for (unsigned k = 0; k < SAYS; k++)
				if (s->name && !strcmp(s->name, names[k])) {
					f->say[k] = s;
					s->form = SAY_VALUE;
				}
	}
	return f->payload && f->say[DPORT] && f->say[DST]
		       ? 0
		       : err_set(e, ERR_USAGE,
				 "the descriptions of IP and its transports lack "
				 "fields that a socket has");
}

struct question *question_open(const struct registry *reg, const char *const headers[2],
			       struct err *e)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	q->reg = reg;
	for (unsigned i = 0; i < 2; i++)
		if (frame_open(q, &q->by[i], headers[i], e)) {
			question_close(q);
			return NULL;
		}
	return q;
}

void question_close(struct question *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < 2; i++)
		plan_done(&q->by[i].plan);
	build_done(&q->build);
	tree_done(&q->scratch);
	tree_done(&q->fields);
	free(q);
}

static void set_number(struct say *s, uint64_t v)
{
	if (s)
		s->cur = (struct value) { .num = v };
}

static void set_bytes(struct say *s, const uint8_t *p, uint32_t n)
{
	s->cur = (struct value) { .p = p, .len = n };
}

const struct packet *question_packet(struct question *q, const struct server_message *m,
				     struct err *e)
{
	struct framed *f = &q->by[m->dst.family == AF_INET6];

	set_bytes(f->say[SRC], m->src.b, addr_len(&m->src));
	set_bytes(f->say[DST], m->dst.b, addr_len(&m->dst));
	set_number(f->say[SPORT], m->sport);
	set_number(f->say[DPORT], m->dport);
	set_number(f->say[SEQ], (uint32_t)(1 + m->at));
	set_number(f->say[ACK], (uint32_t)(1 + m->answered));
	set_bytes(f->payload, m->p, m->n);
	if (build(&q->build, &f->plan, e))
		return NULL;
	q->packet = (struct packet) { .data = (const uint8_t *)q->build.bytes.p,
				      .len = (uint32_t)q->build.bytes.n,
				      .wire_len = (uint32_t)q->build.bytes.n,
				      .when = m->when,
				      .link = q->build.pkt.link,
				      .number = ++q->number };
	dissect_with(q->reg, &q->packet, &q->scratch);
	return &q->packet;
}

/* As far as its fields tell: a length beyond its end, bytes that are no value. */
static bool bad_layer(struct question *q, const struct packet *p, unsigned i)
{
	if (p->layers[i].flags & (LAYER_BAD_HEADER | LAYER_BAD_LENGTH | LAYER_CUT))
		return true;
	if (decode(&q->fields, p, i))
		return false;
	for (uint32_t k = 0; k < q->fields.n; k++)
		if (q->fields.v[k].flags & (NODE_CUT | NODE_RAW | NODE_CLIPPED))
			return true;
	return false;
}

bool question_bad(struct question *q, const struct packet *p)
{
	const struct field *src, *dst;

	for (unsigned i = 0; i + 1 < p->nlayers; i++)
		if (proto_ends(p->layers[i].proto, END_PORT, &src, &dst))
			return bad_layer(q, p, i + 1);
	return false;
}

/* Is the field of layer i this? */
static bool is(const struct packet *p, unsigned i, const struct field *f, const void *want,
	       unsigned len)
{
	unsigned n;
	const uint8_t *b = packet_field(p, i, f, &n);

	return b && n == len && !memcmp(b, want, n);
}

int question_answer(const struct server_message *m, const struct packet *answer, const uint8_t **p,
		    uint32_t *n, struct err *e)
{
	uint8_t port[2] = { (uint8_t)(m->sport >> 8), (uint8_t)m->sport };
	const struct field *src, *dst;
	bool net = false;
	uint32_t from, to;

	for (unsigned i = 0; i < answer->nlayers; i++) {
		const struct proto *x = answer->layers[i].proto;

		if (!net && proto_ends(x, END_NET, &src, &dst)) {
			net = true;
			if (!is(answer, i, dst, m->src.b, addr_len(&m->src))) {
				err_set(e, ERR_USAGE,
					"through a socket only who asked is answered: the answer "
					"goes to another address");
				return 1;
			}
		} else if (proto_ends(x, END_PORT, &src, &dst)) {
			if (!is(answer, i, dst, port, 2)) {
				err_set(e, ERR_USAGE,
					"through a socket only who asked is answered: the answer "
					"goes to another port");
				return 1;
			}
			packet_payload(answer, i, &from, &to);
			*p = answer->data + from;
			*n = to - from;
			return 0;
		}
	}
	if (net) {
		err_set(e, ERR_USAGE, "the answer has no ports: it does not go through a socket");
		return 1;
	}
	*p = answer->data;
	*n = answer->len;
	return 0;
}
