/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a packet on its way: see through.h. */
#include "play/through.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "craft/addr.h"
#include "dissect/dissect.h"
#include "dissect/pattern.h"
#include "notation/notation.h"
#include "play/through_impl.h"

/* ---- opening ---- */

/* OLD=NEW, or PROTOCOL:OLD=NEW, the other way round. NULL: memory is out. */
static char *turned(const char *map)
{
	const char *equal = strchr(map, '='), *colon = strchr(map, ':');
	size_t n = strlen(map) + 1, head;
	char *out = malloc(n);

	if (!out)
		return NULL;
	/* Of a port: in an address other colons follow, or none stands before a number alone. */
	head = colon && equal && colon < equal && !strchr(equal, ':') && !memchr(map, '.', n) &&
			       memchr(colon + 1, ':', (size_t)(equal - colon - 1)) == NULL
		       ? (size_t)(colon - map) + 1
		       : 0;
	if (equal)
		snprintf(out, n, "%.*s%s=%.*s", (int)head, map, equal + 1,
			 (int)((size_t)(equal - map) - head), map + head);
	else
		memcpy(out, map, n);
	return out;
}

static int open_map(struct through *t, unsigned side, const char *const *map, struct err *e)
{
	struct rewrite_opts ro = { .reg = t->o.reg, .map = map, .nmap = t->o.nmap };

	t->map[side] = rewrite_open(&ro, e);
	return t->map[side] ? 0 : -1;
}

static int open_maps(struct through *t, struct err *e)
{
	char **back;
	int rc;

	if (!t->o.nmap)
		return 0;
	back = calloc(t->o.nmap, sizeof(*back));
	rc = back ? open_map(t, 0, t->o.map, e) : err_set(e, ERR_IO, "out of memory");
	for (unsigned i = 0; !rc && i < t->o.nmap; i++) {
		back[i] = turned(t->o.map[i]);
		if (!back[i])
			rc = err_set(e, ERR_IO, "out of memory");
	}
	if (!rc)
		rc = open_map(t, 1, (const char *const *)back, e);
	for (unsigned i = 0; back && i < t->o.nmap; i++)
		free(back[i]);
	free(back);
	return rc;
}

static int open_drops(struct through *t, struct err *e)
{
	for (unsigned i = 0; i < t->o.ndrop; i++, t->ndrop++)
		if (plan_parse(&t->drop[i], t->o.reg, t->o.drop[i], strlen(t->o.drop[i]),
			       PLAN_PATTERN, e)) {
			t->ndrop++;
			return -1;
		}
	return 0;
}

static int open_changes(struct through *t, struct err *e)
{
	struct rewrite_opts ro = { .reg = t->o.reg, .set = t->o.set, .nset = t->o.nset };

	for (unsigned i = 0; i < t->o.nreplace; i++)
		if (replacing_read(&t->replace[i], t->o.replace[i], e))
			return -1;
	if (t->o.nset)
		t->set = rewrite_open(&ro, e);
	return t->o.nset && !t->set ? -1 : 0;
}

struct through *through_open(const struct through_opts *o, struct err *e)
{
	struct through *t = calloc(1, sizeof(*t));

	if (t) {
		t->o = *o;
		t->replace = calloc(o->nreplace + 1, sizeof(*t->replace));
		t->drop = calloc(o->ndrop + 1, sizeof(*t->drop));
		t->room = malloc(PACKET_MAX);
	}
	if (!t || !t->replace || !t->drop || !t->room) {
		err_set(e, ERR_IO, "out of memory");
		through_close(t);
		return NULL;
	}
	if (open_drops(t, e) || open_changes(t, e) || open_maps(t, e) || streams_open(t, e)) {
		through_close(t);
		return NULL;
	}
	return t;
}

void through_close(struct through *t)
{
	if (!t)
		return;
	streams_close(t);
	for (unsigned i = 0; t->drop && i < t->ndrop; i++)
		plan_done(&t->drop[i]);
	for (unsigned i = 0; t->replace && i < t->o.nreplace; i++) {
		free(t->replace[i].old);
		free(t->replace[i].new);
	}
	for (unsigned i = 0; i < 2; i++) {
		rewrite_close(t->map[i]);
		buf_done(&t->made[i]);
	}
	rewrite_close(t->set);
	filter_work_done(&t->work);
	mend_done(&t->mend);
	tree_done(&t->scratch);
	tree_done(&t->tree);
	buf_done(&t->pieced);
	free(t->replace);
	free(t->drop);
	free(t->room);
	free(t);
}

/* ---- a packet ---- */

int carrier(const struct packet *p)
{
	const struct field *src, *dst;
	int at = LAYER_NONE;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		if (l->flags & LAYER_QUOTED)
			return LAYER_NONE;
		if (l->flags & ~(unsigned)LAYER_GUESS)
			return at;
		if (l->proto->segment || proto_ends(l->proto, END_PORT, &src, &dst))
			at = (int)i;
	}
	if (at == LAYER_NONE && p->nlayers)
		at = p->nlayers - 1;
	return at;
}

struct becoming { /* the payload of a layer */
	int at;
	const uint8_t *p;
	uint32_t n;
};

static void payload(const struct packet *p, int at, struct becoming *b)
{
	uint32_t from = 0, to = 0;

	*b = (struct becoming) { .at = at };
	if (at == LAYER_NONE || p->layers[at].tail)
		b->at = LAYER_NONE;
	else
		packet_payload(p, (unsigned)at, &from, &to);
	b->p = p->data + from;
	b->n = to - from;
}

