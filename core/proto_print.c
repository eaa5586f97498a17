/* SPDX-License-Identifier: BSD-2-Clause */
/* A loaded protocol, with the structs and word tables it needs, as text that loads to the same
 * description. */
#include "core/proto_print.h"

#include <inttypes.h>

#include "core/load.h"

static void line_text(const char *what, const char *s, struct buf *out)
{
	if (!s)
		return;
	buf_fmt(out, "    %s ", what);
	print_string(s, strlen(s), out);
	buf_char(out, '\n');
}

static void line_expr(const char *what, const struct proto *p, const struct expr *x,
		      struct buf *out)
{
	if (!x)
		return;
	buf_fmt(out, "    %s ", what);
	expr_print(x, &p->rec, out);
	buf_char(out, '\n');
}

static void print_guard(const struct proto *p, struct buf *out)
{
	bool alone = p->through && p->through->op == EX_NUM && p->through->num == 1;

	if (!p->guard)
		return;
	buf_str(out, "    guard ");
	expr_print(p->guard, &p->rec, out);
	if (p->through)
		buf_str(out, alone ? " through" : " through ");
	if (p->through && !alone)
		expr_print(p->through, &p->rec, out);
	buf_char(out, '\n');
}

static void print_over(const struct proto *p, struct buf *out)
{
	for (unsigned i = 0; i < p->nover; i++) {
		const struct over *o = &p->over[i];

		buf_str(out, i ? ", " : "    over ");
		buf_str(out, o->space ? o->space : o->lower);
		if (!o->space)
			continue;
		buf_char(out, ' ');
		buf_fmt(out, o->hex ? "0x%" PRIx64 : "%" PRIu64, o->lo);
		if (o->hi != o->lo)
			buf_fmt(out, o->hex ? "-0x%" PRIx64 : "-%" PRIu64, o->hi);
	}
	if (p->nover)
		buf_char(out, '\n');
}

static void print_if(const struct proto *p, const struct expr *x, struct buf *out)
{
	if (!x)
		return;
	buf_str(out, " if ");
	expr_print(x, &p->rec, out);
}

static void print_carries(const struct proto *p, struct buf *out)
{
	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct carries *c = &p->carries[i];

		buf_fmt(out, "    carries %s by ", c->space);
		for (unsigned k = 0; k < c->nfields; k++)
			buf_fmt(out, "%s%s", k ? ", " : "", p->rec.fields[c->field[k]].name);
		print_if(p, c->cond, out);
		buf_char(out, '\n');
	}
}

static void print_pseudo(const struct proto *p, struct buf *out)
{
	for (unsigned i = 0; i < p->npseudo; i++) {
		const struct pseudo_item *it = &p->pseudo[i];

		buf_str(out, i ? " " : "    pseudo ");
		if (it->field) {
			buf_str(out, it->field);
			continue;
		}
		buf_fmt(out, "u%u(", it->bits);
		expr_print(it->expr, &p->rec, out);
		buf_char(out, ')');
	}
	if (p->npseudo)
		buf_char(out, '\n');
	for (unsigned i = 0; i < p->npseudo_over; i++) {
		buf_fmt(out, "    pseudo %s = %s", p->pseudo_over[i].field,
			p->rec.fields[p->pseudo_over[i].list].name);
		print_if(p, p->pseudo_over[i].cond, out);
		buf_char(out, '\n');
	}
}

static void print_reply(const struct proto *p, const struct reply *r, struct buf *out)
{
	const struct field *f = p->rec.fields;

	buf_str(out, "    reply");
	if (r->cond_reply) {
		buf_char(out, ' ');
		expr_print(r->cond_reply, &p->rec, out);
		buf_str(out, " to ");
		expr_print(r->cond_request, &p->rec, out);
	}
	for (unsigned i = 0; i < r->nswap; i++)
		buf_fmt(out, "%s%s %s", i ? ", " : " swap ", f[r->swap[i].a].name,
			f[r->swap[i].b].name);
	for (unsigned i = 0; i < r->nsame; i++)
		buf_fmt(out, "%s%s", i ? ", " : " same ", f[r->same[i]].name);
	if (r->anew_name)
		buf_fmt(out, " anew %s.%s", r->anew_proto, r->anew_name);
	if (r->silent) {
		buf_str(out, " silent ");
		expr_print(r->silent, &p->rec, out);
	}
	for (unsigned i = 0; i < r->nexpr; i++) {
		buf_str(out, i || r->anew_name || r->silent || r->nswap || r->nsame || r->cond_reply
				     ? ", "
				     : " ");
		/* A lone name would go on the list of fields before it. */
		buf_str(out, r->expr[i]->a ? "" : "(");
		expr_print(r->expr[i], &p->rec, out);
		buf_str(out, r->expr[i]->a ? "" : ")");
	}
	buf_char(out, '\n');
}

static void print_payload(const struct proto *p, struct buf *out)
{
	if (!p->has_payload ||
	    (p->ncarries && p->rec.npre == p->rec.nfields && !p->opaque && !p->excerpt))
		return;
	buf_str(out, "    payload");
	if (p->opaque) {
		buf_str(out, " opaque");
		print_if(p, p->opaque, out);
	}
	if (p->excerpt) {
		buf_str(out, " excerpt");
		print_if(p, p->excerpt, out);
	}
	buf_char(out, '\n');
}

static void print_summaries(const struct proto *p, struct buf *out)
{
	for (unsigned i = 0; i < p->nsummaries; i++) {
		const struct summary_line *s = &p->summaries[i];

		buf_str(out, s->alone ? "    summary alone" : "    summary");
		print_if(p, s->cond, out);
		buf_char(out, ' ');
		print_string(s->text, strlen(s->text), out);
		buf_char(out, '\n');
	}
}

