/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields as members of a JSON object (RFC 8259) with real types; or one level deep. */
#include "dissect/report_json.h"

#include <stdio.h>

#include "core/walk.h"
#include "dissect/escape.h"

#define MAX_SAFE                                                                                   \
	(UINT64_C(1) << 53) /* larger numbers lose digits in many readers: decimal strings */

static void sep(struct json *j)
{
	if (j->comma)
		buf_char(j->out, ',');
	j->comma = true;
}

static void json_name(struct json *j, const char *name)
{
	sep(j);
	buf_char(j->out, '"');
	buf_put(j->out, j->prefix, j->nprefix);
	buf_str(j->out, name);
}

void json_key(struct json *j, const char *name, const char *suffix)
{
	json_name(j, name);
	buf_str(j->out, suffix);
	buf_put(j->out, "\":", 2);
}

void json_string(struct json *j, const void *s, size_t n)
{
	buf_char(j->out, '"');
	escape_json(s, n, j->out);
	buf_char(j->out, '"');
}

void json_unsigned(struct json *j, uint64_t v)
{
	if (v < 10) {
		buf_char(j->out, (char)('0' + v));
		return;
	}
	if (v > MAX_SAFE)
		buf_char(j->out, '"');
	buf_u64(j->out, v);
	if (v > MAX_SAFE)
		buf_char(j->out, '"');
}

/* The words of the bits that are set, and what no word covers as a hex number. */
static void put_flags(struct json *j, const struct words *w, uint64_t v)
{
	uint64_t left = v;
	bool comma = false;

	if (!j->flat)
		buf_char(j->out, '[');
	else
		buf_char(j->out, '"');
	for (unsigned i = 0; i < w->n; i++) {
		if ((v & w->v[i].mask) != w->v[i].value || (!w->v[i].value && v & w->v[i].mask) ||
		    !w->v[i].value || !(left & w->v[i].value))
			continue;
		left &= ~w->v[i].mask;
		if (comma)
			buf_char(j->out, j->flat ? '+' : ',');
		comma = true;
		if (!j->flat)
			buf_char(j->out, '"');
		buf_str(j->out, w->v[i].name);
		if (!j->flat)
			buf_char(j->out, '"');
	}
	if (left) {
		if (comma)
			buf_char(j->out, j->flat ? '+' : ',');
		buf_str(j->out, j->flat ? "0x" : "\"0x");
		buf_x64(j->out, left, 1);
		if (!j->flat)
			buf_char(j->out, '"');
	}
	buf_char(j->out, j->flat ? '"' : ']');
}

static void put_leaf(struct json *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	struct value v;

	if (n->type->kind->cls == KIND_NUM) {
		if (n->field && n->field->words && n->field->words->flags)
			put_flags(j, n->field->words, n->num);
		else if (n->type->kind == &kind_int && (int64_t)n->num < 0)
			buf_fmt(j->out, (int64_t)n->num < -(int64_t)MAX_SAFE ? "\"%lld\"" : "%lld",
				(long long)n->num);
		else
			json_unsigned(j, n->num);
		return;
	}
	if (n->type->kind->cls == KIND_FLOAT) {
		size_t from = j->out->n;

		report_value(j->t, at, j->out);
		/* What JSON has no number for (nan, inf) is a string. */
		if (j->out->n > from && !strchr("-0123456789", j->out->p[from])) {
			j->out->n = from;
			buf_char(j->out, '"');
			report_value(j->t, at, j->out);
			buf_char(j->out, '"');
		} else if (memmem(j->out->p + from, j->out->n - from, "inf", 3) ||
			   memmem(j->out->p + from, j->out->n - from, "0x", 2)) {
			j->out->n = from;
			node_value(j->t, at, &v);
			json_unsigned(j, n->num);
		}
		return;
	}
	if (n->type->kind->cls == KIND_ADDR || n->type->kind->cls == KIND_BYTES) {
		buf_char(j->out, '"');
		report_value(j->t, at, j->out);
		buf_char(j->out, '"');
		return;
	}
	j->r->scratch.n = 0;
	report_value(j->t, at, &j->r->scratch);
	json_string(j, j->r->scratch.p, j->r->scratch.n);
}

static void put_span(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];

	json_key(j, name, "_span");
	buf_fmt(j->out, "[%u,%u]", n->bit / 8, (n->bit + n->bits + 7) / 8 - n->bit / 8);
}

static void put_raw(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];

	if (name)
		json_key(j, name, "_raw");
	else
		buf_str(j->out, "{\"raw\":");
	buf_char(j->out, '"');
	if (n->bit % 8 == 0)
		buf_hex(j->out, j->t->data + n->bit / 8, n->bits / 8);
	buf_char(j->out, '"');
	if (!name)
		buf_char(j->out, '}');
}

/* What follows the name in the key beside a checksum, and its value. */
static void put_sum(struct json *j, uint32_t at)
{
	const char *word = "null";

	switch (check_sum(&j->r->check, j->layer, at)) {
	case SUM_GOOD: word = "true"; break;
	case SUM_BAD: word = "false"; break;
	case SUM_NONE: word = "\"none\""; break;
	default: break;
	}
	buf_put(j->out, "_ok\":", 5);
	buf_str(j->out, word);
}

static void put_address(struct json *j, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	const struct type *type = n->type;
	struct value v = { .p = j->t->data + n->bit / 8, .len = n->bits / 8 };

	if (n->bit % 8 || n->head || n->tail)
		node_value(j->t, at, &v);
	buf_char(j->out, '"');
	type->kind->print(type, &v, j->out);
	buf_char(j->out, '"');
}

