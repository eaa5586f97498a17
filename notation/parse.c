/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to plan: layers in word form or call form, their fields, payloads. */
#include "notation/parser.h"

#include <stdlib.h>

static size_t blank_after(const struct parser *ps, size_t at)
{
	while (at < ps->n && !is_blank(ps->s[at]))
		at++;
	return at;
}

static size_t name_after(const struct parser *ps, size_t at)
{
	while (at < ps->n && is_name(ps->s[at]))
		at++;
	return at;
}

static int unknown_layer(struct parser *ps, size_t at, size_t n)
{
	const struct proto *lower = ps->p->n ? ps->p->layer[ps->p->n - 1].proto : NULL;
	const char *s = ps->s + at, *near = registry_suggest_over(ps->reg, lower, s, n);
	bool slash = memchr(s, '/', n) != NULL;
	const char *eq = memchr(s, '=', n);

	if (begins(s, n, "file:") && n > 5)
		return text_fail(ps, at, n, "the bytes of a file are written @%.*s", (int)n - 5,
				 s + 5);
	if (eq)
		return text_fail(ps, at, n,
				 "here a layer's name is wanted; a field follows its layer");
	if (slash)
		return text_fail(ps, at, n,
				 "no layer is called '%.*s'; layers are separated by ' / '", (int)n,
				 s);
	if (near)
		return text_fail(ps, at, n,
				 "no layer is called '%.*s'; did you mean '%s'? For text "
				 "write text:%.*s",
				 (int)n, s, near, (int)n, s);
	return text_fail(ps, at, n, "no layer is called '%.*s'; for text write text:%.*s", (int)n,
			 s, (int)n, s);
}

static int field_set(struct parser *ps, struct plan_layer *l, size_t name_at, size_t eq,
		     const char *value, size_t n, size_t at, size_t span)
{
	const char *path = ps->s + name_at;
	size_t plen = eq - name_at;
	struct say *say;

	if (n == 0)
		return text_fail(ps, name_at, plen + 1,
				 "%.*s needs a value; for empty text write \"\"", (int)plen + 1,
				 path);
	if (same(path, plen, "trailer") && !proto_field(l->proto, path, plen)) {
		if (!l->trailer) {
			l->trailer = arena_alloc(&ps->p->mem, sizeof(*l->trailer));
			if (!l->trailer)
				return text_nomem(ps);
			l->trailer->name = "trailer";
		}
		say = l->trailer;
	} else {
		say = say_path(ps, l, path, plen);
	}
	return say ? say_set(ps, say, value, n, at, span) : -1;
}

/* ---- the call form ---- */

/* A quoted argument as the notation writes it; the quotes may be Python's. */
static int call_quoted(struct parser *ps, size_t at, size_t *end, struct span_text *out)
{
	size_t n = text_quoted_end(ps->s + at, ps->n - at), k = 0;
	char *p;

	if (!n)
		return text_fail(ps, at, 1, "this quote is not closed");
	*end = at + n;
	*out = (struct span_text) { ps->s + at, n };
	if (ps->s[at] == '"')
		return 0;
	p = arena_alloc(&ps->p->mem, n * 2);
	if (!p)
		return text_nomem(ps);
	p[k++] = '"';
	for (size_t i = at + 1; i < at + n - 1; i++) {
		if (ps->s[i] == '"')
			p[k++] = '\\';
		p[k++] = ps->s[i];
		if (ps->s[i] == '\\')
			p[k++] = ps->s[++i];
	}
	p[k++] = '"';
	*out = (struct span_text) { p, k };
	return 0;
}

/* One argument's value, up to ',' or ')'. */
static int call_value(struct parser *ps, size_t at, size_t *end, struct span_text *out)
{
	size_t i = at, e;

	if (i + 1 < ps->n && strchr("bru", ps->s[i]) && strchr("\"'", ps->s[i + 1]))
		i++;
	if (i < ps->n && (ps->s[i] == '"' || ps->s[i] == '\'')) {
		if (call_quoted(ps, i, end, out))
			return -1;
		return 0;
	}
	for (i = at; i < ps->n && ps->s[i] != ',' && ps->s[i] != ')'; i++) {
		if (strchr("([{", ps->s[i]))
			return text_fail(
				ps, i, 1,
				"inside ( ) a value is one number, word or string; several "
				"values are written in the word form: dport=22,80");
	}
	*end = i;
	for (e = i; e > at && is_blank(ps->s[e - 1]);)
		e--;
	*out = (struct span_text) { ps->s + at, e - at };
	return 0;
}

/* One argument; l NULL: of raw(), whose value goes to *load. */
static int call_argument(struct parser *ps, struct plan_layer *l, struct say *load)
{
	size_t name = ps->at, eq = name_after(ps, name), at, end = name, span;
	bool named = eq < ps->n && eq > name && ps->s[eq] == '=';
	struct span_text v = { NULL, 0 };

	at = named ? eq + 1 : name;
	while (at < ps->n && is_blank(ps->s[at]))
		at++;
	if (call_value(ps, at, &end, &v))
		return -1;
	span = end - at;
	ps->at = end;
	if (!l && (!named || same(ps->s + name, eq - name, "load")))
		return say_set(ps, load, v.s, v.n, at, span);
	if (!named)
		return text_fail(ps, at, span, "inside ( ) write NAME=VALUE");
	if (!l)
		return text_fail(ps, name, eq - name, "raw has no field '%.*s'; it has load",
				 (int)(eq - name), ps->s + name);
	return field_set(ps, l, name, eq, v.s, v.n, at, span);
}

