/* SPDX-License-Identifier: BSD-2-Clause */
/* Laws 1 to 6 on random packets of every protocol there is, and on the packets of the files given:
 * a good packet with any bit flipped under a checksum is flagged (law 2), mirrored twice it is
 * itself and mirrored once it answers (law 4), every prefix prints in every form in bounded time,
 * with no byte that a terminal would obey (law 5).
 *
 *   law_protocols [-v] FILE...
 *
 * Exceptions of law 2, counted and told: a flip that changes which layers are seen, one that makes
 * a sum "none" or a piece of something longer, and bytes beyond what the sums of a packet cover. A
 * protocol that cannot be reached from a link type, or whose guard a packet of defaults does not
 * pass, is told too. */
#include "tests/laws/law.h"

#include <time.h>

#include "core/bits.h"
#include "dissect/answers.h"
#include "dissect/check.h"
#include "dissect/report.h"
#include "play/laws.h"

#define PREFIX_MAX 400   /* every prefix up to here; */
#define PREFIX_STEP 97   /* beyond it some, bytes */
#define SLOW_NS 20000000 /* one packet in one form, generous for sanitizers and a busy machine */

struct run {
	struct trial law;
	struct report *report[REPORT_NONE];
	struct check check;
	struct buf text, a, b;
	uint64_t flips, flagged, excepted, mirrors, answered, prefixes, slowest;
};

static void tell(struct run *r, const struct packet *p, const char *what)
{
	if (law_tell(&r->law, p))
		printf("%s\n", what);
}

/* ---- random packets ---- */

static void every_protocol(struct run *r)
{
	unsigned tried[LAWS] = { 0 }, none = 0;
	struct law_result out[LAWS];

	for (unsigned i = 0; i < registry_count(r->law.reg); i++) {
		const struct proto *p = registry_at(r->law.reg, i);
		const struct laws_opts o = { .seed = 1 + i, .packets = 60 };
		struct err e = { 0 };

		if (laws_try(r->law.reg, p, &o, out, &e) < 0) {
			printf("%-16s not tried: %s\n", p->name, e.msg);
			none++;
			continue;
		}
		for (unsigned k = 0; k < LAWS; k++) {
			tried[k] += out[k].tried;
			if (!out[k].failed)
				continue;
			r->law.bad++;
			printf("%-16s %s: %u of %u\n    %s\n", p->name, law_names[k], out[k].failed,
			       out[k].tried, out[k].why);
		}
	}
	printf("%u protocols, %u not tried;", registry_count(r->law.reg), none);
	for (unsigned k = 0; k < LAWS; k++)
		printf(" %u", tried[k]);
	printf(" trials of the six laws\n");
	/* Most must be tried, else this test is none. */
	if (none * 3 > registry_count(r->law.reg))
		r->law.bad++;
}

/* ---- packets of captures ---- */

static bool wrong(struct run *r, const struct packet *p)
{
	if (check(&r->check, p) < 0)
		abort();
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (r->check.sum[i] == SUM_BAD || r->check.sum[i] == SUM_UNFILLED ||
		    p->layers[i].flags & (LAYER_BAD_LENGTH | LAYER_BAD_HEADER | LAYER_CUT))
			return true;
	}
	return r->check.nnotes > 0;
}

static bool same_stack(const struct packet *a, const struct packet *b)
{
	if (a->nlayers != b->nlayers)
		return false;
	for (unsigned i = 0; i < a->nlayers; i++) {
		if (a->layers[i].proto != b->layers[i].proto ||
		    a->layers[i].off != b->layers[i].off || a->layers[i].end != b->layers[i].end)
			return false;
	}
	return true;
}

