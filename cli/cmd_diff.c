/* SPDX-License-Identifier: BSD-2-Clause */
/* strata diff: pairs the packets of two captures and names the fields that differ. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "cli/compare.h"
#include "cli/out.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "dissect/dissect.h"
#include "dissect/escape.h"

#define AHEAD 64 /* packets of each file that are looked at to find the next pair */

static const char *const examples[] = {
	"diff a.pcap b.pcap",
	"which packets differ, and in what",
	"diff --ignore ip.ttl,ip.chksum,eth before.pcap after.pcap",
	"what a router changes anyway",
	"diff --where 'udp' a.pcap b.pcap",
	"only these packets of both",
	NULL,
};
static const enum option_id options[] = { OPT_IGNORE, OPT_WHERE, OPT_AS, OPT_NONE };

struct held { /* a packet that was read and is not paired yet */
	struct packet p;
	uint8_t *data;
	uint64_t hash;
};

struct side {
	struct source *src;
	const char *path;
	struct held *q[AHEAD]; /* a ring */
	unsigned first, n;
	bool ended;
	uint64_t only;
};

struct diffing {
	struct cli *c;
	struct side side[2];
	struct ignore ignore;
	struct compare cmp;
	struct filter *where;
	struct filter_work work;
	struct report *line;
	struct tree scratch;
	struct out out;
	bool json, first;
	uint64_t equal, different;
};

static struct held *at(const struct side *s, unsigned i)
{
	return s->q[(s->first + i) % AHEAD];
}

static void held_free(struct held *h)
{
	if (h)
		free(h->data);
	free(h);
}

static void side_pop(struct side *s)
{
	held_free(s->q[s->first]);
	s->q[s->first] = NULL;
	s->first = (s->first + 1) % AHEAD;
	s->n--;
}

static int hold(struct diffing *d, struct side *s, const struct packet *p, struct err *e)
{
	struct held *h = calloc(1, sizeof(*h));

	if (h)
		h->data = malloc(p->len ? p->len : 1);
	if (!h || !h->data) {
		held_free(h);
		return err_set(e, ERR_IO, "no memory");
	}
	if (p->len)
		memcpy(h->data, p->data, p->len);
	h->p = *p;
	h->p.data = h->data;
	h->p.ifname = NULL;
	h->p.said = NULL;
	h->hash = compare_hash(&d->cmp, &h->p);
	s->q[(s->first + s->n++) % AHEAD] = h;
	return 0;
}

