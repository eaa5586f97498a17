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
#include "core/plan.h"
#include "core/registry.h"
#include "core/tree.h"
#include "dissect/dissect.h"

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

static void put_aliases(const struct field *f)
{
	putchar('[');
	for (const char *const *a = f->alias; a && *a; a++) {
		if (a != f->alias)
			putchar(',');
		put_text(*a, strlen(*a));
	}
	putchar(']');
}

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
	put_aliases(n->field);
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
	}
	printf("]}\n");
}

static void put_record(const struct record *rec, const char *proto)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		printf("{\"proto\":\"%s\",\"field\":\"%s\",\"a\":", proto, rec->fields[i].name);
		put_aliases(&rec->fields[i]);
		printf("}\n");
	}
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct registry *r = registry_open();
	struct source *s = NULL;
	struct packet p;
	struct tree t = { 0 };
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
			dissect_with(r, &p, &t);
			put_packet(&p, &t, &text);
		}
	}
	source_close(s);
	tree_done(&t);
	buf_done(&text);
	registry_close(r);
	return e.code != 0;
}
