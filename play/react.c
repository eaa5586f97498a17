/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules, and what is done by them with each packet. Nothing is allocated for a packet but by what
 * has to be read anew for it. */
#include "play/react.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "dissect/pattern.h"
#include "notation/notation.h"
#include "play/react_impl.h"

void react_tell(struct react *r, enum react_event event, const struct packet *p, const char *why)
{
	struct react_told t = { .event = event, .packet = p, .why = why };

	if (r->o->tell)
		r->o->tell(r->o->ctx, &t);
}

/* ---- opening ---- */

static int read_act(struct react *r, struct doing *d, const struct react_act *a, struct err *e)
{
	d->what = a->what;
	switch (a->what) {
	case REACT_SEND:
		d->fill = fill_open(r->o->reg, r->o->names, a->text, strlen(a->text), e);
		return d->fill ? 0 : -1;
	case REACT_REPLY: d->by = replier_open(r->o, a->text, e); return d->by ? 0 : -1;
	case REACT_RUN:
		d->command = command_open(r->o->reg, r->o->names, a->text, e);
		return d->command ? 0 : -1;
	case REACT_LOG:
	case REACT_COUNT: break;
	}
	return 0;
}

static int read_rule(struct react *r, const struct react_rule *o, struct err *e)
{
	struct reacting *x = &r->rule[r->n++];

	x->proto = o->proto;
	x->asked = !o->pattern;
	x->aside = o->aside;
	x->skip = o->skip;
	if (o->pattern &&
	    plan_parse(&x->pattern, r->o->reg, o->pattern, strlen(o->pattern), PLAN_PATTERN, e))
		return -1;
	for (unsigned i = 0; i < o->n; i++) {
		x->n++;
		if (read_act(r, &x->act[i], &o->act[i], e))
			return -1;
	}
	return 0;
}

/* Mistakes are told before anything is opened that takes rights. */
static int read_rules(struct react *r, struct err *e)
{
	for (unsigned i = 0; i < r->o->nrules; i++) {
		const struct react_rule *o = &r->o->rule[i];

		if (!read_rule(r, o, e))
			continue;
		if (o->name && e->lineno) {
			const struct reacting *x = &r->rule[i];
			uint32_t at = x->n ? o->act[x->n - 1].lineno : 0;

			snprintf(e->name, sizeof(e->name), "%s", o->name);
			e->lineno = at ? at : o->lineno;
		}
		return -1;
	}
	return 0;
}

static int open_rules(struct react *r, struct err *e)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct reacting *x = &r->rule[i];

		for (unsigned k = 0; k < x->n; k++)
			if ((x->act[k].fill || x->act[k].by) && react_aim(r, &x->act[k], e))
				return -1;
		if (!r->o->no_listener && !r->o->dry && !r->o->deliver)
			react_guard(r, x);
	}
	return 0;
}

struct react *react_open(const struct react_opts *o, struct err *e)
{
	struct react *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	r->o = o;
	hush_init(&r->hush);
	if (read_rules(r, e) || react_ways_open(r, e) || open_rules(r, e)) {
		react_close(r);
		return NULL;
	}
	return r;
}

void react_close(struct react *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		struct reacting *x = &r->rule[i];

		for (unsigned k = 0; k < x->n; k++) {
			aim_close(x->act[k].aim);
			fill_close(x->act[k].fill);
			replier_close(x->act[k].by);
			command_close(x->act[k].command);
		}
		plan_done(&x->pattern);
	}
	react_ways_close(r);
	filter_work_done(&r->work);
	tree_done(&r->scratch);
	buf_done(&r->words);
	buf_done(&r->none);
	tree_done(&r->asked);
	/* Last: until here the ports are kept from the kernel. */
	hush_done(&r->hush);
	free(r);
}

/* ---- packets ---- */

/* Is it sent to who we are? */
static bool for_us(struct react *r, const struct packet *p)
{
	const struct ends_of *net;
	int at = r->o->nbe ? react_net(r, p, &net) : LAYER_NONE;
	const uint8_t *to;
	unsigned n;

	if (!r->o->nbe)
		return true;
	to = at < 0 ? NULL : packet_field(p, (unsigned)at, net->dst, &n);
	for (unsigned i = 0; to && i < r->o->nbe; i++)
		if (n == addr_len(&r->o->be[i]) && !memcmp(to, r->o->be[i].b, n))
			return true;
	return false;
}

static int fits(struct react *r, const struct reacting *x, const struct packet *p)
{
	return x->asked ? for_us(r, p) && replier_asks(r, p, x->proto)
			: pattern_match(&x->pattern, p, NULL);
}

static int reply(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	const struct packet *answer;
	int rc = replier_answer(d->by, r, p, &answer, e);

	return rc ? rc : react_back(r, p, answer, e);
}

static int run(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	unsigned n;
	int rc;

	r->words.n = 0;
	rc = command_words(d->command, p, &r->work, &r->words, &n, e);
	return rc ? rc : r->o->run(r->o->ctx, p, r->words.p, r->words.n, n, e);
}

/* Over what is sent by accident, see careful.h. */
static bool held(struct react *r)
{
	int64_t now;

	if (r->o->i_may || r->o->deliver || !react_dev(r)->default_route)
		return false;
	now = clock_coarse() / 1000000000;
	if (now != r->second) {
		r->second = now;
		r->in_second = 0;
	}
	return ++r->in_second > 1000;
}

static int act(struct react *r, struct doing *d, const struct packet *p, struct err *e)
{
	struct err no = { 0 };
	int rc = 0;

	switch (d->what) {
	case REACT_LOG: react_tell(r, REACT_FITS, p, NULL); return 0;
	case REACT_COUNT: return 0;
	case REACT_RUN: rc = run(r, d, p, &no); break;
	case REACT_SEND:
	case REACT_REPLY:
		if (p->len < p->wire_len) {
			rc = 1;
			err_set(&no, ERR_USAGE, "it was cut as it was captured");
			break;
		}
		if (held(r)) {
			r->counts.held++;
			return 0;
		}
		rc = d->what == REACT_SEND ? react_send(r, d, p, &no) : reply(r, d, p, &no);
	}
	if (rc <= 0)
		return rc < 0 ? err_set(e, no.code, "%s", no.msg) : 0;
	r->counts.unfit++;
	if (!r->told_failed)
		react_tell(r, REACT_NOT, p, no.msg);
	r->told_failed = true;
	return 0;
}

uint32_t react_mtu(const struct react *r)
{
	return react_dev(r)->mtu;
}

int react_packet(struct react *r, const struct packet *p, struct err *e)
{
	bool fit = false;

	r->counts.seen++;
	if (react_own(r, p))
		return 0;
	filter_begin(&r->work);
	for (unsigned i = 0; i < r->n; i++) {
		struct reacting *x = &r->rule[i];
		int rc = fits(r, x, p);

		if (rc < 0)
			return err_set(e, ERR_IO, "out of memory");
		if (!rc)
			continue;
		fit |= !x->aside;
		r->counts.rule[i]++;
		i += x->skip;
		for (unsigned k = 0; k < x->n; k++)
			if (act(r, &x->act[k], p, e))
				return -1;
	}
	r->counts.fits += fit;
	return r->queued >= 64 ? react_flush(r, e) : 0;
}
