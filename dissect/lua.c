/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions as tables for the reader of wireshark.lua. */
#include "dissect/lua_impl.h"

#include <stdlib.h>

#include "core/kinds.h"
#include "core/shape.h"
#include "core/walk.h"
#include "core/wide.h"

struct lua {
	const struct registry *r;
	struct buf *out;
	struct err *e;
	const struct record **rec; /* those that are written, or waiting */
	unsigned nrec, cap;
	const struct proto *proto; /* being written */
	const struct field *f;
};

/* Remember a record that must be written, too; its number. -1: memory is out. */
static int record_number(struct lua *l, const struct record *rec)
{
	for (unsigned i = 0; i < l->nrec; i++) {
		if (l->rec[i] == rec)
			return (int)i;
	}
	if (l->nrec == l->cap) {
		unsigned cap = l->cap ? l->cap * 2 : 32;
		const struct record **v = realloc(l->rec, cap * sizeof(struct record *));

		if (!v)
			return err_set(l->e, ERR_IO, "out of memory");
		l->rec = v;
		l->cap = cap;
	}
	l->rec[l->nrec] = rec;
	return (int)l->nrec++;
}

/* ---- types ---- */

/* Codecs that the reader has. */
static bool known_codec(const char *name)
{
	static const char *const names[] = { "qvar",    "mqttvar",   "leb128",  "zigzag",
					     "vlq",     "berlen",    "cstr",    "line",
					     "decimal", "hexnum",    "dnsname", "dnsname_plain",
					     "lenenc",  "hpacktext", "len255" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

/* The ProtoField that shows a leaf; NULL: none does. */
static const char *shown_as(const struct type *t)
{
	static const char *const whole[] = { "uint8", "uint16", "uint24", "uint32", "uint64" };
	static const char *const sign[] = { "int8", "int16", "int24", "int32", "int64" };
	const struct kind *k = t->kind;
	unsigned bits = t->ext.form == EXTENT_KIND ? leaf_bits(t) : 0;
	unsigned size = !bits || bits > 32 ? 4 : (bits - 1) / 8;

	if (is_wide(t)) /* with what is added */
		return whole[t->ext.wide[t->ext.nwide - 1].type->bits < 32 ? 3 : 4];

	switch (k->cls) {
	case KIND_NUM: return k == &kind_int ? sign[size] : whole[size];
	case KIND_FLOAT: return bits == 32 ? "float" : bits == 64 ? "double" : NULL;
	case KIND_TIME: return k == &kind_unixtime ? "absolute_time" : whole[size];
	case KIND_TEXT: return "string";
	case KIND_BYTES: return "bytes";
	case KIND_NAME: return "string";
	case KIND_ADDR:
		if (t->le)
			return NULL;
		return k == &kind_mac   ? "ether"
		       : k == &kind_ip4 ? "ipv4"
		       : k == &kind_ip6 ? "ipv6"
		       : k->bits == 64  ? "eui64"
					: NULL;
	}
	return NULL;
}

static int put_type(struct lua *l, const struct type *t, const struct record *rec);

static int refuse(struct lua *l, const char *what)
{
	return err_set(l->e, ERR_USAGE,
		       "%s: field '%s' is %s, which a dissector in Lua cannot read yet",
		       l->proto->name, l->f->qname ? l->f->qname : l->f->name, what);
}

static int put_leaf(struct lua *l, const struct type *t)
{
	const char *show = shown_as(t);
	bool codec = t->ext.form == EXTENT_KIND && !leaf_bits(t);

	if (t->ext.form == EXTENT_UNTIL_TEXT && t->kind->read)
		codec = true;
	if (!show || (codec && !known_codec(t->kind->name)))
		return refuse(l, t->kind->name);
	if (!codec && t->kind->cls == KIND_TEXT && t->kind != &kind_text)
		return refuse(l, t->kind->name);
	buf_fmt(l->out, "form = \"leaf\", kind = \"%s\", show = \"%s\", bits = %u", t->kind->name,
		show, t->ext.form == EXTENT_KIND ? leaf_bits(t) : 0);
	if (codec)
		buf_str(l->out, ", codec = true");
	if (is_number(t))
		buf_str(l->out, ", number = true");
	if (t->kind->cls == KIND_ADDR)
		buf_str(l->out, ", address = true");
	if (t->kind == &kind_int)
		buf_str(l->out, ", signed = true");
	if (t->le)
		buf_str(l->out, ", le = true");
	if (is_number(t) && t->ext.form != EXTENT_KIND) /* 0 in no bytes */
		buf_str(l->out, ", shown_empty = true");
	return 0;
}

static void put_wide(struct lua *l, const struct extent *x)
{
	buf_str(l->out, ", wide = { ");
	for (unsigned i = 0; i < x->nwide; i++)
		buf_fmt(l->out, "[%llu] = { bits = %u, add = %llu%s }, ",
			(unsigned long long)x->wide[i].head, x->wide[i].type->bits,
			(unsigned long long)x->wide[i].add,
			x->wide[i].type->le ? ", le = true" : "");
	buf_char(l->out, '}');
}

/* What a prefix or a bound says; rec: of the instance. */
static int put_extent(struct lua *l, const struct extent *x, const struct record *rec)
{
	static const char *const forms[] = {
		[EXTENT_KIND] = "kind",
		[EXTENT_BYTES] = "bytes",
		[EXTENT_COUNT] = "count",
		[EXTENT_REST] = "rest",
		[EXTENT_PREFIX] = "prefix",
		[EXTENT_PREFIX_COUNT] = "prefix_count",
		[EXTENT_UNTIL_TEXT] = "until_text",
		[EXTENT_BEFORE] = "before",
		[EXTENT_WHILE] = "while",
		[EXTENT_UNTIL] = "until",
		[EXTENT_LINES] = "lines",
		[EXTENT_BLOCKS] = "blocks",
		[EXTENT_WIDE] = "wide",
		[EXTENT_LEARNT] = "learnt",
		[EXTENT_IMPLIED] = "implied",
	};

	buf_fmt(l->out, "{ form = \"%s\"", forms[x->form]);
	lua_function(l->out, "expr", x->expr, rec);
	if (x->form == EXTENT_BYTES && x->expr->op == EX_NUM)
		buf_str(l->out, ", fixed = true");
	if (x->stop) {
		buf_str(l->out, ", stop = ");
		lua_text(l->out, x->stop, x->stop_len);
	}
	if (x->form == EXTENT_WIDE)
		put_wide(l, x);
	if (x->form == EXTENT_PREFIX || x->form == EXTENT_PREFIX_COUNT || x->mark_len) {
		buf_str(l->out, ", mark = ");
		lua_text(l->out, (const char *)x->mark, x->mark_len);
	}
	if (x->form == EXTENT_PREFIX || x->form == EXTENT_PREFIX_COUNT) {
		buf_str(l->out, ", prefix = { ");
		if (put_leaf(l, x->prefix))
			return -1;
		buf_str(l->out, " }");
		if (x->outer) {
			buf_str(l->out, ", outer = ");
			if (put_extent(l, x->outer, rec))
				return -1;
		}
	}
	buf_str(l->out, " }");
	return 0;
}

static int put_arms(struct lua *l, const struct type *t, const struct record *rec)
{
	buf_str(l->out, "form = \"choose\"");
	lua_function(l->out, "on", t->on, rec);
	buf_str(l->out, ", arms = { ");
	for (unsigned i = 0; i < t->narms; i++) {
		const struct arm *a = &t->arms[i];

		buf_str(l->out, "{ ");
		if (a->lo)
			buf_fmt(l->out, "lo = %lld, hi = %lld, ", (long long)a->lo->num,
				(long long)(a->hi ? a->hi->num : a->lo->num));
		buf_str(l->out, "ty = ");
		if (put_type(l, a->type, rec))
			return -1;
		buf_str(l->out, " }, ");
	}
	buf_str(l->out, "}");
	return 0;
}

/* The loader bounds the depth of types. */
static int put_type(struct lua *l, const struct type *t, const struct record *rec)
{
	int n;

	buf_str(l->out, "{ ");
	switch (t->form) {
	case TYPE_LEAF:
		if (put_leaf(l, t))
			return -1;
		buf_str(l->out, ", ext = ");
		if (put_extent(l, &t->ext, rec))
			return -1;
		break;
	case TYPE_PAD:
		buf_fmt(l->out, "form = \"pad\", bits = %u, show = \"bytes\"", t->bits);
		break;
	case TYPE_STRUCT:
		n = record_number(l, t->rec);
		if (n < 0)
			return -1;
		buf_fmt(l->out, "form = \"struct\", rec = %d", n + 1);
		break;
	case TYPE_LIST:
		buf_str(l->out, "form = \"list\", item = ");
		if (put_type(l, t->item, rec))
			return -1;
		buf_str(l->out, ", ext = ");
		if (put_extent(l, &t->ext, rec))
			return -1;
		break;
	case TYPE_CHOOSE:
		if (put_arms(l, t, rec))
			return -1;
		break;
	}
	buf_str(l->out, " }");
	return 0;
}

/* ---- fields ---- */

static void put_words(struct lua *l, const struct words *w)
{
	if (!w || w->flags)
		return;
	buf_str(l->out, ", words = { ");
	for (unsigned i = 0; i < w->n; i++) {
		bool first = true;

		for (unsigned k = 0; k < i; k++)
			first = first && w->v[k].value != w->v[i].value;
		/* Tables of Lua hold the last of several names; the first is the one shown. */
		if (!first || w->v[i].value > UINT32_MAX)
			continue;
		buf_fmt(l->out, "[%llu] = ", (unsigned long long)w->v[i].value);
		lua_text(l->out, w->v[i].name, strlen(w->v[i].name));
		buf_str(l->out, ", ");
	}
	buf_char(l->out, '}');
}

static void put_sum(struct lua *l, const struct rule *r)
{
	static const char *const forms[] = {
		[SUM_INET] = "inet",
		[SUM_CRC] = "crc",
		[SUM_SUM8] = "sum8",
		[SUM_XOR8] = "xor8",
	};
	const struct sum_algo *a = r->sum;
	const char *form = a->form < sizeof(forms) / sizeof(*forms) ? forms[a->form] : NULL;

	if (a->width > 32 || r->expr) /* more than doubles hold, or a part: shown, not judged */
		form = NULL;
	buf_fmt(l->out,
		", algo = { form = \"%s\", bits = %u, refin = %s, refout = %s, poly = %llu, init = "
		"%llu, xorout = %llu }, spans = ",
		form ? form : "other", a->width, a->refin ? "true" : "false",
		a->refout ? "true" : "false", (unsigned long long)(form ? a->poly : 0),
		(unsigned long long)(form ? a->init : 0),
		(unsigned long long)(form ? a->xorout : 0));
	lua_spans(l->out, &r->spans);
}

static void put_rule(struct lua *l, const struct field *f)
{
	const struct rule *r = &f->rule;
	enum span_form form = r->spans.v[0].form;

	if (r->form == RULE_LEN) {
		buf_fmt(l->out, ", rule = { form = \"len\", k = %lld, m = %lld, n = %lld%s",
			(long long)r->k, (long long)r->m, (long long)r->n,
			r->zero_rest ? ", zero_rest = true" : "");
		if (r->skip)
			buf_fmt(l->out, ", skip = %u, before = %u, room = %u", r->skip, r->before,
				r->block - r->skip);
		buf_str(l->out, " }");
		if (f->bounds_from >= 0)
			buf_fmt(l->out, ", from = %d, to = %d", f->bounds_from, f->bounds_to);
		if (form != SPAN_FIELDS && form != SPAN_PAYLOAD)
			buf_str(l->out, ", whole = true");
		if (form == SPAN_HEADER && r->spans.n == 1)
			buf_str(l->out, ", head_only = true");
		if (form == SPAN_ALL || (form == SPAN_HEADER && r->spans.n == 2))
			buf_str(l->out, ", layer = true");
	} else if (r->form == RULE_SUM) {
		buf_fmt(l->out, ", rule = { form = \"sum\"%s",
			r->zero_none ? ", zero_none = true" : "");
		put_sum(l, r);
		buf_str(l->out, " }");
	}
}

static int put_field(struct lua *l, const struct record *rec, const struct field *f)
{
	int64_t width = type_fixed_bits(f->type);
	const char *q = f->qname ? f->qname : f->name;

	l->f = f;
	buf_fmt(l->out, "\t{ name = \"%s\", qname = \"%s\", ty = ", f->name, q);
	if (put_type(l, f->type, rec))
		return -1;
	lua_function(l->out, "cond", f->cond, rec);
	put_rule(l, f);
	if (f->optional)
		buf_str(l->out, ", optional = true");
	if (f->since)
		buf_str(l->out, ", since = true");
	if (f->align)
		buf_fmt(l->out, ", align = %u", f->align);
	if (f->bound_by)
		buf_fmt(l->out, ", bound_by = %u", f->bound_by->index);
	if (f->bound_also)
		buf_fmt(l->out, ", bound_also = %u", bound_next(f)->index);
	if (width > 0)
		buf_fmt(l->out, ", width = %lld", (long long)width);
	if (f->show == SHOW_HEX || f->show == SHOW_BITS)
		buf_str(l->out, ", hex = true");
	put_words(l, f->words);
	if (f->nmust) {
		buf_str(l->out, ", must = { ");
		for (unsigned i = 0; i < f->nmust; i++) {
			buf_str(l->out, "{ function(c) return ");
			lua_number(l->out, f->must[i].expr, rec);
			buf_str(l->out, " end, ");
			lua_text(l->out, f->must[i].text ? f->must[i].text : "",
				 f->must[i].text ? strlen(f->must[i].text) : 0);
			buf_str(l->out, " }, ");
		}
		buf_str(l->out, "}");
	}
	if (f->doc) {
		buf_str(l->out, ", doc = ");
		lua_text(l->out, f->doc, strlen(f->doc));
	}
	buf_str(l->out, " },\n");
	return 0;
}

static int put_record(struct lua *l, unsigned i)
{
	const struct record *rec = l->rec[i];

	buf_fmt(l->out, "records[%u] = { name = \"%s\", fields = {\n", i + 1, rec->name);
	for (unsigned k = 0; k < rec->nfields; k++) {
		if (put_field(l, rec, &rec->fields[k]))
			return -1;
	}
	buf_str(l->out, "} }\n");
	return 0;
}

/* ---- protocols ---- */

static void put_over(struct lua *l, const struct proto *p)
{
	buf_str(l->out, ", over = { ");
	for (unsigned i = 0; i < p->nover; i++) {
		const struct over *o = &p->over[i];

		if (o->space)
			buf_fmt(l->out, "{ \"%s\", %llu, %llu }, ", o->space,
				(unsigned long long)o->lo, (unsigned long long)o->hi);
		else
			buf_fmt(l->out, "{ lower = \"%s\" }, ", o->lower);
	}
	buf_str(l->out, "}");
}

static void put_carries(struct lua *l, const struct proto *p)
{
	buf_str(l->out, ", carries = { ");
	for (unsigned i = 0; i < p->ncarries; i++) {
		const struct carries *c = &p->carries[i];

		buf_fmt(l->out, "{ space = \"%s\"", c->space);
		lua_function(l->out, "cond", c->cond, &p->rec);
		for (unsigned k = 0; k < c->nfields; k++)
			buf_fmt(l->out, ", \"%s\"", p->rec.fields[c->field[k]].name);
		buf_str(l->out, " }, ");
	}
	buf_str(l->out, "}");
}

static void put_ends(struct lua *l, const struct proto *p)
{
	static const char *const forms[] = {
		[END_NONE] = "none",   [END_LAYER] = "layer", [END_PAYLOAD] = "payload",
		[END_WHOLE] = "whole", [END_AFTER] = "after", [END_MESSAGE] = "layer"
	};
	const struct shape_cold *c = p->shape->cold;

	buf_str(l->out, ", ends = { ");
	for (unsigned i = 0; i < c->nend; i++) {
		const struct end_rule *e = &c->end[i];
		bool started = e->form == END_PAYLOAD || e->form == END_WHOLE;

		buf_fmt(l->out, "{ form = \"%s\"", forms[e->form]);
		if (!e->field)
			lua_function(l->out, "message", p->message, &p->rec);
		else
			buf_fmt(l->out, ", field = \"%s\"", e->field->name);
		if (started && e->start != UINT32_MAX)
			buf_fmt(l->out, ", start = %u", e->start);
		for (unsigned k = 0; started && k < e->field->rule.spans.n; k++) {
			const struct span *s = &e->field->rule.spans.v[k];

			if (s->form == SPAN_FIELDS && s->from < p->rec.npre)
				buf_fmt(l->out, ", first = \"%s\"", p->rec.fields[s->from].name);
		}
		buf_str(l->out, " }, ");
	}
	buf_str(l->out, "}");
}

static void put_pseudo(struct lua *l, const struct proto *p)
{
	if (p->npseudo)
		buf_str(l->out, ", pseudo = { ");
	for (unsigned i = 0; i < p->npseudo; i++) {
		const struct pseudo_item *it = &p->pseudo[i];

		buf_fmt(l->out, "{ bits = %u", it->bits);
		if (it->field)
			buf_fmt(l->out, ", field = \"%s\"", it->field);
		else if (it->expr->op == EX_UPPER)
			buf_str(l->out, ", upper = true");
		else if (it->expr->op == EX_SPANLEN)
			buf_str(l->out, ", span = true");
		else
			buf_fmt(l->out, ", num = %lld", (long long)it->expr->num);
		buf_str(l->out, " }, ");
	}
	if (p->npseudo)
		buf_str(l->out, "}");
	if (p->npseudo_over)
		buf_str(l->out, ", pseudo_over = { ");
	for (unsigned i = 0; i < p->npseudo_over; i++) {
		const struct pseudo_override *o = &p->pseudo_over[i];

		buf_fmt(l->out, "{ field = \"%s\", list = \"%s\"", o->field,
			p->rec.fields[o->list].name);
		lua_function(l->out, "cond", o->cond, &p->rec);
		buf_str(l->out, " }, ");
	}
	if (p->npseudo_over)
		buf_str(l->out, "}");
}

static int put_proto(struct lua *l, const struct proto *p)
{
	const struct shape_cold *c = p->shape->cold;
	int rec = record_number(l, &p->rec);

	if (rec < 0)
		return -1;
	l->proto = p;
	buf_fmt(l->out, "order[#order + 1] = { name = \"%s\", title = ", p->name);
	lua_text(l->out, p->title ? p->title : p->name, strlen(p->title ? p->title : p->name));
	buf_fmt(l->out, ", rec = %d, npre = %u, min = %u", rec + 1, p->rec.npre, p->shape->min);
	put_over(l, p);
	put_carries(l, p);
	put_ends(l, p);
	put_pseudo(l, p);
	lua_function(l->out, "guard", p->guard, &p->rec);
	lua_function(l->out, "through", p->through, &p->rec);
	lua_function(l->out, "guess", p->guess, &p->rec);
	lua_function(l->out, "opaque", p->opaque, &p->rec);
	lua_function(l->out, "excerpt", p->excerpt, &p->rec);
	lua_function(l->out, "quotes", p->quotes, &p->rec);
	lua_function(l->out, "message", p->message, &p->rec);
	if (p->quotes_proto)
		buf_fmt(l->out, ", quoted = \"%s\"", p->quotes_proto);
	if (p->shape->flags & SHAPE_PAYLOAD)
		buf_str(l->out, ", payload = true");
	if (p->beside)
		buf_str(l->out, ", beside = true");
	if (c->tail_pad)
		buf_fmt(l->out, ", tail_pad = %u", c->tail_pad);
	if (p->shape->head == HEAD_REST)
		buf_str(l->out, ", rest = true");
	buf_str(l->out, " }\nprotos[order[#order].name] = order[#order]\n");
	return 0;
}

int lua_export(const struct registry *r, const struct proto *const *p, unsigned n, struct buf *out,
	       struct err *e)
{
	struct lua l = { .r = r, .out = out, .e = e };
	int rc = 0;

	buf_str(out,
		"-- A dissector for Wireshark, made by strata from protocol descriptions:\n--  ");
	for (unsigned i = 0; i < n; i++)
		buf_fmt(out, " %s", p[i]->name);
	buf_str(out, "\n-- Use it with: wireshark -X lua_script:FILE (or put it into the personal "
		     "plugin folder).\n\n");
	buf_str(out, lua_reader);
	buf_str(out, "-- ---- the protocols ----\n\n");
	for (unsigned i = 0; rc == 0 && i < n; i++)
		rc = put_proto(&l, p[i]);
	for (unsigned i = 0; rc == 0 && i < l.nrec; i++)
		rc = put_record(&l, i);
	buf_str(out, "\nfinish()\n");
	free(l.rec);
	if (rc == 0 && out->failed)
		rc = err_set(e, ERR_IO, "out of memory");
	return rc;
}