/* The bytes [*from, *to) under the innermost good sum that covers a header. */
static bool covered(const struct run *r, const struct packet *p, uint32_t *from, uint32_t *to)
{
	for (unsigned i = r->check.nsums; i--;) {
		const struct sum_result *s = &r->check.sums[i];
		const struct tree *t = &r->check.tree[s->layer];
		const struct rule *rule = &t->v[s->node].field->rule;
		const struct layer *l = &p->layers[s->layer];
		int64_t first =
			rule->expr ? expr_eval(rule->expr, t, t->v[s->node].parent, NULL) : 0;

		if (s->verdict != SUM_GOOD || l->flags & LAYER_QUOTED)
			continue;
		*from = *to = l->off;
		for (unsigned k = 0; k < rule->spans.n; k++) {
			enum span_form form = rule->spans.v[k].form;

			if (form == SPAN_HEADER && *to < l->off + l->hlen)
				*to = l->off + l->hlen;
			else if (form == SPAN_ALL || (form == SPAN_PAYLOAD && *to > l->off))
				*to = form == SPAN_ALL ? l->end : l->end - l->tail;
		}
		if (first > 0 && *to - *from > first)
			*to = *from + (uint32_t)first;
		if (*to > *from)
			return true;
	}
	return false;
}

static void flip(struct run *r, const struct packet *p)
{
	struct packet m = *p;
	uint32_t from, to;

	if (wrong(r, p) || !covered(r, p, &from, &to))
		return;
	r->a.n = 0;
	buf_put(&r->a, p->data, p->len);
	m.data = (const uint8_t *)r->a.p;
	for (uint32_t bit = from * 8; bit < to * 8; bit += 1 + (to - from) / 64) {
		bool none = false;

		r->a.p[bit / 8] ^= (char)(0x80 >> bit % 8);
		dissect_with(r->law.reg, &m, &r->law.scratch);
		r->flips++;
		if (wrong(r, &m)) {
			r->flagged++;
		} else {
			for (unsigned i = 0; i < r->check.nsums; i++)
				none |= r->check.sums[i].verdict != SUM_GOOD;
			if (none || !same_stack(p, &m))
				r->excepted++;
			else
				tell(r, p, "a flipped bit is not flagged");
		}
		r->a.p[bit / 8] ^= (char)(0x80 >> bit % 8);
	}
}

/* Has every layer the same fields in both? (An answer of another form, a PUBACK for a PUBLISH,
 * cannot be made in place.) */
static bool same_form(struct run *r, const struct packet *a, const struct packet *b)
{
	uint32_t n[PACKET_LAYERS];

	if (!same_stack(a, b))
		return false;
	for (unsigned i = 0; i < a->nlayers; i++) {
		if (decode(&r->law.scratch, a, i) < 0)
			abort();
		n[i] = r->law.scratch.n;
	}
	for (unsigned i = 0; i < b->nlayers; i++) {
		if (decode(&r->law.scratch, b, i) < 0)
			abort();
		if (r->law.scratch.n != n[i])
			return false;
	}
	return true;
}

static void turn(struct run *r, const struct packet *p)
{
	struct packet m = *p;
	bool rules = false, quotes = false;

	r->a.n = r->b.n = r->text.n = 0;
	if (mirror(p, MIRROR_PAIRS, &r->a) < 0)
		abort();
	m.data = (const uint8_t *)r->a.p;
	dissect_with(r->law.reg, &m, &r->law.scratch);
	if (mirror(&m, MIRROR_PAIRS, &r->b) < 0)
		abort();
	r->mirrors++;
	/* Turning changes what is seen inside where ports or types select: then it cannot come
	 * back. */
	if (same_stack(p, &m) && (r->b.n != p->len || (p->len && memcmp(r->b.p, p->data, p->len))))
		tell(r, p, "mirrored twice it is another packet");
	for (unsigned i = 0; i < p->nlayers; i++) {
		rules |= p->layers[i].proto->nreply > 0;
		quotes |= p->layers[i].flags & LAYER_QUOTED;
	}
	r->a.n = 0;
	/* An error that quotes a packet asks for no answer. */
	if (!rules || quotes || mirror(p, MIRROR_ANSWER, &r->a) != 0)
		return;
	m = *p;
	m.data = (const uint8_t *)r->a.p;
	dissect_with(r->law.reg, &m, &r->law.scratch);
	if (!same_form(r, p, &m))
		return;
	if (answers(&m, p, &r->text) == ANSWER_REPLY)
		r->answered++;
	else if (!strstr(buf_cstr(&r->text), "request"))
		tell(r, p, buf_cstr(&r->text));
}

