/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet in the caller's hands: bytes, layers, what is wrong with it, and its printed forms. */
#include <stdlib.h>
#include <string.h>

#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "dissect/report.h"
#include "lib/lib.h"
#include "notation/notation.h"

#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a)
SAME(STRATA_NO_TIME, PACKET_NO_TIME);
SAME(STRATA_OUTGOING, PACKET_OUTGOING);
SAME(STRATA_LIVE, PACKET_LIVE);
SAME(STRATA_TOO_DEEP, PACKET_DEEP);
SAME(STRATA_LAYER_CUT, LAYER_CUT);
SAME(STRATA_LAYER_BAD_LENGTH, LAYER_BAD_LENGTH);
SAME(STRATA_LAYER_OPAQUE, LAYER_OPAQUE);
SAME(STRATA_LAYER_EXCERPT, LAYER_EXCERPT);
SAME(STRATA_LAYER_BAD_HEADER, LAYER_BAD_HEADER);
SAME(STRATA_LAYER_DEEP, LAYER_DEEP);
SAME(STRATA_LAYER_GUESS, LAYER_GUESS);
SAME(STRATA_LAYER_QUOTED, LAYER_QUOTED);
SAME(STRATA_NOTE_LENGTH, NOTE_LENGTH);
SAME(STRATA_NOTE_SUM, NOTE_SUM);
SAME(STRATA_NOTE_RULE, NOTE_RULE);
SAME(STRATA_NOTE_MUST, NOTE_MUST);
SAME(STRATA_NOTE_RAW, NOTE_RAW);
SAME(STRATA_NOTE_HEADER, NOTE_HEADER);
SAME(STRATA_NOTE_CUT, NOTE_CUT);
SAME(STRATA_NOTE_DEEP, NOTE_DEEP);
SAME(STRATA_SUM_ABSENT, SUM_ABSENT);
SAME(STRATA_SUM_GOOD, SUM_GOOD);
SAME(STRATA_SUM_NONE, SUM_NONE);
SAME(STRATA_SUM_UNKNOWN, SUM_UNKNOWN);
SAME(STRATA_SUM_UNFILLED, SUM_UNFILLED);
SAME(STRATA_SUM_BAD, SUM_BAD);
SAME(STRATA_LINK_ETHERNET, LINK_ETHERNET);
SAME(STRATA_LINK_RAW, LINK_RAW);

struct strata_packet *strata_packet_new(const struct strata *s)
{
	struct strata_packet *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->reg = s->reg;
	p->plan_flags = s->plan_flags;
	p->pkt.link = LINK_NONE;
	p->pkt.flags = PACKET_NO_TIME;
	return p;
}

void strata_packet_free(struct strata_packet *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < PACKET_LAYERS; i++)
		tree_done(&p->tree[i]);
	tree_done(&p->scratch);
	check_done(&p->check);
	arena_done(&p->mem);
	buf_done(&p->own);
	buf_done(&p->text);
	report_close(p->report);
	printer_close(p->printer);
	free(p->fields);
	free(p);
}

void packet_forget(struct strata_packet *p)
{
	p->decoded = 0;
	p->checked = false;
	p->notes = NULL;
	p->device[0] = '\0';
	if (p->mem.used)
		arena_reset(&p->mem);
}

void packet_borrow(struct strata_packet *p, const struct packet *pkt)
{
	packet_forget(p);
	p->pkt = *pkt;
}

struct tree *packet_tree(struct strata_packet *p, unsigned i)
{
	if (p->decoded & UINT32_C(1) << i)
		return &p->tree[i];
	if (decode(&p->tree[i], &p->pkt, i))
		return NULL;
	p->decoded |= UINT32_C(1) << i;
	return &p->tree[i];
}

int strata_dissect(struct strata_packet *p, const void *data, size_t len, size_t wire_len,
		   unsigned link, struct strata_error *e)
{
	if (len > PACKET_MAX || wire_len > UINT32_MAX)
		return lib_error(e, ERR_USAGE, "%zu bytes: a packet has %u at most",
				 len > PACKET_MAX ? len : wire_len, PACKET_MAX);
	if (!data && len)
		return lib_error(e, ERR_USAGE, "%zu bytes at no address", len);
	if (link > UINT16_MAX)
		return lib_error(e, ERR_USAGE, "there is no link type %u", link);
	packet_forget(p);
	/* An empty packet has bytes too, none of which is looked at. */
	p->pkt = (struct packet) { .data = data ? data : (const uint8_t *)"",
				   .len = (uint32_t)len,
				   .wire_len = (uint32_t)(wire_len > len ? wire_len : len),
				   .link = (uint16_t)link,
				   .flags = PACKET_NO_TIME };
	dissect_with(p->reg, &p->pkt, &p->scratch);
	return 0;
}

int strata_keep(struct strata_packet *p, struct strata_error *e)
{
	if (p->pkt.data == (const uint8_t *)p->own.p)
		return 0;
	p->own.n = 0;
	p->own.failed = false;
	if (!buf_grow(&p->own, p->pkt.len + 1))
		return lib_error(e, ERR_IO, "no memory");
	buf_put(&p->own, p->pkt.data, p->pkt.len);
	p->pkt.data = (const uint8_t *)p->own.p;
	p->pkt.ifname = p->device[0] ? p->device : NULL;
	p->pkt.said = NULL; /* that is the source's, as the next */
	p->pkt.learnt = NULL;
	/* Trees point at the bytes; they are made anew when asked for. */
	p->decoded = 0;
	p->checked = false;
	return 0;
}

