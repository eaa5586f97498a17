/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel kept quiet about ports for which we answer: reserved by sockets that are gone with the
 * process (hush.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/bits.h"
#include "notation/notation.h"
#include "play/react_impl.h"

/* The number by which a protocol with ports is announced; -1: it has none, or no kernel knows it.
 */
static int transport_number(const struct proto *p)
{
	const struct field *f, *g;

	for (unsigned i = 0; i < p->nover; i++)
		if (p->over[i].space && !strcmp(p->over[i].space, "ipproto") &&
		    proto_ends(p, END_PORT, &f, &g))
			return (int)p->over[i].lo;
	return -1;
}

static void reserve(struct react *r, int number, uint16_t port)
{
	static const int family[] = { AF_INET, AF_INET6 };
	struct transport t = { .number = number, .sport = port };
	char why[160];

	for (unsigned i = 0; i < 2; i++) {
		t.src.family = family[i];
		if (hush_port(&r->hush, &t) || errno == EAFNOSUPPORT || r->told_unguarded)
			continue;
		r->told_unguarded = true;
		snprintf(why, sizeof(why),
			 "port %u cannot be reserved (%s): the kernel, or who has it, may answer "
			 "too",
			 port, strerror(errno));
		react_tell(r, REACT_NOTE, NULL, why);
	}
}

/* ---- ports that a rule names ---- */

struct ports {
	const struct registry *reg;
	void (*each)(void *ctx, int number, uint16_t port);
	void *ctx;
};

/* The values of a field that were said in a pattern. */
static void ports_said(const struct ports *x, int number, struct plan *p, const struct say *s,
		       const struct field *f)
{
	uint64_t count = s->sweep ? plan_count(p) : 1;
	struct arena mem = { 0 };
	struct value v = s->cur;

	for (uint64_t i = 0; i < count && i < HUSH_MAX; i++) {
		if (s->sweep) {
			plan_step(p, i, 0);
			v = s->cur;
		} else if (s->form == SAY_TEXT &&
			   value_parse(f, f->type, s->text, s->text_len, &mem, &v, NULL) < 0) {
			break;
		}
		x->each(x->ctx, number, (uint16_t)v.num);
	}
	arena_done(&mem);
}

static bool ports_of_layer(const struct ports *x, struct plan *p, const struct plan_layer *l)
{
	const struct field *src, *dst;
	int number = l->proto ? transport_number(l->proto) : -1;
	bool said = false;

	if (number < 0 || !proto_ends(l->proto, END_PORT, &src, &dst))
		return false;
	for (const struct say *s = l->say; s; s = s->next)
		if (s->name == dst->name && (s->form == SAY_VALUE || s->form == SAY_TEXT)) {
			ports_said(x, number, p, s, dst);
			said = true;
		}
	return said;
}

/* The ports by which a protocol is known. */
static void ports_of_proto(const struct ports *x, const struct proto *p)
{
	for (unsigned i = 0; i < p->nover; i++) {
		const struct over *o = &p->over[i];

		for (unsigned k = 0; o->space && k < registry_count(x->reg); k++) {
			const struct proto *q = registry_at(x->reg, k);
			int number = transport_number(q);

			for (unsigned c = 0; number >= 0 && c < q->ncarries; c++)
				if (q->carries[c].space == o->space)
					for (uint64_t v = o->lo; v <= o->hi && v < o->lo + 16; v++)
						x->each(x->ctx, number, (uint16_t)v);
		}
	}
}

void react_ports(const struct registry *reg, const char *pattern, size_t len,
		 const struct proto *proto, void (*each)(void *ctx, int number, uint16_t port),
		 void *ctx)
{
	struct ports x = { .reg = reg, .each = each, .ctx = ctx };
	struct plan p = { 0 };
	bool said = false;

	if (!pattern) {
		if (proto)
			ports_of_proto(&x, proto);
		return;
	}
	/* Read as a packet, a pattern's ranges can be gone through. What is none has no ports that
	 * could be known. */
	if (!plan_parse(&p, reg, pattern, len, 0, NULL)) {
		for (unsigned i = 0; i < p.n; i++)
			said |= ports_of_layer(&x, &p, &p.layer[i]);
		for (unsigned i = 0; i < p.n && !said; i++)
			if (p.layer[i].proto)
				ports_of_proto(&x, p.layer[i].proto);
	}
	plan_done(&p);
}

static void keep_from_kernel(void *ctx, int number, uint16_t port)
{
	reserve(ctx, number, port);
}

void react_guard(struct react *r, const struct reacting *x)
{
	react_ports(r->o->reg, x->asked ? NULL : x->pattern.text, x->pattern.text_len, x->proto,
		    keep_from_kernel, r);
}

void react_guard_answer(struct react *r, const struct packet *answer)
{
	if (r->o->no_listener || r->o->dry || r->o->deliver)
		return;
	for (unsigned i = 0; i < answer->nlayers; i++) {
		const struct ends_of *x = react_ends(r->port, answer->layers[i].proto, END_PORT);
		const uint8_t *b;
		unsigned n;
		int number;

		if (!x->src || answer->layers[i].flags & LAYER_QUOTED)
			continue;
		b = packet_field(answer, i, x->src, &n);
		if (!b || n != 2)
			return;
		if (be16(b) == r->guarded)
			return;
		number = transport_number(answer->layers[i].proto);
		r->guarded = be16(b);
		if (number >= 0)
			reserve(r, number, r->guarded);
		return;
	}
}
