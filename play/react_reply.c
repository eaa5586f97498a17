/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to a packet by the `reply` rules of its protocols: its paired fields exchanged, then
 * set what the rules want of an answer, and what the user wants in it. */
#include <stdlib.h>
#include <string.h>

#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "play/react_impl.h"
#include "play/rewrite.h"

#define SETS 16

struct replier {
	const struct registry *reg;
	struct fill *set[SETS];
	unsigned n;
	struct shapes *shapes;
	struct rewrite *rewrite;
	struct buf text[SETS + PACKET_LAYERS]; /* what it was opened with */
	unsigned ntext;
	struct buf wanted[SETS + PACKET_LAYERS];
	struct buf bytes;
	struct packet packet;
	struct tree scratch;
};

struct replier *replier_open(const struct react_opts *o, const char *sets, struct err *e)
{
	struct replier *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	a->reg = o->reg;
	a->shapes = shapes_open(o, sets);
	if (!a->shapes) {
		replier_close(a);
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	/* One a line. */
	for (const char *s = sets; s && *s;) {
		size_t len = strcspn(s, "\n");

		if (a->n == SETS) {
			err_set(e, ERR_USAGE, "no more than %d --set", SETS);
			replier_close(a);
			return NULL;
		}
		a->set[a->n] = fill_open(o->reg, o->names, s, len, e);
		if (!a->set[a->n++]) {
			replier_close(a);
			return NULL;
		}
		s += len + (s[len] == '\n');
	}
	return a;
}

void replier_close(struct replier *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->n; i++)
		fill_close(a->set[i]);
	for (unsigned i = 0; i < SETS + PACKET_LAYERS; i++) {
		buf_done(&a->text[i]);
		buf_done(&a->wanted[i]);
	}
	shapes_close(a->shapes);
	rewrite_close(a->rewrite);
	buf_done(&a->bytes);
	tree_done(&a->scratch);
	free(a);
}

bool replier_asks(struct react *r, const struct packet *p, const struct proto *proto)
{
	bool asks = false;

	for (unsigned i = 0; i < p->nlayers && !asks; i++) {
		const struct layer *l = &p->layers[i];

		if (l->flags & LAYER_QUOTED || !l->proto->nreply || (proto && l->proto != proto))
			continue;
		r->none.n = 0;
		asks = !decode(&r->asked, p, i) && mirror_says_of(&r->asked, &r->none) > 0;
	}
	return asks;
}

/* What is to be set in this answer, as the notation says it: -1 e; 1 e: this one has not a value.
 */
static int wanted(struct replier *a, struct react *r, const struct packet *p, unsigned *n,
		  struct err *e)
{
	*n = 0;
	for (unsigned i = 0; i < p->nlayers; i++) {
		struct buf *b = &a->wanted[*n];
		size_t name;
		int rc;

		if (p->layers[i].flags & LAYER_QUOTED || !p->layers[i].proto->nreply)
			continue;
		b->n = 0;
		buf_str(b, p->layers[i].proto->name);
		name = b->n;
		rc = mirror_says(p, i, b);
		if (rc < 0)
			return err_set(e, ERR_IO, "out of memory");
		*n += b->n > name; /* what is wanted may be more than can be said */
	}
	for (unsigned i = 0; i < a->n; i++) {
		struct buf *b = &a->wanted[(*n)++];
		int rc;

		b->n = 0;
		rc = fill_text(a->set[i], p, &r->work, b, e);
		if (rc)
			return rc;
	}
	return 0;
}

/* A rewriter for these settings: mostly they are those of the packet before. */
static int rewriter(struct replier *a, unsigned n, struct err *e)
{
	const char *set[SETS + PACKET_LAYERS];
	struct rewrite_opts o = { .reg = a->reg, .set = set, .nset = n, .sums = true };
	bool same = a->rewrite && n == a->ntext;

	for (unsigned i = 0; i < n && same; i++)
		same = a->text[i].n == a->wanted[i].n &&
		       !memcmp(a->text[i].p, a->wanted[i].p, a->text[i].n);
	if (same)
		return 0;
	rewrite_close(a->rewrite);
	a->ntext = n;
	for (unsigned i = 0; i < n; i++) {
		a->text[i].n = 0;
		buf_put(&a->text[i], a->wanted[i].p, a->wanted[i].n);
		set[i] = buf_cstr(&a->text[i]);
		if (a->text[i].failed)
			return err_set(e, ERR_IO, "out of memory");
	}
	a->rewrite = rewrite_open(&o, e);
	return a->rewrite ? 0 : -1;
}

/* Back to who sent the frame: link headers have no reply rule that exchanged their addresses. Who
 * answers what was sent to many does so from an address of its own. */
static void turn_link(struct react *r, struct packet *q, uint8_t *bytes)
{
	const struct proto *proto = q->nlayers ? q->layers[0].proto : NULL;
	const struct ends_of *x = proto ? react_ends(r->link, proto, END_LINK) : NULL;
	const uint8_t *src, *dst;
	uint8_t *from, *to, was[8];
	unsigned n, m;

	if (!x || !x->src || !react_dev(r))
		return;
	src = packet_field(q, 0, x->src, &n);
	dst = packet_field(q, 0, x->dst, &m);
	if (!src || !dst || n != m || n > sizeof(was))
		return;
	from = bytes + (src - q->data);
	to = bytes + (dst - q->data);
	if (!proto->nreply) {
		memcpy(was, from, n);
		memcpy(from, to, n);
		memcpy(to, was, n);
	}
	if (n == 6 && answers_any(from, n))
		memcpy(from, react_dev(r)->mac, n);
}

int replier_answer(struct replier *a, struct react *r, const struct packet *p,
		   const struct packet **answer, struct err *e)
{
	struct packet *q = &a->packet;
	unsigned n;
	int rc;

	*answer = shapes_answer(a->shapes, r, p);
	if (*answer)
		return 0;
	rc = wanted(a, r, p, &n, e);
	if (rc)
		return rc;
	if (rewriter(a, n, e))
		return e->code == ERR_IO ? -1 : 1;
	a->bytes.n = 0;
	if (mirror(p, MIRROR_PAIRS, &a->bytes) < 0)
		return err_set(e, ERR_IO, "out of memory");
	*q = *p;
	q->data = (const uint8_t *)a->bytes.p;
	q->said = NULL;
	dissect_with(a->reg, q, &a->scratch);
	turn_link(r, q, (uint8_t *)a->bytes.p);
	if (rewrite_packet(a->rewrite, q, e) < 0)
		return -1;
	q->flags = 0;
	q->wire_len = q->len;
	shapes_learn(a->shapes, r, p, q);
	*answer = q;
	return 0;
}