static void look(struct run *r, const struct packet *p, int form)
{
	bool json = form == REPORT_JSON || form == REPORT_FLAT;

	for (size_t i = 0; i < r->text.n; i++) {
		unsigned char c = (unsigned char)r->text.p[i];

		if (c == '\n' || (c == '\r' && form == REPORT_CSV && i + 2 == r->text.n))
			continue;
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !json)) {
			tell(r, p, "a control byte is printed");
			return;
		}
	}
}

static uint64_t cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ns of the processor; the text stays. */
static uint64_t print_time(struct run *r, const struct packet *p, int form)
{
	uint64_t t = cpu();

	r->text.n = 0;
	report_packet(r->report[form], p, NULL, &r->text);
	return cpu() - t;
}

static void prefix(struct run *r, const struct packet *like, uint32_t n)
{
	struct packet p = *like;
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, like->data, n);
	p.data = copy;
	p.len = n;
	dissect_with(r->law.reg, &p, &r->law.scratch);
	r->prefixes++;
	for (int i = 0; i < REPORT_NONE; i++) {
		uint64_t t = print_time(r, &p, i);

		/* What is slow is so every time; a machine that was taken away is not. */
		for (unsigned again = 0; again < 2 && t > SLOW_NS + 20000ull * n; again++)
			t = print_time(r, &p, i);
		if (t > r->slowest)
			r->slowest = t;
		if (t > SLOW_NS + 20000ull * n)
			tell(r, &p, "slow to print");
		look(r, &p, i);
	}
	free(copy);
}

static void file(struct run *r, const char *path)
{
	struct law_file f;

	law_load(&r->law, path, &f);
	for (size_t i = 0; i < f.n; i++) {
		const struct packet *p = &f.v[i];

		flip(r, p);
		turn(r, p);
		for (uint32_t n = 0; n <= p->len; n += n < PREFIX_MAX ? 1 + n / 40 : PREFIX_STEP)
			prefix(r, p, n);
	}
	law_unload(&f);
}

static int start(struct run *r)
{
	if (law_start(&r->law) < 0)
		return -1;
	for (int i = 0; i < REPORT_NONE; i++) {
		const struct report_opts o = { .form = (enum report_form)i, .spans = true };

		r->report[i] = report_open(r->law.reg, &o, NULL);
		if (!r->report[i])
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	int first = 1;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		r.law.verbose = true;
		first = 2;
	}
	if (start(&r) < 0)
		return 1;
	every_protocol(&r);
	for (int i = first; i < argc; i++)
		file(&r, argv[i]);
	printf("flipped %" PRIu64 " bits: %" PRIu64 " flagged, %" PRIu64 " excepted\n", r.flips,
	       r.flagged, r.excepted);
	printf("mirrored %" PRIu64 " packets, %" PRIu64 " of them answer\n", r.mirrors, r.answered);
	printf("%" PRIu64 " prefixes in %d forms, slowest %.3f ms\n", r.prefixes, REPORT_NONE,
	       (double)r.slowest / 1e6);
	if (!r.flagged || !r.answered || r.answered * 3 < r.mirrors || r.excepted * 100 > r.flips)
		r.law.bad++;
	for (int i = 0; i < REPORT_NONE; i++)
		report_close(r.report[i]);
	check_done(&r.check);
	buf_done(&r.text);
	buf_done(&r.a);
	buf_done(&r.b);
	law_done(&r.law);
	return r.law.bad != 0;
}
