/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything we know of the packets of a capture file as one JSON line each: layers, and every
 * field with its place, value and other names. Input of tests/peers/tshark_compare.py, which
 * compares it with another dissector; independent of the printers.
 *
 *   fields PROTOCOLS       the protocols and the names their fields go by elsewhere
 *   fields FILE            its packets */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture/source.h"
#include "core/alias.h"
#include "core/plan.h"
#include "core/registry.h"
#include "core/tree.h"
#include "dissect/dissect.h"
#include "dissect/heard.h"

static void put_text(const char *s, size_t n)
{
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\' || c < 32 || c > 126)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

struct names { /* of a node */
	const struct tree *t;
	uint32_t at;
	bool comma;
};

static bool put_name(const struct alias *a, void *arg)
{
	struct names *n = arg;

	if (a->form != ALIAS_FIELD && a->form != ALIAS_ARM)
		return false;
	/* A list bears its field's name too, not its items alone. */
	if (!alias_is(a, n->t, n->at) &&
	    !(a->field == n->t->v[n->at].field &&
	      (a->form == ALIAS_FIELD || a->type == n->t->v[n->at].type)))
		return false;
	if (n->comma)
		putchar(',');
	n->comma = true;
	put_text(a->name, strlen(a->name));
	return false;
}

static void put_aliases(const struct tree *t, uint32_t at)
{
	struct names n = { t, at, false };

	putchar('[');
	alias_each(t->v[at].field->rec, put_name, &n);
	putchar(']');
}

struct others { /* what is read by another name and is no node */
	const struct tree *t;
	uint32_t at; /* the instance */
	unsigned layer;
	struct buf *text;
};

static void put_value(const struct tree *t, uint32_t at, struct buf *text)
{
	const struct node *n = &t->v[at];
	struct value v;

	text->n = 0;
	node_value(t, at, &v);
	if (n->type->kind->cls == KIND_TEXT)
		buf_put(text, v.p, v.len);
	else if (n->type->kind->cls == KIND_BYTES || n->flags & NODE_RAW)
		buf_hex(text, v.p, v.p ? v.len : 0);
	else
		value_print(n->field, n->type, &v, text);
	put_text(buf_cstr(text), text->n);
}

static void put_node(const struct tree *t, unsigned layer, uint32_t at, struct buf *text)
{
	const struct node *n = &t->v[at];
	/* A list or a struct has children; so has a list item that is a struct. */
	bool leaf = n->type && n->type->kind && n->next == at + 1 && !n->rec;

	if (!n->field || !n->type)
		return;
	printf("%s{\"l\":%u,\"f\":", layer || at > 1 ? "," : "", layer);
	text->n = 0;
	tree_path(t, at, text);
	put_text(buf_cstr(text), text->n);
	printf(",\"a\":");
	put_aliases(t, at);
	printf(",\"bit\":%" PRIu32 ",\"bits\":%" PRIu32 ",\"head\":%u,\"tail\":%u,\"raw\":%d,"
	       "\"cut\":%d,\"words\":%d",
	       n->bit, n->bits, n->head, n->tail, !!(n->flags & NODE_RAW), !!(n->flags & NODE_CUT),
	       n->field->words ? 1 + n->field->words->flags : 0);
	if (leaf) {
		printf(",\"c\":%d,\"n\":\"%" PRIu64 "\",\"v\":", (int)n->type->kind->cls, n->num);
		put_value(t, at, text);
	}
	putchar('}');
}

/* The terminator of what ends where these bytes do: tshark may leave it out. */
static unsigned tail_at(const struct tree *t, const struct view_value *v)
{
	for (uint32_t i = 0; v->bytes && i < t->n; i++) {
		if (t->v[i].tail && t->v[i].bit + t->v[i].bits == v->bit + v->bits)
			return t->v[i].tail;
	}
	return 0;
}

static void put_number(const struct others *o, const struct alias *a, const struct view_value *v)
{
	const struct node *n = v->node != NODE_NONE ? &o->t->v[v->node] : NULL;

	printf(",{\"l\":%u,\"f\":", o->layer);
	put_text(a->name, strlen(a->name));
	printf(",\"a\":[");
	put_text(a->name, strlen(a->name));
	printf("],\"bit\":%" PRIu32 ",\"bits\":%" PRIu32
	       ",\"head\":%u,\"tail\":%u,\"raw\":0,\"cut\":0,"
	       "\"words\":0,\"view\":%d,\"c\":",
	       v->bit, v->bits, n ? n->head : 0, n ? n->tail : tail_at(o->t, v),
	       a->form == ALIAS_VIEW);
	if (n) {
		printf("%d,\"n\":\"%" PRIu64 "\",\"v\":", (int)n->type->kind->cls, n->num);
		put_value(o->t, v->node, o->text);
		putchar('}');
	} else if (v->bytes) {
		o->text->n = 0;
		buf_hex(o->text, o->t->data + v->bit / 8, v->bits / 8);
		printf("%d,\"n\":\"0\",\"v\":\"%s\"}", KIND_BYTES, buf_cstr(o->text));
	} else {
		printf("0,\"n\":\"%" PRIu64 "\",\"v\":\"%" PRIu64 "\"}", v->num, v->num);
	}
}

static uint32_t instance_of(const struct tree *t, uint32_t at)
{
	do
		at = t->v[at].parent;
	while (at && !t->v[at].rec);
	return at;
}

static bool put_other(const struct alias *a, void *arg)
{
	struct others *o = arg;
	struct view_value v = { .node = NODE_NONE };

	if (a->form == ALIAS_VIEW && view_read(a->view, o->t, o->at, &v) &&
	    (v.node == NODE_NONE || (o->t->v[v.node].type && o->t->v[v.node].type->kind)))
		put_number(o, a, &v);
	for (uint32_t i = o->at + 1; a->form == ALIAS_PREFIX && i < o->t->v[o->at].next; i++) {
		if (alias_is(a, o->t, i) && instance_of(o->t, i) == o->at &&
		    prefix_read(o->t, i, &v.num, &v.bit, &v.bits))
			put_number(o, a, &v);
	}
	return false;
}

static void put_packet(const struct packet *p, struct tree *t, struct buf *text)
{
	printf("{\"n\":%" PRIu64 ",\"len\":%" PRIu32 ",\"wire\":%" PRIu32 ",\"data\":\"", p->number,
	       p->len, p->wire_len);
	text->n = 0;
	buf_hex(text, p->data, p->len);
	fwrite(text->p, 1, text->n, stdout);
	printf("\",\"stack\":[");
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		printf("%s[\"%s\",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%u]", i ? "," : "",
		       l->proto->name, l->off, l->hlen, l->end, l->flags);
	}
	printf("],\"fields\":[");
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (decode(t, p, i) < 0)
			break;
		for (uint32_t at = 1; at < t->n; at++)
			put_node(t, i, at, text);
		for (uint32_t at = 0; at < t->n; at++) {
			struct others o = { t, at, i, text };

			if (t->v[at].rec)
				alias_each(t->v[at].rec, put_other, &o);
		}
	}
	printf("]}\n");
}