/* A number, and beside it the word for it. False: it has none. */
static bool put_number(struct json *j, uint32_t at, const char *name)
{
	const char *word;

	put_leaf(j, at);
	word = report_word(j->r, j->t, at);
	if (word) {
		json_key(j, name, "_name");
		json_string(j, word, strlen(word));
	}
	return word != NULL;
}

/* The same, as it was written the last time the field had this value. */
static void put_words(struct json *j, const struct field_key *k, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	struct key_value *v = &k->value[(n->num ^ n->num >> 4 ^ n->num >> 8) % KEY_VALUES];
	size_t from = j->out->n;

	if (v->len && v->num == n->num) {
		buf_put(j->out, v->text, v->len);
		return;
	}
	if (k->plain && n->num < KEY_PLAIN && (k->plain[n->num / 8] & 1 << n->num % 8)) {
		json_unsigned(j, n->num);
		return;
	}
	if (!put_number(j, at, n->field->name) && k->plain && n->num < KEY_PLAIN) {
		k->plain[n->num / 8] |= (uint8_t)(1 << n->num % 8);
		return;
	}
	if (j->out->n - from > sizeof(v->text) || j->out->failed)
		return;
	v->num = n->num;
	v->len = (uint8_t)(j->out->n - from);
	memcpy(v->text, j->out->p + from, v->len);
}

/* "name":value of the leaves that most packets are made of, by their ready-made keys. False: not
 * that simple. */
static bool put_ready(struct json *j, const struct field_keys *keys, uint32_t at)
{
	const struct node *n = &j->t->v[at];
	const struct field_key *k = n->type == n->field->type && n->field->index < keys->n
					    ? &keys->v[n->field->index]
					    : NULL;
	struct buf *out = j->out;
	char *o;

	if (!k || k->form == KEY_OTHER || (k->form == KEY_WORDS && j->flat) ||
	    (n->flags & (NODE_RAW | NODE_CUT)))
		return false;
	if (out->cap - out->n < KEY_ROOM + sizeof(j->prefix) &&
	    !buf_grow(out, KEY_ROOM + sizeof(j->prefix)))
		return true;
	o = out->p + out->n;
	if (j->nprefix) {
		if (j->comma)
			*o++ = ',';
		*o++ = '"';
		o = mempcpy(o, j->prefix, j->nprefix);
		o = mempcpy(o, k->text + 2, k->len - 2);
	} else {
		/* Longer than the key is: faster than to look how long it is. */
		memcpy(o, k->text + !j->comma, 32);
		if (k->len > 32)
			memcpy(o, k->text + !j->comma, k->len - !j->comma);
		o += k->len - !j->comma;
	}
	j->comma = true;
	out->n = (size_t)(o - out->p);
	switch (k->form) {
	case KEY_NUMBER: json_unsigned(j, n->num); break;
	case KEY_SUM:
		json_unsigned(j, n->num);
		if (j->nprefix)
			json_name(j, n->field->name);
		else
			buf_put(out, k->text, k->len - 2);
		put_sum(j, at);
		break;
	case KEY_WORDS: put_words(j, k, at); break;
	case KEY_ADDR: put_address(j, at); break;
	default: put_leaf(j, at); break;
	}
	return true;
}

void json_children(struct json *j, uint32_t at)
{
	uint32_t end = j->t->v[at].next < j->t->n ? j->t->v[at].next : j->t->n;
	const struct field_keys *keys = NULL;
	char index[16];

	if (j->t->v[at].rec && !j->r->opts.spans)
		keys = report_keys(j->r, j->t->v[at].rec);
	for (uint32_t k = at + 1; k < end; k = j->t->v[k].next) {
		const struct node *n = &j->t->v[k];

		if (n->flags & NODE_ITEM) {
			if (!j->flat) {
				sep(j);
				json_node(j, k, NULL);
				continue;
			}
			snprintf(index, sizeof(index), "%u", n->index);
			json_node(j, k, index);
		} else if (n->field && !(keys && put_ready(j, keys, k))) {
			json_node(j, k, n->field->name);
		}
	}
}

/* A struct or a list: nested, or (flat) its leaves under a longer prefix. */
static void put_inner(struct json *j, uint32_t at, const char *name, char open, char close)
{
	size_t was = j->nprefix, len = j->flat ? strlen(name) : 0;

	if (j->flat) {
		if (was + len + 1 < sizeof(j->prefix)) {
			memcpy(j->prefix + was, name, len);
			j->prefix[was + len] = '.';
			j->nprefix = was + len + 1;
			json_children(j, at);
		}
		j->nprefix = was;
		return;
	}
	if (name)
		json_key(j, name, "");
	buf_char(j->out, open);
	j->comma = false;
	json_children(j, at);
	buf_char(j->out, close);
	j->comma = true;
}

void json_node(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];

	if (n->flags & (NODE_RAW | NODE_CUT) &&
	    !(n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_RAW))) {
		put_raw(j, at, name);
	} else if (n->rec) {
		put_inner(j, at, name, '{', '}');
	} else if (!n->type || n->type->form == TYPE_PAD) {
		if (n->bits)
			put_raw(j, at, name);
		return;
	} else if (n->type->form == TYPE_LIST) {
		put_inner(j, at, name, '[', ']');
	} else if (n->type->form == TYPE_LEAF) {
		if (!name) {
			put_leaf(j, at);
			return;
		}
		json_key(j, name, "");
		put_number(j, at, name);
		if (n->field && n->field->rule.form == RULE_SUM && !(n->flags & NODE_ITEM)) {
			json_name(j, name);
			put_sum(j, at);
		}
	} else {
		put_raw(j, at, name);
	}
	if (name && j->r->opts.spans)
		put_span(j, at, name);
}