static int call_arguments(struct parser *ps, struct plan_layer *l, struct say *load)
{
	size_t open = ps->at++;

	for (bool first = true;; first = false) {
		text_skip(ps);
		if (ps->at < ps->n && ps->s[ps->at] == ')') {
			ps->at++;
			return 0;
		}
		if (!first) {
			if (ps->at >= ps->n)
				return text_fail(ps, open, 1, "this ( is not closed");
			if (ps->s[ps->at] != ',')
				return text_fail(ps, ps->at, 1, "a ',' or a ')' is wanted here");
			ps->at++;
			text_skip(ps);
			if (ps->at < ps->n && ps->s[ps->at] == ')')
				continue;
		}
		if (ps->at >= ps->n)
			return text_fail(ps, open, 1, "this ( is not closed");
		if (call_argument(ps, l, load))
			return -1;
	}
}

/* ---- the word form ---- */

static int not_a_field(struct parser *ps, const struct plan_layer *l, size_t at, size_t end)
{
	const char *s = ps->s + at;
	size_t n = end - at;

	if (is_payload_word(s, n))
		return text_fail(ps, at, n, "before a payload write '/'");
	if (registry_find(ps->reg, s, n))
		return text_fail(ps, at, n, "before a layer write '/': / %.*s", (int)n, s);
	if (proto_field(l->proto, s, n))
		return text_fail(ps, at, n, "%.*s needs a value: %.*s=...", (int)n, s, (int)n, s);
	if (!strncmp(s, "//", 2) || s[0] == '/')
		return text_fail(ps, at, 1, "a layer is missing here");
	return text_fail(ps, at, n, "'%.*s' is no field of %s (NAME=VALUE), nor '/' and a layer",
			 (int)n, s, l->proto->name);
}

/* Fields up to a separator or the end. */
static int word_fields(struct parser *ps, struct plan_layer *l)
{
	for (;;) {
		size_t at, eq, end;

		text_skip(ps);
		at = ps->at;
		if (at >= ps->n || ps->s[at] == '/')
			return 0;
		if (ps->s[at] == '+' && blank_after(ps, at) == at + 1)
			return 0;
		eq = name_after(ps, at);
		if (eq == at || eq >= ps->n || ps->s[eq] != '=')
			return not_a_field(ps, l, at, blank_after(ps, at));
		if (text_word_end(ps, eq + 1, &end))
			return -1;
		ps->at = end;
		if (field_set(ps, l, at, eq, ps->s + eq + 1, end - eq - 1, eq + 1, end - eq - 1))
			return -1;
	}
}

/* raw load=...: what Scapy calls a payload. */
static int raw_layer(struct parser *ps, char sep, size_t at, size_t end)
{
	struct plan_layer *l = layer_add(ps, NULL, sep, at, end - at);
	struct say *load;

	if (!l)
		return -1;
	load = &l->payload;
	ps->at = end;
	if (end < ps->n && ps->s[end] == '(') {
		if (call_arguments(ps, NULL, load))
			return -1;
	} else {
		text_skip(ps);
		if (begins(ps->s + ps->at, ps->n - ps->at, "load=")) {
			at = ps->at + 5;
			if (text_word_end(ps, at, &ps->at) ||
			    say_set(ps, load, ps->s + at, ps->at - at, at, ps->at - at))
				return -1;
		}
	}
	if (load->form == SAY_TREE) {
		load->form = SAY_VALUE;
		return 0;
	}
	return payload_set(ps, ps->p->n - 1, load, true);
}

static int payload(struct parser *ps, char sep)
{
	size_t at = ps->at, end;
	struct plan_layer *l;

	if (text_word_end(ps, at, &end))
		return -1;
	if (ps->s[at] == '"') /* "text"/... */
		end = at + text_quoted_end(ps->s + at, ps->n - at);
	ps->at = end;
	l = layer_add(ps, NULL, sep, at, end - at);
	if (!l || say_set(ps, &l->payload, ps->s + at, end - at, at, end - at))
		return -1;
	return payload_set(ps, ps->p->n - 1, &l->payload, false);
}

/* A word at a layer's place is split at '/' only when it is made of layer names alone. */
static bool is_split(const struct parser *ps, size_t at)
{
	for (; at < ps->n && !is_blank(ps->s[at]) && ps->s[at] != '('; at++) {
		if (!is_name(ps->s[at]) && ps->s[at] != '/')
			return false;
	}
	return true;
}

