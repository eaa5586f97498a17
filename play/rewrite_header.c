/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers put in behind the link header, and taken out of there: those that select what follows
 * them as the link header does (tags), so that the value moves along. */
#include "play/rewrite_impl.h"

#include <string.h>

#include "core/bits.h"
#include "craft/addr.h"
#include "dissect/dissect.h"
#include "dissect/heard.h"

/* Where p says what follows, of which values; false: nowhere, or not at a fixed place. */
static bool selector(const struct proto *p, const char *space, uint32_t *bit, uint32_t *bits)
{
	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct field *f = &p->rec.fields[p->carries[i].field[0]];

		if (strcmp(p->carries[i].space, space) != 0 || f->fixed_bit < 0 || !f->plain)
			continue;
		*bit = (uint32_t)f->fixed_bit;
		*bits = f->plain;
		return true;
	}
	return false;
}

static int no_tag(const char *text, const struct proto *p, struct err *e)
{
	return err_set(
		e, ERR_USAGE,
		"'--set %.200s': %s is no tag: it does not select what follows as the header "
		"before it does",
		text, p->name);
}

/* A tag rides in the space that it carries itself. */
static const char *tag_space(const struct proto *p)
{
	for (unsigned i = 0; i < p->nover; i++) {
		uint32_t bit, bits;

		if (p->over[i].space && p->rec.fixed_bits > 0 &&
		    selector(p, p->over[i].space, &bit, &bits))
			return p->over[i].space;
	}
	return NULL;
}

static int put_rule(struct rewrite *w, const char *text, struct set_rule *s, struct err *e)
{
	const struct plan_layer *last = &s->plan.layer[s->plan.n - 1];
	struct built *b;

	if (build(&w->build, &s->plan, e))
		return -1;
	buf_put(&s->bytes, w->build.bytes.p, w->build.bytes.n);
	if (s->bytes.failed)
		return err_set(e, ERR_IO, "out of memory");
	b = &w->build.layer[w->build.n - 1];
	if (!selector(last->proto, tag_space(last->proto), &s->select_bit, &s->select_bits) ||
	    b->hlen * 8 != (uint32_t)last->proto->rec.fixed_bits)
		return no_tag(text, last->proto, e);
	s->select_bit += b->off * 8;
	return 0;
}

int rules_header(struct rewrite *w, const char *text, struct set_rule *s, struct err *e)
{
	const char *space = NULL;
	bool put = *text == '+';

	s->form = put ? SET_PUT : SET_TAKE;
	if (plan_parse(&s->plan, w->o.reg, text + 2, strlen(text + 2), put ? 0 : PLAN_PATTERN, e) <
	    0)
		return -1;
	w->slow = true;
	for (unsigned i = 0; i < s->plan.n; i++) {
		const struct plan_layer *y = &s->plan.layer[i];
		const char *mine = y->proto ? tag_space(y->proto) : NULL;

		if (!y->proto || s->plan.nsweeps)
			return err_set(e, ERR_USAGE,
				       "'--set %.200s': headers, each field with one value", text);
		if (!mine || (space && strcmp(space, mine) != 0))
			return no_tag(text, y->proto, e);
		if (!put && y->say)
			return err_set(e, ERR_USAGE,
				       "'--set %.200s': headers are taken out by their names alone",
				       text);
		space = mine;
	}
	if (!s->plan.n)
		return err_set(e, ERR_USAGE, "'--set %.200s': no header is named", text);
	return put ? put_rule(w, text, s, e) : 0;
}

/* Is b as a, but for what it makes of the number that selects (a type, or a length)? */
static bool twin(const struct proto *a, const struct proto *b)
{
	if (a == b)
		return true;
	if (a->rec.fixed_bits <= 0 || a->rec.fixed_bits != b->rec.fixed_bits)
		return false;
	for (unsigned i = 0; i < a->nover; i++)
		for (unsigned k = 0; k < b->nover; k++)
			if (a->over[i].space && b->over[k].space &&
			    !strcmp(a->over[i].space, b->over[k].space) &&
			    a->over[i].lo == b->over[k].lo)
				return true;
	return false;
}

