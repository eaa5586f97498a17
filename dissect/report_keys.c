/* SPDX-License-Identifier: BSD-2-Clause */
/* What JSON says of a field in every packet, made ready at its first use. */
#include "dissect/report_impl.h"

#include <stdlib.h>

#include "core/walk.h"

#define KEY_PAD 33 /* bytes that may be read at once */
#define KEY_MOST (KEY_ROOM / 2)

static enum key_form form_of(const struct field *f)
{
	const struct type *type = f->type;

	if (type->form != TYPE_LEAF || f->ncases)
		return KEY_OTHER;
	if (type->kind->cls == KIND_ADDR)
		return f->words ? KEY_OTHER : KEY_ADDR;
	if (type->kind != &kind_uint)
		return KEY_OTHER;
	if (f->rule.form == RULE_SUM)
		return f->words || f->selects ? KEY_OTHER : KEY_SUM;
	return f->words || f->selects ? KEY_WORDS : KEY_NUMBER;
}

static bool make_key(struct field_key *k, const struct field *f)
{
	size_t n = strlen(f->name);
	char *s = calloc(1, n + 4 + KEY_PAD);

	if (!s)
		return false;
	memcpy(s, ",\"", 2);
	memcpy(s + 2, f->name, n);
	memcpy(s + 2 + n, "\":", 2);
	*k = (struct field_key) { .text = s, .len = (uint32_t)n + 4, .form = form_of(f) };
	if (k->form == KEY_WORDS && !f->words)
		k->plain = calloc(1, KEY_PLAIN / 8);
	if (k->form == KEY_WORDS)
		k->value = calloc(KEY_VALUES, sizeof(*k->value));
	if ((k->form == KEY_WORDS && !k->value) || k->len > KEY_MOST)
		k->form = KEY_OTHER;
	return true;
}

static struct field_keys *make_keys(struct report *r, const struct record *rec)
{
	struct field_keys *k;

	if (rec->id >= r->nkeys) {
		unsigned n = rec->id + 64u;
		struct field_keys **keys = realloc(r->keys, n * sizeof(struct field_keys *));

		r->failed |= !keys;
		if (!keys)
			return NULL;
		memset(keys + r->nkeys, 0, (n - r->nkeys) * sizeof(struct field_keys *));
		r->keys = keys;
		r->nkeys = n;
	}
	k = calloc(1, sizeof(*k) + rec->nfields * sizeof(k->v[0]));
	while (k && k->n < rec->nfields && make_key(&k->v[k->n], &rec->fields[k->n]))
		k->n++;
	r->failed |= !k || k->n < rec->nfields;
	r->keys[rec->id] = k;
	return k;
}

void report_keys_free(struct report *r)
{
	for (unsigned i = 0; i < r->nkeys; i++) {
		for (unsigned f = 0; r->keys[i] && f < r->keys[i]->n; f++) {
			free(r->keys[i]->v[f].text);
			free(r->keys[i]->v[f].value);
			free(r->keys[i]->v[f].plain);
		}
		free(r->keys[i]);
	}
	free(r->keys);
	for (unsigned i = 0; r->layer && i <= registry_count(r->reg); i++)
		free(r->layer[i].text);
	free(r->layer);
}

const struct field_keys *report_keys(struct report *r, const struct record *rec)
{
	struct field_keys *k = rec->id < r->nkeys ? r->keys[rec->id] : NULL;

	return k ? k : make_keys(r, rec);
}

/* A protocol of the name of another member of a packet's object gets a name beside it. */
static bool reserved(const char *name)
{
	static const char *const members[] = { "v",      "n",       "time",    "ts",
					       "if",     "dir",     "comment", "comments",
					       "stream", "side",    "link",    "len",
					       "caplen", "stack",   "packets", "payload",
					       "notes",  "conflict" };

	for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (!strcmp(name, members[i]))
			return true;
	}
	return false;
}

const struct field_key *report_layer_key(struct report *r, const struct proto *p)
{
	struct field_key *k = &r->layer[p->id];

	if (!k->text) {
		struct buf b = { 0 };

		buf_str(&b, ",\"");
		buf_str(&b, p->name);
		buf_str(&b, reserved(p->name) ? "_\":{" : "\":{");
		if (b.failed) {
			r->failed = true;
			buf_done(&b);
			return NULL;
		}
		*k = (struct field_key) { .text = b.p, .len = (uint32_t)b.n };
	}
	return k->text ? k : NULL;
}