static int layer(struct parser *ps, char sep)
{
	size_t at = ps->at, end = name_after(ps, at), word = blank_after(ps, at);
	const struct proto *proto;
	struct plan_layer *l;
	unsigned n;

	if (is_payload_word(ps->s + at, word - at))
		return payload(ps, sep);
	if (ps->s[at] == '/' || (ps->s[at] == '+' && word == at + 1))
		return text_fail(ps, at, 1, "a layer is missing here");
	if (end == at || !is_split(ps, at))
		return unknown_layer(ps, at, word - at);
	proto = registry_find(ps->reg, ps->s + at, end - at);
	if (!proto && end - at == 3 && !strncasecmp(ps->s + at, "raw", 3))
		return raw_layer(ps, sep, at, end);
	if (!proto)
		return unknown_layer(ps, at, end - at);
	n = ps->p->n;
	l = layer_add(ps, proto, sep, at, end - at);
	if (!l)
		return -1;
	for (; n + 1 < ps->p->n; n++) { /* those put in between have their defaults */
		if (settle_layer(ps, n))
			return -1;
	}
	ps->at = end;
	if (end < ps->n && ps->s[end] == '('                      ? call_arguments(ps, l, NULL)
	    : ps->s[end < ps->n ? end : 0] != '/' || end >= ps->n ? word_fields(ps, l)
								  : 0)
		return -1;
	return settle_layer(ps, ps->p->n - 1);
}

/* The separator that stands here; 0: the end. -1: neither. */
static int separator(struct parser *ps, char *sep)
{
	text_skip(ps);
	*sep = 0;
	if (ps->at >= ps->n)
		return 0;
	if (ps->s[ps->at] == '/' ||
	    (ps->s[ps->at] == '+' && blank_after(ps, ps->at) == ps->at + 1)) {
		*sep = ps->s[ps->at++];
		return 0;
	}
	return text_fail(ps, ps->at, blank_after(ps, ps->at) - ps->at,
			 "here '/' and a layer, or the end, is wanted");
}

int parse_prefix(struct parser *ps)
{
	bool link = begins(ps->s + ps->at, ps->n - ps->at, "link=");
	size_t at = ps->at + 5, end;
	uint64_t v;

	if (!link && !begins(ps->s + ps->at, ps->n - ps->at, "wire="))
		return 0;
	end = blank_after(ps, at);
	if (text_number(ps->s + at, end - at, &v) || v > (link ? 0xffff : UINT32_MAX))
		return text_fail(ps, at, end - at, "%s takes a number", link ? "link=" : "wire=");
	if (link)
		ps->link = (int32_t)v;
	else
		ps->wire = (int64_t)v;
	ps->at = end;
	return 1;
}

static int packet(struct parser *ps)
{
	char sep = 0;
	int rc;

	do {
		text_skip(ps);
		rc = parse_prefix(ps);
	} while (rc > 0);
	if (rc < 0)
		return -1;
	if (ps->at >= ps->n)
		return text_fail(ps, ps->at, 1,
				 "a packet is wanted: LAYER NAME=VALUE / LAYER ..., or hex:");
	for (;;) {
		if (layer(ps, sep) || separator(ps, &sep))
			return -1;
		if (!sep)
			return 0;
		text_skip(ps);
		if (ps->at >= ps->n)
			return text_fail(ps, ps->n ? ps->n - 1 : 0, 1,
					 "a layer is missing after this");
	}
}

int parse_packet(struct parser *ps)
{
	struct plan *p = ps->p;

	arena_reset(&p->mem);
	p->reg = ps->reg;
	p->n = p->nsweeps = 0;
	p->sweeps = NULL;
	p->link = LINK_NONE;
	p->scope[0] = 0;
	p->text = NULL;
	if (ps->n > UINT32_MAX / 2)
		return err_set(ps->e, ERR_USAGE, "the text is too long");
	p->text = arena_strndup(&p->mem, ps->s, ps->n);
	if (!p->text)
		return text_nomem(ps);
	p->text_len = (uint32_t)ps->n;
	ps->s = p->text;
	ps->work = EVAL_WORK;
	if (packet(ps))
		return -1;
	if (ps->link < 0 && p->layer[0].proto)
		ps->link = registry_link(ps->reg, p->layer[0].proto);
	p->link = ps->link < 0 ? LINK_NONE : (uint16_t)ps->link;
	p->wire_said = ps->wire >= 0;
	p->wire_len = p->wire_said ? (uint32_t)ps->wire : 0;
	sweeps_settle(p);
	return 0;
}

int plan_parse(struct plan *p, const struct registry *reg, const char *text, size_t len,
	       unsigned flags, struct err *e)
{
	struct parser ps = { .p = p, .reg = reg, .flags = flags, .e = e };

	ps.s = text;
	ps.n = len;
	ps.link = -1;
	ps.wire = -1;
	return parse_packet(&ps);
}

int plan_parse_joined(struct plan *p, const struct registry *reg, const struct joined *j,
		      unsigned flags, struct err *e)
{
	struct parser ps = { .p = p, .reg = reg, .flags = flags, .e = e };

	ps.s = j->text;
	ps.n = j->len;
	ps.link = -1;
	ps.wire = -1;
	ps.solid = j->solid;
	ps.nsolid = j->nsolid;
	return parse_packet(&ps);
}