/* n bytes in place of those in [from, to). The rest is moved. 1, or -1: e. */
static int replace(struct rewrite *w, struct packet *p, uint32_t from, uint32_t to,
		   const uint8_t *bytes, uint32_t n, struct err *e)
{
	w->text.n = 0;
	buf_put(&w->text, p->data, from);
	buf_put(&w->text, bytes, n);
	buf_put(&w->text, p->data + to, p->len - to);
	if (w->text.failed)
		return err_set(e, ERR_IO, "out of memory");
	p->wire_len += n - (to - from);
	return rewrite_keep(w, p, w->text.p, (uint32_t)w->text.n, e);
}

static int put(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e)
{
	const struct proto *first = s->plan.layer[0].proto, *low;
	const struct layer *l = &p->layers[0];
	uint32_t bit, bits;
	struct edge edge;
	uint64_t was;

	for (unsigned i = 0; (low = registry_bound(w->o.reg, "link", p->link, i)); i++)
		if (twin(low, l->proto) && registry_edge(w->o.reg, low, first, 0, &edge) &&
		    edge.space && selector(low, edge.space, &bit, &bits))
			break;
	/* A header whose length hangs on what it selects would be another one. */
	if (!low || bits != s->select_bits || l->hlen * 8 != (uint32_t)l->proto->rec.fixed_bits)
		return err_set(e, ERR_USAGE, "%s cannot stand behind the link header", first->name);
	if (s->bytes.n > PACKET_MAX - p->len)
		return err_set(e, ERR_USAGE, "it would be longer than %u bytes", PACKET_MAX);
	was = bits_get(p->data, l->off * 8 + bit, bits);
	if (replace(w, p, l->off + l->hlen, l->off + l->hlen, (const uint8_t *)s->bytes.p,
		    (uint32_t)s->bytes.n, e) < 0)
		return -1;
	bits_put((uint8_t *)w->made.p, l->off * 8 + bit, bits, edge.lo);
	bits_put((uint8_t *)w->made.p, (l->off + l->hlen) * 8 + s->select_bit, bits, was);
	return 1;
}

static bool rides(const struct proto *p, const char *space, uint64_t value)
{
	for (unsigned i = 0; i < p->nover; i++)
		if (p->over[i].space && !strcmp(p->over[i].space, space) &&
		    value >= p->over[i].lo && value <= p->over[i].hi)
			return true;
	return false;
}

/* Take layer i out, if it is such a tag (in front of a length it goes by another name). 1, 0, or
 * -1: e. */
static int take(struct rewrite *w, const struct proto *tag, struct packet *p, unsigned i,
		struct err *e)
{
	const struct layer *l = &p->layers[i], *low = &p->layers[i - 1];
	const char *space = tag_space(tag);
	uint32_t bit, bits, from, width;
	uint64_t value;

	if (!selector(tag, space, &bit, &bits) || !selector(low->proto, space, &from, &width) ||
	    bits != width || low->off + low->hlen != l->off ||
	    l->hlen * 8 != (uint32_t)tag->rec.fixed_bits)
		return 0;
	from += low->off * 8;
	if (!rides(tag, space, bits_get(p->data, from, bits)))
		return 0;
	value = bits_get(p->data, l->off * 8 + bit, bits);
	if (replace(w, p, l->off, l->off + l->hlen, NULL, 0, e) < 0)
		return -1;
	bits_put((uint8_t *)w->made.p, from, bits, value);
	return 1;
}

int rewrite_header(struct rewrite *w, const struct set_rule *s, struct packet *p, struct err *e)
{
	const struct field *src, *dst;
	int changed = 0, rc = 0;

	if (!p->nlayers)
		return 0;
	if (s->form == SET_PUT) {
		rc = put(w, s, p, e);
		if (rc > 0)
			dissect_heard(w->o.reg, p, &w->scratch, w->heard);
		return rc;
	}
	for (unsigned k = 0; k < s->plan.n; k++)
		for (unsigned i = 1; i < p->nlayers; i++) {
			/* Further in it is another frame's. */
			if (proto_ends(p->layers[i].proto, END_NET, &src, &dst))
				break;
			rc = take(w, s->plan.layer[k].proto, p, i, e);
			if (rc < 0)
				return -1;
			changed |= rc;
			i -= (unsigned)rc;
			if (rc)
				dissect_heard(w->o.reg, p, &w->scratch, w->heard);
		}
	return changed;
}