/* Read ahead until the ring is full or the file ends. */
static int side_fill(struct diffing *d, struct side *s, struct err *e)
{
	struct packet p;

	while (!s->ended && s->n < AHEAD) {
		int rc = source_next(s->src, &p, e);
		if (rc == SOURCE_ERROR)
			return -1;
		if (rc == SOURCE_END) {
			s->ended = true;
			if (source_note(s->src))
				say(d->c, "%s: %s", s->path, source_note(s->src));
			break;
		}
		dissect_with(d->c->reg, &p, &d->scratch);
		if (d->where && !filter_match(d->where, &p, &d->work))
			continue;
		if (hold(d, s, &p, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- telling ---- */

static void json_text(struct buf *b, const char *s)
{
	buf_char(b, '"');
	escape_json((const uint8_t *)s, strlen(s), b);
	buf_char(b, '"');
}

static void tell_field(void *ctx, const char *path, const char *va, const char *vb)
{
	struct diffing *d = ctx;
	struct buf *b = &d->out.b;

	if (!d->json) {
		buf_fmt(b, "%s%s: %s | %s", d->first ? " " : "; ", path, va, vb);
		d->first = false;
		return;
	}
	buf_str(b, d->first ? "{\"field\":" : ",{\"field\":");
	json_text(b, path);
	buf_str(b, ",\"a\":");
	json_text(b, va);
	buf_str(b, ",\"b\":");
	json_text(b, vb);
	buf_char(b, '}');
	d->first = false;
}

static void tell_pair(struct diffing *d, const struct held *x, const struct held *y)
{
	struct buf *b = &d->out.b;
	size_t begun = b->n;

	d->first = true;
	if (d->json)
		buf_fmt(b, "{\"v\":1,\"a\":%" PRIu64 ",\"b\":%" PRIu64 ",\"diff\":[", x->p.number,
			y->p.number);
	else
		buf_fmt(b, "%" PRIu64 " | %" PRIu64 " ", x->p.number, y->p.number);
	if (compare_packets(&d->cmp, &x->p, &y->p, tell_field, d) == 0) {
		b->n = begun; /* what differs lies in bytes that are ignored */
		d->equal++;
		return;
	}
	d->different++;
	buf_str(b, d->json ? "]}\n" : "\n");
}

static void tell_only(struct diffing *d, unsigned which, const struct held *h)
{
	struct buf *b = &d->out.b;

	d->side[which].only++;
	if (d->json) {
		buf_fmt(b, "{\"v\":1,\"%s\":%" PRIu64 ",\"diff\":\"only\"}\n", which ? "b" : "a",
			h->p.number);
		return;
	}
	buf_fmt(b, which ? "- | %" PRIu64 "  only in %s: " : "%" PRIu64 " | -  only in %s: ",
		h->p.number, d->side[which].path);
	report_packet(d->line, &h->p, NULL, b);
}

/* ---- pairing ---- */

/* The nearest pair of equal packets: i of A, k of B. False: none in sight. */
static bool next_equal(const struct diffing *d, unsigned *i, unsigned *k)
{
	const struct side *a = &d->side[0], *b = &d->side[1];

	for (unsigned sum = 0; sum < a->n + b->n; sum++)
		for (unsigned x = sum < b->n ? 0 : sum - b->n + 1; x <= sum && x < a->n; x++)
			if (at(a, x)->hash == at(b, sum - x)->hash) {
				*i = x;
				*k = sum - x;
				return true;
			}
	return false;
}

/* The first i packets of A and k of B have no equal: those of the same stack are one changed, in
 * order; what is left over is only there. */
static void tell_gap(struct diffing *d, unsigned i, unsigned k)
{
	struct side *a = &d->side[0], *b = &d->side[1];

	while (i || k) {
		bool pair = i && k && (i == k || compare_stacks(&at(a, 0)->p, &at(b, 0)->p));
		if (pair) {
			tell_pair(d, at(a, 0), at(b, 0));
		} else if (i && (i >= k || !k)) {
			tell_only(d, 0, at(a, 0));
		} else {
			tell_only(d, 1, at(b, 0));
		}
		bool from_a = pair || (i && (i >= k || !k));
		if (from_a) {
			side_pop(a);
			i--;
		}
		if (pair || !from_a) {
			side_pop(b);
			k--;
		}
	}
}

static int diff(struct diffing *d, struct err *e)
{
	struct side *a = &d->side[0], *b = &d->side[1];
	unsigned i, k;

	for (;;) {
		if (side_fill(d, a, e) < 0 || side_fill(d, b, e) < 0)
			return -1;
		if (signals_stop || (!a->n && !b->n))
			return 0;
		if (next_equal(d, &i, &k)) {
			tell_gap(d, i, k);
			d->equal++;
			side_pop(a);
			side_pop(b);
		} else {
			/* Nothing equal in sight: all but what may still find its equal. */
			tell_gap(d, a->n && b->n ? 1 : a->n, a->n && b->n ? 1 : b->n);
		}
		if (out_more(&d->out, e) < 0)
			return -1;
	}
}

static int open_side(struct diffing *d, unsigned which, struct err *e)
{
	struct side *s = &d->side[which];

	s->path = d->c->argv[which];
	s->src = source_open_file(s->path, NULL, e);
	return s->src ? 0 : -1;
}

static int diff_open(struct diffing *d, struct err *e)
{
	static const char *const forms[] = { "line", "json", NULL };
	const char *where = d->c->opt.v[OPT_WHERE], *ignore = d->c->opt.v[OPT_IGNORE];
	struct report_opts ro = { .form = REPORT_LINE, .bare = true };
	int form = 0;

	if (d->c->argc != 2)
		return err_set(e, ERR_USAGE, "two files are wanted: strata diff A B");
	if (opt_word(&d->c->opt, OPT_AS, forms, &form, e) < 0 || load_registry(d->c, e) < 0)
		return -1;
	d->json = form == 1;
	d->cmp.ignore = &d->ignore;
	if (ignore && ignore_parse(&d->ignore, d->c->reg, ignore, e) < 0)
		return -1;
	if (where && !(d->where = filter_parse(d->c->reg, where, strlen(where), e)))
		return -1;
	d->line = report_open(d->c->reg, &ro, e);
	if (!d->line || open_side(d, 0, e) < 0 || open_side(d, 1, e) < 0)
		return -1;
	if (privs_drop(&(struct privs_opts) { 0 }, e) < 0)
		return -1;
	seal(&(struct seal_opts) { 0 });
	return 0;
}

static int run_diff(struct cli *c)
{
	struct diffing d = { .c = c };
	struct err e = { 0 };
	int rc = diff_open(&d, &e);

	if (rc == 0)
		rc = diff(&d, &e);
	if (rc == 0)
		rc = out_flush(&d.out, &e);
	bool gone = d.out.gone;
	if (rc == 0)
		say(c,
		    "%" PRIu64 " equal, %" PRIu64 " different, %" PRIu64 " only in %s, %" PRIu64
		    " only in %s",
		    d.equal, d.different, d.side[0].only, d.side[0].path, d.side[1].only,
		    d.side[1].path);
	for (unsigned i = 0; i < 2; i++) {
		while (d.side[i].n)
			side_pop(&d.side[i]);
		source_close(d.side[i].src);
	}
	report_close(d.line);
	filter_close(d.where);
	filter_work_done(&d.work);
	compare_done(&d.cmp);
	tree_done(&d.scratch);
	out_done(&d.out);
	if (rc < 0 && !gone)
		return print_err(c, &e);
	return d.different || d.side[0].only || d.side[1].only ? EXIT_NO : EXIT_DONE;
}

const struct command cmd_diff = {
	.name = "diff",
	.line = "pair the packets of two captures, name what differs",
	.usage = "A B",
	.example = examples,
	.option = options,
	.run = run_diff,
	.more = "Packets are paired in order; times are not compared. Exit 0: equal; 1: different.",
};