static bool put_known(const struct alias *a, void *arg)
{
	printf("{\"proto\":\"%s\",\"field\":\"%s\",\"a\":[\"%s\"]}\n", (const char *)arg,
	       a->field ? a->field->name : "", a->name);
	return false;
}

static void put_record(const struct record *rec, const char *proto)
{
	for (unsigned i = 0; i < rec->nfields; i++)
		printf("{\"proto\":\"%s\",\"field\":\"%s\",\"a\":[]}\n", proto,
		       rec->fields[i].name);
	alias_each(rec, put_known, (void *)(uintptr_t)proto);
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct registry *r = registry_open();
	struct source *s = NULL;
	struct packet p;
	struct tree t = { 0 };
	struct heard *heard = NULL;
	struct buf text = { 0 };

	if (argc != 2)
		return 2;
	if (!r || registry_load_builtins(r, &e) < 0 || registry_freeze(r, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	if (!strcmp(argv[1], "PROTOCOLS")) {
		for (unsigned i = 0; i < registry_count(r); i++)
			put_record(&registry_at(r, i)->rec, registry_at(r, i)->name);
	} else {
		s = source_open_file(argv[1], NULL, &e);
		if (!s)
			fprintf(stderr, "%s\n", e.msg);
		while (s && source_next(s, &p, &e) == SOURCE_PACKET) {
			dissect_heard(r, &p, &t, heard);
			if (heard_learn(&heard, &p, &t) < 0)
				break;
			put_packet(&p, &t, &text);
		}
	}
	source_close(s);
	heard_close(heard);
	tree_done(&t);
	buf_done(&text);
	registry_close(r);
	return e.code != 0;
}