static void print_wants(const struct proto *p, struct buf *out)
{
	for (unsigned i = 0; i < p->nwants; i++) {
		const struct want *w = &p->wants[i];

		buf_fmt(out, "    wants %s.%s = ", w->proto, w->name);
		print_literal(w->text, w->text_len, false, out);
		print_if(p, w->cond, out);
		buf_char(out, '\n');
	}
}

static void print_part(const char *word, const struct proto *p, const struct expr *x,
		       struct buf *out)
{
	if (!x)
		return;
	buf_fmt(out, " %s ", word);
	expr_print(x, &p->rec, out);
}

static void print_flow(const struct proto *p, struct buf *out)
{
	const struct field *f = p->rec.fields;

	for (unsigned i = 0; p->flow && i < p->flow->n; i++)
		buf_fmt(out, "%s %s %s%s", i ? "," : "    flow", f[p->flow->pair[i].a].name,
			f[p->flow->pair[i].b].name, i + 1 < p->flow->n ? "" : "\n");
	for (unsigned i = 0; p->fragment && i < p->fragment->nby; i++)
		buf_fmt(out, "%s %s", i ? "," : "    fragment by", f[p->fragment->by[i]].name);
	if (p->fragment) {
		print_part("at", p, p->fragment->at, out);
		print_part("number", p, p->fragment->number, out);
		print_part("first", p, p->fragment->first, out);
		print_part("more", p, p->fragment->more, out);
		print_part("intact", p, p->fragment->intact, out);
		print_part("if", p, p->fragment->cond, out);
		buf_char(out, '\n');
	}
	if (p->segment) {
		buf_str(out, "    segment");
		print_part("at", p, p->segment->at, out);
		print_part("opens", p, p->segment->opens, out);
		print_part("closes", p, p->segment->closes, out);
		print_part("resets", p, p->segment->resets, out);
		print_part("first", p, p->segment->first, out);
		print_part("last", p, p->segment->last, out);
		print_part("takes", p, p->segment->takes, out);
		print_part("window", p, p->segment->window, out);
		if (p->segment->scale)
			buf_fmt(out, " scale %s", p->segment->scale);
		print_part("acks", p, p->segment->acks, out);
		print_part("if", p, p->segment->acks_if, out);
		if (p->segment->has[0])
			buf_fmt(out, " has %s to %s", p->segment->has[0], p->segment->has[1]);
		buf_char(out, '\n');
	}
}

static void print_message(const struct proto *p, const struct expr *length, const struct expr *cond,
			  struct buf *out)
{
	bool rest = length->op == EX_NUM && length->num == MESSAGE_REST;

	buf_str(out, rest ? "    message rest" : "    message length ");
	if (!rest)
		expr_print(length, &p->rec, out);
	print_if(p, cond, out);
	buf_char(out, '\n');
}

static void print_messages(const struct proto *p, struct buf *out)
{
	const struct expr *x = p->message;

	for (; x && x->op == EX_COND; x = x->c)
		print_message(p, x->b, x->a, out);
	if (x && (x == p->message || x->op != EX_NUM || x->num != -1))
		print_message(p, x, NULL, out);
}

static void print_directives(const struct proto *p, struct buf *out)
{
	for (const char *const *n = p->names; n && *n; n++)
		buf_fmt(out, "%s%s", n == p->names ? "    names " : " ", *n);
	if (p->names && *p->names)
		buf_char(out, '\n');
	line_text("doc", p->doc, out);
	line_text("ref", p->ref, out);
	print_over(p, out);
	print_guard(p, out);
	line_expr("guess", p, p->guess, out);
	print_carries(p, out);
	for (unsigned i = 0; i < p->nreply; i++)
		print_reply(p, &p->reply[i], out);
	print_pseudo(p, out);
	print_flow(p, out);
	print_messages(p, out);
	if (p->quotes) {
		buf_fmt(out, "    quotes%s%s", p->quotes_proto ? " " : "",
			p->quotes_proto ? p->quotes_proto : "");
		print_if(p, p->quotes, out);
		buf_char(out, '\n');
	}
	if (p->beside)
		buf_str(out, "    beside\n");
	print_summaries(p, out);
	print_wants(p, out);
}

static void print_head(const char *what, const char *name, const char *title, struct buf *out)
{
	buf_fmt(out, "%s %s ", what, name);
	if (title) {
		print_string(title, strlen(title), out);
		buf_char(out, ' ');
	}
	buf_str(out, "{\n");
}

void proto_print(const struct proto *p, struct buf *out)
{
	struct needs n;

	if (needs_of(p, &n))
		out->failed = true;
	for (unsigned i = 0; i < n.nwords; i++) {
		buf_fmt(out, "words %s %s", n.words[i]->name, n.words[i]->flags ? "flags " : "");
		print_words(n.words[i], 0, out);
		buf_str(out, "\n\n");
	}
	print_head("protocol", p->name, p->title, out);
	print_directives(p, out);
	if (p->rec.nfields)
		buf_char(out, '\n');
	for (unsigned i = 0; i < p->rec.nfields; i++) {
		if (i == p->rec.npre)
			print_payload(p, out);
		print_field(&p->rec.fields[i], out);
	}
	if (p->rec.npre == p->rec.nfields)
		print_payload(p, out);
	print_views(&p->rec, out);
	buf_str(out, "}\n");
	for (unsigned i = 0; i < n.nrec; i++) {
		buf_char(out, '\n');
		print_head("struct", n.rec[i]->name, n.rec[i]->doc, out);
		for (unsigned k = 0; k < n.rec[i]->nfields; k++)
			print_field(&n.rec[i]->fields[k], out);
		print_views(n.rec[i], out);
		buf_str(out, "}\n");
	}
	needs_done(&n);
}