/* q with other bytes behind the header of layer b->at; its layers are those up to there. */
static void other_payload(struct through *t, const struct packet *p, const struct becoming *b,
			  struct packet *q)
{
	const struct layer *l = &p->layers[b->at];
	uint32_t head = l->off + l->hlen, tail = p->len - l->end, end = head + b->n;
	uint32_t was = l->end;

	memmove(t->room + end, p->data + l->end, tail);
	memmove(t->room + head, b->p, b->n);
	memcpy(t->room, p->data, head);
	q->len = q->wire_len = end + tail;
	q->nlayers = (uint8_t)(b->at + 1);
	for (int i = 0; i <= b->at; i++)
		q->layers[i].end = q->layers[i].end - was + end;
}

/* p as it is to be: other bytes carried, other numbers, checksums filled in. 1: it is another one;
 * 0: it is not, for all that was said of it. */
static int put(struct through *t, struct packet *p, const struct becoming *b, bool other,
	       struct err *e)
{
	struct packet q = *p;
	unsigned last = other ? (unsigned)b->at : p->nlayers - 1u;

	if (!p->nlayers)
		return 0;
	if (mend_look(&t->mend, p, last))
		return err_set(e, ERR_IO, "out of memory");
	if (!other && !t->nnumbers && !t->mend.unfilled)
		return 0;
	q.data = t->room;
	if (other)
		other_payload(t, p, b, &q);
	else
		memcpy(t->room, p->data, p->len);
	for (unsigned i = 0; i < t->nnumbers; i++)
		if (t->number[i].layer <= last)
			mend_number(&t->mend, t->room, t->number[i].layer, t->number[i].node,
				    t->number[i].v);
	if ((other && mend_lengths(&t->mend, &q, t->room)) || mend_sums(&t->mend, &q, t->room))
		return err_set(e, ERR_IO, "out of memory");
	*p = q;
	dissect_with(t->o.reg, p, &t->scratch);
	return 0;
}

static bool same_layer(const struct packet *a, int i, const struct packet *b, int k)
{
	return i != LAYER_NONE && k != LAYER_NONE && a->layers[i].proto == b->layers[k].proto;
}

/* was: the packet before anything was set. 1: it carries something else than it did. */
static int carried(struct through *t, const struct packet *was, struct packet *p, bool may,
		   struct err *e)
{
	struct becoming b;
	const uint8_t *now;
	uint32_t n;
	bool other;

	payload(p, carrier(p), &b);
	now = b.p;
	n = b.n;
	if (may && b.at != LAYER_NONE && b.n)
		now = replace_bytes(t, b.p, b.n, &n);
	if (now && b.at != LAYER_NONE && p->len - b.n + n > PACKET_MAX) {
		t->counts.full++;
		now = b.p;
		n = b.n;
	}
	if (now && t->is_seen && same_layer(was, (int)t->seen.layer, p, b.at))
		now = stream_part(t, was, t->seen.layer, now, n, &n);
	if (!now || stream_numbers(t, was, p))
		return err_set(e, ERR_IO, "out of memory");
	other = b.at != LAYER_NONE && (n != b.n || (n && memcmp(now, b.p, n)));
	b.p = now;
	b.n = n;
	return put(t, p, &b, other, e) ? -1 : other;
}

static bool dropped(struct through *t, const struct packet *p)
{
	for (unsigned i = 0; i < t->ndrop; i++)
		if (pattern_match(&t->drop[i], p, NULL) > 0)
			return true;
	return false;
}

static int map(struct through *t, struct packet *p, unsigned side, struct err *e)
{
	int rc = t->map[side] ? rewrite_packet(t->map[side], p, e) : 0;

	if (rc > 0)
		dissect_with(t->o.reg, p, &t->scratch);
	return rc;
}

/* In the addresses of side 0. */
static int change(struct through *t, struct packet *p, struct err *e)
{
	struct packet was = *p;
	bool may = true;
	int rc = 0, put;

	if (t->o.where) {
		filter_begin(&t->work);
		may = filter_match(t->o.where, p, &t->work);
	}
	if (may && dropped(t, p))
		return THROUGH_DROPPED;
	if (stream_look(t, p, e))
		return -1;
	if (may && t->set) {
		rc = rewrite_packet(t->set, p, e);
		if (rc > 0)
			dissect_with(t->o.reg, p, &t->scratch);
	}
	put = rc < 0 ? -1 : carried(t, &was, p, may, e);
	return put < 0 ? -1 : rc | put;
}

int through_packet(struct through *t, struct packet *p, unsigned side, struct err *e)
{
	int mapped = 0, rc;

	dissect_with(t->o.reg, p, &t->scratch);
	if (side)
		mapped = map(t, p, side, e);
	rc = mapped < 0 ? -1 : change(t, p, e);
	if (!side && (rc == THROUGH_SAME || rc == THROUGH_CHANGED))
		mapped = map(t, p, side, e);
	if (rc < 0 || mapped < 0)
		return -1;
	if (rc == THROUGH_DROPPED) {
		t->counts.dropped++;
		return rc;
	}
	rc |= mapped;
	t->counts.changed += rc == THROUGH_CHANGED;
	return rc;
}

/* ---- what became of the options ---- */

void through_counts(const struct through *t, struct through_counts *c)
{
	uint64_t number;

	*c = t->counts;
	if (t->set)
		c->unfit = rewrite_unfit(t->set, &number, &c->why);
}

bool through_fitted(const struct through *t, unsigned i)
{
	return t->set && rewrite_fitted(t->set, false, i);
}

bool through_mapped(const struct through *t, unsigned i)
{
	return t->map[0] &&
	       (rewrite_fitted(t->map[0], true, i) || rewrite_fitted(t->map[1], true, i));
}

bool through_replaced(const struct through *t, unsigned i)
{
	return t->replace[i].fitted;
}