void strata_packet_info(const struct strata_packet *p, struct strata_info *out)
{
	*out = (struct strata_info) { .when = p->pkt.when,
				      .number = p->pkt.number,
				      .data = p->pkt.data,
				      .len = p->pkt.len,
				      .wire_len = p->pkt.wire_len,
				      .link = p->pkt.link,
				      .nlayers = p->pkt.nlayers,
				      .flags = p->pkt.flags,
				      .device = p->device };
}

void strata_packet_stamp(struct strata_packet *p, int64_t when, uint64_t number)
{
	p->pkt.when = when;
	p->pkt.number = number;
	p->pkt.flags &= (uint8_t)~PACKET_NO_TIME;
}

int strata_packet_layer(const struct strata_packet *p, size_t i, struct strata_layer *out)
{
	const struct layer *l;

	if (i >= p->pkt.nlayers)
		return 0;
	l = &p->pkt.layers[i];
	*out = (struct strata_layer) { .name = l->proto->name,
				       .title = l->proto->title,
				       .nth = 1,
				       .off = l->off,
				       .hlen = l->hlen,
				       .end = l->end,
				       .flags = l->flags };
	for (size_t k = 0; k < i; k++)
		out->nth += p->pkt.layers[k].proto == l->proto;
	return 1;
}

int strata_payload(const struct strata_packet *p, int i, const uint8_t **data, size_t *n)
{
	uint32_t from = 0, to = 0;

	if (i >= p->pkt.nlayers)
		return 0;
	if (i < 0 ? !packet_rest(&p->pkt, p->pkt.nlayers ? p->pkt.nlayers - 1 : LAYER_NONE, &from,
				 &to)
		  : !packet_payload(&p->pkt, (unsigned)i, &from, &to))
		return 0;
	*data = p->pkt.data + from;
	*n = to - from;
	return 1;
}

/* ---- judged ---- */

static bool judge(struct strata_packet *p)
{
	if (p->checked)
		return true;
	p->notes = NULL;
	p->checked = check(&p->check, &p->pkt) == 0;
	return p->checked;
}

int strata_check(struct strata_packet *p, const struct strata_note **notes)
{
	static const struct strata_note none;

	if (notes)
		*notes = &none;
	if (!judge(p))
		return -1;
	if (!notes || !p->check.nnotes)
		return (int)p->check.nnotes;
	if (!p->notes) {
		struct strata_note *v = arena_alloc(&p->mem, p->check.nnotes * sizeof(*v));

		for (unsigned i = 0; v && i < p->check.nnotes; i++) {
			const struct note *from = &p->check.note[i];

			p->text.n = 0;
			note_place(&p->check, &p->pkt, from, &p->text);
			v[i] = (struct strata_note) {
				.at = arena_strndup(&p->mem, p->text.p ? p->text.p : "", p->text.n),
				.text = from->text,
				.kind = from->kind,
				.layer = from->layer
			};
			if (!v[i].at)
				return -1;
		}
		if (!v)
			return -1;
		p->notes = v;
	}
	*notes = p->notes;
	return (int)p->check.nnotes;
}

int strata_layer_sum(struct strata_packet *p, size_t layer)
{
	if (layer >= p->pkt.nlayers)
		return STRATA_SUM_ABSENT;
	return judge(p) ? p->check.sum[layer] : -1;
}

int strata_answers(const struct strata_packet *reply, const struct strata_packet *request)
{
	return answers(&reply->pkt, &request->pkt, NULL);
}

/* ---- printed ---- */

static bool same_fields(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The report of this form, kept from packet to packet: a line's time counts from its first one. */
static int choose_report(struct strata_packet *p, int form, const char *fields, struct err *e)
{
	struct report_opts o = { .form = (enum report_form)form, .fields = fields };
	struct report *r;

	if (p->report && p->form == form && same_fields(p->fields, fields))
		return 0;
	r = report_open(p->reg, &o, e);
	if (!r)
		return -1;
	report_close(p->report);
	free(p->fields);
	p->report = r;
	p->form = form;
	p->fields = fields ? strdup(fields) : NULL;
	if (fields && !p->fields) {
		report_close(p->report);
		p->report = NULL;
		return err_set(e, ERR_IO, "no memory");
	}
	return 0;
}

static int print_to(struct strata_packet *p, const char *form, const char *fields, struct buf *out,
		    struct err *e)
{
	int n = report_form(form);

	if (!strcmp(form, "expr")) {
		if (!p->printer)
			p->printer = printer_open(p->reg);
		if (!p->printer || print_expr(p->printer, &p->pkt, 0, out) < 0)
			return err_set(e, ERR_IO, "no memory");
		return 0;
	}
	if (n < 0 || n == REPORT_NONE)
		return err_set(e, ERR_USAGE,
			       "there is no form '%s'; there are: line, tree, json, flat, csv, "
			       "hex, raw, text, expr",
			       form);
	if (choose_report(p, n, fields, e) < 0)
		return -1;
	report_packet(p->report, &p->pkt, p->device[0] ? p->device : NULL, out);
	return 0;
}

char *strata_print(struct strata_packet *p, const char *form, const char *fields,
		   struct strata_error *e)
{
	struct buf out = { 0 };
	struct err why = { 0 };

	if (print_to(p, form, fields, &out, &why) < 0) {
		lib_fail(e, &why);
		buf_done(&out);
		return NULL;
	}
	while (out.n && (out.p[out.n - 1] == '\n' || out.p[out.n - 1] == '\r'))
		out.n--;
	buf_char(&out, '\0');
	if (!out.failed)
		return out.p;
	buf_done(&out);
	return no_memory_at(e);
}
