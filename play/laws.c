/* SPDX-License-Identifier: BSD-2-Clause */
/* The laws that a description obliges, tried on random packets of one protocol. */
#include "play/laws.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "craft/craft.h"
#include "dissect/answers.h"
#include "dissect/check.h"
#include "dissect/dissect.h"
#include "dissect/report.h"
#include "notation/notation.h"

const char *const law_names[LAWS] = {
	"round trip: what is printed crafts to the same bytes",
	"crafted packets raise no flag, a changed bit does",
	"two builders agree",
	"mirrors are mirrors",
	"no prefix bites",
	"text is enough: the description printed loads the same",
};

struct trial {
	const struct registry *reg;
	const struct proto *p;
	struct law_result *out;
	uint64_t rng;
	char stack[256]; /* the layers below, as text: "ip / udp / " */
	struct buf text; /* the packet said */
	struct plan plan, again;
	struct build built, rebuilt;
	struct check check;
	struct tree scratch;
	struct printer *printer;
	struct packet pkt; /* dissected, of built */
};

static uint64_t rnd(struct trial *t)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return t->rng * 0x2545f4914f6cdd1dull >> 11;
}

static void law_fail(struct trial *t, enum law law, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void law_fail(struct trial *t, enum law law, const char *fmt, ...)
{
	struct law_result *r = &t->out[law];
	va_list ap;
	int n;

	if (r->failed++)
		return;
	n = snprintf(r->why, sizeof(r->why), "%.*s: ", t->text.n < 200 ? (int)t->text.n : 200,
		     t->text.p ? t->text.p : "");
	va_start(ap, fmt);
	vsnprintf(r->why + n, sizeof(r->why) - (size_t)n, fmt, ap);
	va_end(ap);
}

/* ---- a random packet, as a user would say it ---- */

static void say_number(struct trial *t, const struct field *f)
{
	unsigned bits = f->type->bits;
	uint64_t v = rnd(t) << 11 ^ rnd(t);

	if (f->words && !f->words->flags && f->words->n && rnd(t) % 4)
		v = f->words->v[rnd(t) % f->words->n].value;
	if (bits < 64)
		v &= (1ull << bits) - 1;
	buf_fmt(&t->text, " %s=%" PRIu64, f->name, v);
}

static void say_field(struct trial *t, const struct field *f)
{
	const struct type *y = f->type;

	/* What is computed, conditional, selected by the layer above or bound by a constraint keeps
	 * its default: the laws speak of packets that obey. */
	if (y->form != TYPE_LEAF || !y->kind || f->cond || f->nmust || f->selects ||
	    f->structural || f->optional ||
	    (f->rule.form != RULE_NONE && f->rule.form != RULE_CONST))
		return;
	if (rnd(t) % 3 == 0)
		return;
	if (y->kind == &kind_uint && y->bits) {
		say_number(t, f);
	} else if (y->kind == &kind_text && y->ext.form == EXTENT_PREFIX) {
		buf_fmt(&t->text, " %s=\"", f->name);
		for (unsigned n = 1 + (unsigned)(rnd(t) % 7); n; n--)
			buf_char(&t->text, (char)('a' + rnd(t) % 26));
		buf_char(&t->text, '"');
	} else if (y->kind->cls == KIND_ADDR && y->kind->bits == 32) {
		buf_fmt(&t->text, " %s=10.%u.%u.%u", f->name, (unsigned)(rnd(t) & 255),
			(unsigned)(rnd(t) & 255), 1 + (unsigned)(rnd(t) % 250));
	}
}

/* 1: built and dissected with p in it; 0: this one says something else; -1: e. */
static int random_packet(struct trial *t, bool plain, struct err *e)
{
	t->text.n = 0;
	buf_str(&t->text, t->stack);
	buf_str(&t->text, t->p->name);
	for (unsigned i = 0; !plain && i < t->p->rec.nfields; i++)
		say_field(t, &t->p->rec.fields[i]);
	if (plan_parse(&t->plan, t->reg, t->text.p, t->text.n, 0, e) < 0 ||
	    craft(&t->built, &t->plan, e) < 0)
		return -1;
	t->pkt = t->built.pkt;
	t->pkt.nlayers = 0;
	if (t->pkt.link == LINK_NONE)
		return err_set(e, ERR_USAGE, "%s rides over nothing that leads to a link type",
			       t->p->name);
	dissect_with(t->reg, &t->pkt, &t->scratch);
	return packet_layer(&t->pkt, t->p, 1) != LAYER_NONE;
}

/* ---- the laws ---- */

static void try_round_trip(struct trial *t)
{
	struct buf said = { 0 };
	struct err e = { 0 };

	t->out[LAW_ROUND_TRIP].tried++;
	if (print_expr(t->printer, &t->pkt, 0, &said) < 0 ||
	    plan_parse(&t->again, t->reg, said.p, said.n, 0, &e) < 0 ||
	    craft(&t->rebuilt, &t->again, &e) < 0)
		law_fail(t, LAW_ROUND_TRIP, "printed as '%s': %s", buf_cstr(&said), e.msg);
	else if (t->rebuilt.bytes.n != t->built.bytes.n ||
		 memcmp(t->rebuilt.bytes.p, t->built.bytes.p, t->built.bytes.n) != 0)
		law_fail(t, LAW_ROUND_TRIP, "printed as '%s', which gives other bytes",
			 buf_cstr(&said));
	buf_done(&said);
}

/* Is something wrong with the packet at p->data? */
static bool flagged(struct trial *t, struct packet *p)
{
	if (check(&t->check, p) < 0)
		return true;
	for (unsigned i = 0; i < p->nlayers; i++)
		if (t->check.sum[i] == SUM_BAD || t->check.sum[i] == SUM_UNFILLED ||
		    (p->layers[i].flags & (LAYER_BAD_LENGTH | LAYER_BAD_HEADER | LAYER_CUT)))
			return true;
	return t->check.nnotes > 0;
}

static bool same_stack(const struct packet *a, const struct packet *b)
{
	if (a->nlayers != b->nlayers)
		return false;
	for (unsigned i = 0; i < a->nlayers; i++)
		if (a->layers[i].proto != b->layers[i].proto)
			return false;
	return true;
}

/* A sum that is always there and covers header and payload, or NULL. */
static const struct field *whole_sum(const struct proto *p)
{
	for (unsigned i = 0; i < p->rec.nfields; i++) {
		const struct rule *r = &p->rec.fields[i].rule;
		bool header = false, payload = false;

		for (unsigned k = 0; r->form == RULE_SUM && k < r->spans.n; k++) {
			enum span_form form = r->spans.v[k].form;

			header |= form == SPAN_ALL || form == SPAN_HEADER;
			payload |= form == SPAN_ALL || form == SPAN_PAYLOAD;
		}
		if (header && payload && !p->rec.fields[i].cond)
			return &p->rec.fields[i];
	}
	return NULL;
}

static void try_check(struct trial *t)
{
	const struct layer *l = &t->pkt.layers[packet_layer(&t->pkt, t->p, 1)];
	struct packet bent = t->pkt;
	struct buf copy = { 0 };

	t->out[LAW_CHECK].tried++;
	if (flagged(t, &t->pkt)) {
		if (t->check.nnotes) {
			note_place(&t->check, &t->pkt, &t->check.note[0], &copy);
			buf_str(&copy, ": ");
			buf_str(&copy, t->check.note[0].text);
		}
		law_fail(t, LAW_CHECK, "flagged although crafted: %s",
			 copy.n ? buf_cstr(&copy) : "a length or a sum");
		copy.n = 0;
	}
	if (!whole_sum(t->p) || l->end <= l->off) {
		buf_done(&copy);
		return;
	}
	buf_put(&copy, t->pkt.data, t->pkt.len);
	uint64_t bit = (uint64_t)l->off * 8 + rnd(t) % ((uint64_t)(l->end - l->off) * 8);
	if (!copy.failed) {
		copy.p[bit / 8] ^= (char)(0x80 >> bit % 8);
		bent.data = (const uint8_t *)copy.p;
		dissect_with(t->reg, &bent, &t->scratch);
		if (same_stack(&bent, &t->pkt) && !flagged(t, &bent))
			law_fail(t, LAW_CHECK, "bit %" PRIu64 " changed, and nothing is flagged",
				 bit);
	}
	buf_done(&copy);
}

static void try_builders(struct trial *t)
{
	struct err e = { 0 };

	t->out[LAW_TWO_BUILDERS].tried++;
	if (build(&t->rebuilt, &t->plan, &e) < 0)
		law_fail(t, LAW_TWO_BUILDERS, "%s", e.msg);
	else if (t->rebuilt.bytes.n != t->built.bytes.n ||
		 memcmp(t->rebuilt.bytes.p, t->built.bytes.p, t->built.bytes.n) != 0)
		law_fail(t, LAW_TWO_BUILDERS, "the bytes differ");
}

static void try_mirror(struct trial *t)
{
	struct buf once = { 0 }, twice = { 0 }, reply = { 0 }, why = { 0 };
	struct packet m = t->pkt;

	t->out[LAW_MIRROR].tried++;
	if (mirror(&t->pkt, MIRROR_PAIRS, &once) < 0)
		goto out;
	m.data = (const uint8_t *)once.p;
	dissect_with(t->reg, &m, &t->scratch);
	if (mirror(&m, MIRROR_PAIRS, &twice) < 0)
		goto out;
	if (twice.n != t->pkt.len || memcmp(twice.p, t->pkt.data, twice.n) != 0)
		law_fail(t, LAW_MIRROR, "mirrored twice it is another packet");
	if (t->p->nreply && mirror(&t->pkt, MIRROR_ANSWER, &reply) == 0) {
		m = t->pkt;
		m.data = (const uint8_t *)reply.p;
		m.len = m.wire_len = (uint32_t)reply.n;
		dissect_with(t->reg, &m, &t->scratch);
		/* A packet that is no request (a reply itself) has no answer: not judged. */
		if (answers(&m, &t->pkt, &why) == ANSWER_NO && same_stack(&m, &t->pkt) &&
		    !strstr(buf_cstr(&why), "request"))
			law_fail(t, LAW_MIRROR, "its mirror is no answer: %s", buf_cstr(&why));
	}
out:
	buf_done(&once);
	buf_done(&twice);
	buf_done(&reply);
	buf_done(&why);
}

/* Each prefix stands in memory of exactly its size, so that a sanitizer sees a step too far. */
static void try_prefixes(struct trial *t, struct err *e)
{
	struct report_opts ro = { .form = REPORT_TREE };
	struct report *tree = report_open(t->reg, &ro, e);
	struct buf out = { 0 };

	t->out[LAW_PREFIX].tried++;
	for (uint32_t n = 0; tree && n <= t->pkt.len && n < 4096; n++) {
		struct packet cut = t->pkt;
		uint8_t *part = malloc(n ? n : 1);
		if (!part)
			break;
		memcpy(part, t->pkt.data, n);
		cut.data = part;
		cut.len = n;
		cut.nlayers = 0;
		dissect_with(t->reg, &cut, &t->scratch);
		out.n = 0;
		report_packet(tree, &cut, NULL, &out);
		if (cut.nlayers > PACKET_LAYERS || out.n > 1u << 20)
			law_fail(t, LAW_PREFIX, "the first %" PRIu32 " bytes give %zu of text", n,
				 out.n);
		free(part);
	}
	buf_done(&out);
	report_close(tree);
}

static void try_text(struct trial *t)
{
	struct registry *r = registry_open();
	struct buf text = { 0 }, why = { 0 };
	struct err e = { 0 };
	const struct proto *p;

	t->out[LAW_TEXT].tried++;
	t->text.n = 0;
	buf_str(&t->text, t->p->name);
	proto_print(t->p, &text);
	if (!r || registry_load_builtins(r, &e) < 0 ||
	    registry_load(r, "printed", text.p, text.n, false, &e) < 0 ||
	    registry_freeze(r, &e) < 0)
		law_fail(t, LAW_TEXT, "printed it does not load: line %u: %s", e.lineno, e.msg);
	else if (!(p = registry_find(r, t->p->name, strlen(t->p->name))) ||
		 !proto_equal(p, t->p, &why))
		law_fail(t, LAW_TEXT, "%s", buf_cstr(&why));
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
}

/* The layers below, outermost first, as text. */
static int choose_stack(struct trial *t, struct err *e)
{
	const struct proto *mid[8];
	int n = registry_path(t->reg, NULL, t->p, mid, 8);
	size_t at = 0;

	if (n < 0)
		return err_set(e, ERR_USAGE, "%s rides over nothing that leads to a link type",
			       t->p->name);
	t->stack[0] = '\0';
	for (int i = 0; i < n && at < sizeof(t->stack); i++)
		at += (size_t)snprintf(t->stack + at, sizeof(t->stack) - at, "%s / ", mid[i]->name);
	return 0;
}

int laws_try(const struct registry *reg, const struct proto *p, const struct laws_opts *o,
	     struct law_result out[LAWS], struct err *e)
{
	struct trial t = { .reg = reg, .p = p, .out = out, .rng = o->seed | 1 };
	unsigned n = o->packets ? o->packets : 200, named = 0;
	int rc = 0;

	memset(out, 0, LAWS * sizeof(*out));
	t.printer = printer_open(reg);
	if (!t.printer)
		rc = err_set(e, ERR_IO, "no memory");
	if (rc == 0)
		rc = choose_stack(&t, e);
	for (unsigned i = 0; i < n && rc >= 0; i++) {
		rc = random_packet(&t, i == 0, e);
		if (rc <= 0)
			continue;
		named++;
		try_round_trip(&t);
		try_check(&t);
		try_builders(&t);
		try_mirror(&t);
		if (named <= 5)
			try_prefixes(&t, e);
	}
	if (rc >= 0 && !named)
		rc = err_set(e, ERR_USAGE,
			     "a packet of %s is not read as one: a guard or the selector below "
			     "does not hold",
			     p->name);
	if (rc >= 0)
		try_text(&t);
	printer_close(t.printer);
	check_done(&t.check);
	tree_done(&t.scratch);
	build_done(&t.built);
	build_done(&t.rebuilt);
	plan_done(&t.plan);
	plan_done(&t.again);
	buf_done(&t.text);
	return rc < 0 ? -1 : 0;
}
