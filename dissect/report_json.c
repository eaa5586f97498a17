/* SPDX-License-Identifier: BSD-2-Clause */
/* Newline-delimited JSON (RFC 8259), one packet a line, real types; the same one level deep; and
 * CSV (RFC 4180). */
#include "dissect/report_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/proto_print.h"
#include "core/walk.h"
#include "dissect/escape.h"

#define MAX_SAFE                                                                                   \
	(UINT64_C(1) << 53) /* larger numbers lose digits in many readers: decimal strings */

struct json {
	struct report *r;
	const struct packet *p;
	unsigned layer;
	const struct tree *t;
	struct buf *out;
	bool comma;
	bool flat;
	char prefix[400]; /* flat: what stands before a key */
};

static void sep(struct json *j)
{
	if (j->comma)
		buf_char(j->out, ',');
	j->comma = true;
}

static void key(struct json *j, const char *name, const char *suffix)
{
	sep(j);
	buf_char(j->out, '"');
	if (j->flat)
		buf_str(j->out, j->prefix);
	buf_str(j->out, name);
	buf_str(j->out, suffix);
	buf_put(j->out, "\":", 2);
}

/* The key of a node: its field's name, or (paths, items) name. Returns the field's, NULL if name.
 */
static const struct field_key *node_key(struct json *j, const struct node *n, const char *name)
{
	const struct field_key *k = NULL;

	if (!j->flat && n->field && name == n->field->name)
		k = report_key(j->r, n->field);
	if (!k) {
		key(j, name, "");
		return NULL;
	}
	sep(j);
	buf_put(j->out, k->text, k->len);
	return k;
}

/* Another key beside that of a node, as node_key returned it. */
static void beside_key(struct json *j, const struct field_key *k, const char *name,
		       const char *suffix)
{
	if (!k) {
		key(j, name, suffix);
		return;
	}
	sep(j);
	buf_put(j->out, k->text, k->len - 2); /* without ": */
	buf_str(j->out, suffix);
	buf_put(j->out, "\":", 2);
}

static void put_string(struct json *j, const void *s, size_t n)
{
	buf_char(j->out, '"');
	escape_json(s, n, j->out);
	buf_char(j->out, '"');
}

static void put_unsigned(struct json *j, uint64_t v)
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
			put_unsigned(j, n->num);
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
			put_unsigned(j, n->num);
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
	put_string(j, j->r->scratch.p, j->r->scratch.n);
}

static void put_node(struct json *j, uint32_t at, const char *name);

static void put_span(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];

	key(j, name, "_span");
	buf_fmt(j->out, "[%u,%u]", n->bit / 8, (n->bit + n->bits + 7) / 8 - n->bit / 8);
}

static void put_raw(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];

	if (name)
		key(j, name, "_raw");
	else
		buf_str(j->out, "{\"raw\":");
	buf_char(j->out, '"');
	if (n->bit % 8 == 0)
		buf_hex(j->out, j->t->data + n->bit / 8, n->bits / 8);
	buf_char(j->out, '"');
	if (!name)
		buf_char(j->out, '}');
}

static void put_children(struct json *j, uint32_t at)
{
	char index[16];

	uint32_t end = j->t->v[at].next < j->t->n ? j->t->v[at].next : j->t->n;

	for (uint32_t k = at + 1; k < end; k = j->t->v[k].next) {
		const struct node *n = &j->t->v[k];

		if (n->flags & NODE_ITEM) {
			if (!j->flat) {
				sep(j);
				put_node(j, k, NULL);
				continue;
			}
			snprintf(index, sizeof(index), "%u", n->index);
			put_node(j, k, index);
		} else if (n->field) {
			put_node(j, k, n->field->name);
		}
	}
}

/* A struct or a list: nested, or (flat) its leaves under a longer prefix. */
static void put_inner(struct json *j, uint32_t at, const char *name, char open, char close)
{
	size_t len = strlen(j->prefix);

	if (j->flat) {
		if (snprintf(j->prefix + len, sizeof(j->prefix) - len, "%s.", name) <
		    (int)(sizeof(j->prefix) - len))
			put_children(j, at);
		j->prefix[len] = 0;
		return;
	}
	if (name)
		key(j, name, "");
	buf_char(j->out, open);
	j->comma = false;
	put_children(j, at);
	buf_char(j->out, close);
	j->comma = true;
}

static void put_sum(struct json *j, uint32_t at, const struct field_key *k, const char *name)
{
	const char *word = "null";

	switch (check_sum(&j->r->check, j->layer, at)) {
	case SUM_GOOD: word = "true"; break;
	case SUM_BAD: word = "false"; break;
	case SUM_NONE: word = "\"none\""; break;
	default: break;
	}
	beside_key(j, k, name, "_ok");
	buf_str(j->out, word);
}

/* name NULL: a value in an array. */
static void put_node(struct json *j, uint32_t at, const char *name)
{
	const struct node *n = &j->t->v[at];
	const struct field_key *k = NULL;
	const char *word;

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
		if (name)
			k = node_key(j, n, name);
		put_leaf(j, at);
		if (!name)
			return;
		word = report_word(j->r, j->t, at);
		if (word) {
			beside_key(j, k, name, "_name");
			put_string(j, word, strlen(word));
		}
		if (n->field && n->field->rule.form == RULE_SUM && !(n->flags & NODE_ITEM))
			put_sum(j, at, k, name);
	} else {
		put_raw(j, at, name);
	}
	if (name && j->r->opts.spans)
		put_span(j, at, name);
}

/* ---- the packet's own properties ---- */

static void put_stack(const struct packet *p, struct buf *out, const char *quote, const char *comma)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (i)
			buf_str(out, comma);
		buf_str(out, quote);
		layer_name(p, i, out);
		buf_str(out, quote);
	}
}

static void put_head(struct json *j, const char *ifname)
{
	const struct packet *p = j->p;

	buf_str(j->out, "{\"v\":1,\"n\":");
	buf_u64(j->out, p->number);
	if (!(p->flags & PACKET_NO_TIME)) {
		buf_str(j->out, ",\"time\":\"");
		report_time(j->r, p->when, j->out);
		buf_str(j->out, "\",\"ts\":\"");
		report_seconds(p->when, 9, j->out);
		buf_char(j->out, '"');
	}
	if (ifname) {
		buf_str(j->out, ",\"if\":");
		put_string(j, ifname, strlen(ifname));
	}
	buf_str(j->out, ",\"link\":");
	buf_u64(j->out, p->link);
	buf_str(j->out, ",\"len\":");
	buf_u64(j->out, p->wire_len);
	buf_str(j->out, ",\"caplen\":");
	buf_u64(j->out, p->len);
	if (j->flat) {
		buf_str(j->out, ",\"stack\":\"");
		put_stack(p, j->out, "", "/");
		buf_char(j->out, '"');
	} else {
		buf_str(j->out, ",\"stack\":[");
		put_stack(p, j->out, "\"", ",");
		buf_char(j->out, ']');
	}
}

static void put_bytes(struct json *j, const char *name, struct extent_bytes x)
{
	key(j, name, "");
	buf_char(j->out, '"');
	buf_hex(j->out, j->p->data + x.from, x.to - x.from);
	buf_char(j->out, '"');
}

static unsigned layer_nth(const struct packet *p, unsigned i)
{
	unsigned n = 1;

	for (unsigned k = 0; k < i; k++)
		n += p->layers[k].proto == p->layers[i].proto;
	return n;
}

static bool column_is(const struct column *c, const struct packet *p, unsigned i)
{
	return c->proto == p->layers[i].proto && (c->nth == 0 || c->nth == layer_nth(p, i));
}

static bool layer_wanted(const struct report *r, const struct packet *p, unsigned i)
{
	bool any = r->ncolumns == 0;

	for (unsigned c = 0; c < r->ncolumns; c++)
		any |= column_is(&r->column[c], p, i);
	return any;
}

/* A column of another name: under that name, since it is no field of its own. */
static void put_alias(struct json *j, const struct column *c)
{
	struct view_value v;

	if (!alias_find(&c->alias, j->t, &v))
		return;
	if (v.node != NODE_NONE) {
		put_node(j, v.node, c->path);
		return;
	}
	key(j, c->path, "");
	if (v.bytes) {
		buf_char(j->out, '"');
		buf_hex(j->out, j->t->data + v.bit / 8, v.bits / 8);
		buf_char(j->out, '"');
	} else {
		put_unsigned(j, v.num);
	}
}

static void put_selected(struct json *j)
{
	struct report *r = j->r;

	for (unsigned c = 0; c < r->ncolumns; c++) {
		uint32_t at;

		if (!column_is(&r->column[c], j->p, j->layer))
			continue;
		if (r->column[c].alias.name) {
			put_alias(j, &r->column[c]);
			continue;
		}
		at = tree_find(j->t, r->column[c].path, strlen(r->column[c].path));
		if (at != NODE_NONE && at != 0)
			put_node(j, at, r->column[c].path);
	}
}

static void put_notes(struct json *j)
{
	const struct check *c = &j->r->check;

	buf_str(j->out, ",\"notes\":[");
	for (unsigned i = 0; i < c->nnotes; i++) {
		buf_str(j->out, i ? ",{\"at\":\"" : "{\"at\":\"");
		note_place(c, j->p, &c->note[i], j->out);
		buf_str(j->out, "\",\"text\":\"");
		escape_json((const uint8_t *)c->note[i].text, strlen(c->note[i].text), j->out);
		buf_str(j->out, "\"}");
	}
	buf_char(j->out, ']');
}

static void put_layer(struct json *j)
{
	struct extent_bytes x = report_trailer(j->p, j->layer);
	struct buf *name = &j->r->scratch;

	name->n = 0;
	layer_name(j->p, j->layer, name);
	if (j->flat) {
		snprintf(j->prefix, sizeof(j->prefix), "%.*s.", (int)name->n, name->p);
	} else {
		j->comma = true;
		key(j, buf_cstr(name), "");
		buf_char(j->out, '{');
		j->comma = false;
	}
	if (j->r->ncolumns)
		put_selected(j);
	else
		put_children(j, 0);
	if (x.to > x.from && !j->r->ncolumns)
		put_bytes(j, "trailer", x);
	if (!j->flat)
		buf_char(j->out, '}');
	j->prefix[0] = 0;
	j->comma = true;
}

static void put_packet(struct report *r, const struct packet *p, const char *ifname,
		       struct buf *out, bool flat)
{
	struct json j = { .r = r, .p = p, .out = out, .comma = true, .flat = flat };
	struct extent_bytes x = report_payload(p);

	if (check(&r->check, p)) {
		out->failed = true;
		return;
	}
	put_head(&j, ifname);
	for (j.layer = 0; j.layer < p->nlayers; j.layer++) {
		j.t = &r->check.tree[j.layer];
		if (layer_wanted(r, p, j.layer))
			put_layer(&j);
	}
	j.comma = true;
	if (x.to > x.from && !r->ncolumns)
		put_bytes(&j, "payload", x);
	if (r->check.nnotes && !flat)
		put_notes(&j);
	buf_put(out, "}\n", 2);
}

void report_json(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	put_packet(r, p, ifname, out, false);
}

void report_flat(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	put_packet(r, p, ifname, out, true);
}

/* ---- columns ---- */

static const char *const props[] = {
	"n", "time", "ts", "if", "link", "len", "caplen", "stack", NULL
};

static int unknown(const struct report *r, const char *name, size_t n, struct err *e)
{
	struct buf known = { 0 };
	const struct proto *p;
	const char *dot = memchr(name, '.', n);

	p = registry_find(r->reg, name, dot ? (size_t)(dot - name) : n);
	if (p && dot) {
		for (unsigned i = 0; i < p->rec.nfields && known.n < 300; i++)
			buf_fmt(&known, " %s", p->rec.fields[i].name);
		err_set(e, ERR_USAGE, "%s has no field '%.*s'; it has%s", p->name,
			(int)(name + n - dot - 1), dot + 1, buf_cstr(&known));
	} else {
		for (unsigned i = 0; props[i]; i++)
			buf_fmt(&known, " %s", props[i]);
		err_set(e, ERR_USAGE,
			"no column '%.*s'; write PROTOCOL.FIELD (strata protocols lists them) or "
			"one of%s",
			(int)n, name, buf_cstr(&known));
	}
	buf_done(&known);
	return -1;
}

/* Does the path (first part a field of p) exist? */
static bool path_known(const struct proto *p, const char *path)
{
	const char *dot = strchr(path, '.');

	return proto_field(p, path, strlen(path)) ||
	       (dot && proto_field(p, path, (size_t)(dot - path)));
}

struct wanted_name {
	const char *name;
	struct alias found;
};

static bool is_wanted(const struct alias *a, void *arg)
{
	struct wanted_name *w = arg;

	if (strcasecmp(a->name, w->name) == 0)
		w->found = *a;
	return w->found.name != NULL;
}

/* Another name, a view, an arm or an inline length: of the first protocol that knows it. */
static bool column_alias(struct report *r, struct column *c, const char *name)
{
	struct wanted_name w = { .name = name };

	for (unsigned i = 0; i < registry_count(r->reg); i++) {
		struct needs n;
		bool found;

		c->proto = registry_at(r->reg, i);
		found = alias_each(&c->proto->rec, is_wanted, &w);
		if (!found && needs_of(c->proto, &n) == 0) {
			for (unsigned k = 0; k < n.nrec && !found; k++)
				found = alias_each(n.rec[k], is_wanted, &w);
			needs_done(&n);
		}
		if (!found)
			continue;
		c->alias = w.found;
		snprintf(c->path, sizeof(c->path), "%s", w.found.name);
		return true;
	}
	c->proto = NULL;
	return false;
}

static bool ends_column(struct column *c, const struct proto *p, const struct field *f, bool addr)
{
	if (!f || f->type->form != TYPE_LEAF || (f->type->kind->cls == KIND_ADDR) != addr)
		return false;
	*c = (struct column) { .proto = p };
	snprintf(c->path, sizeof(c->path), "%s", f->name);
	snprintf(c->own, sizeof(c->own), "%.30s.%.30s", p->name, f->name);
	c->name = c->own;
	return true;
}

/* P.addr, P.port: both of the fields that filters mean by it, as two columns: those that a reply
 * exchanges, or the source and destination by name. */
static bool column_ends(struct report *r, struct column c[2], const char *name)
{
	const char *dot = strchr(name, '.');
	const struct proto *p = dot ? registry_find(r->reg, name, (size_t)(dot - name)) : NULL;
	bool addr;

	if (!p || proto_field(p, dot + 1, strlen(dot + 1)) || proto_field(p, name, strlen(name)))
		return false;
	addr = strcasecmp(dot + 1, "addr") == 0 || strcasecmp(dot + 1, "host") == 0;
	if (!addr && strcasecmp(dot + 1, "port") != 0)
		return false;
	for (unsigned i = 0; i < p->nreply; i++) {
		for (unsigned k = 0; k < p->reply[i].nswap; k++) {
			const struct field *f = p->rec.fields;

			if (ends_column(&c[0], p, &f[p->reply[i].swap[k].a], addr) &&
			    ends_column(&c[1], p, &f[p->reply[i].swap[k].b], addr))
				return true;
		}
	}
	return addr && ends_column(&c[0], p, record_field(&p->rec, "src", 3), addr) &&
	       ends_column(&c[1], p, record_field(&p->rec, "dst", 3), addr);
}

static int column_parse(struct report *r, struct column *c, const char *name, struct err *e)
{
	size_t n = strlen(name);
	const char *dot = strchr(name, '.');
	const char *rest;

	c->name = name;
	for (unsigned i = 0; props[i]; i++) {
		if (strcmp(props[i], name) == 0) {
			snprintf(c->path, sizeof(c->path), "%s", name);
			return 0;
		}
	}
	c->proto = registry_find(r->reg, name, dot ? (size_t)(dot - name) : n);
	if (!c->proto || !dot) {
		return dot && column_alias(r, c, name) ? 0 : unknown(r, name, n, e);
	}
	rest = dot + 1;
	if (*rest >= '0' && *rest <= '9') {
		char *end;

		c->nth = (unsigned)strtoul(rest, &end, 10);
		if (*end != '.')
			return unknown(r, name, n, e);
		rest = end + 1;
	}
	if (!path_known(c->proto, rest)) {
		const struct field *f = proto_field(c->proto, name, n);

		if (!f)
			return column_alias(r, c, name) ? 0 : unknown(r, name, n, e);
		rest = f->name;
	}
	snprintf(c->path, sizeof(c->path), "%s", rest);
	return 0;
}

int columns_parse(struct report *r, const char *list, struct err *e)
{
	unsigned n = 1, i = 0;
	char *save = NULL;

	for (const char *s = list; *s; s++)
		n += *s == ',';
	r->fields = strdup(list);
	r->column = calloc(n * 2u, sizeof(*r->column)); /* P.addr is two */
	if (!r->fields || !r->column)
		return err_set(e, ERR_IO, "out of memory");
	for (char *s = strtok_r(r->fields, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		if (column_ends(r, &r->column[i], s))
			i += 2;
		else if (column_parse(r, &r->column[i++], s, e))
			return -1;
	}
	if (i == 0)
		return err_set(e, ERR_USAGE,
			       "--fields wants names such as LAYER.FIELD, with commas between");
	r->ncolumns = i;
	return 0;
}

/* ---- CSV ---- */

void report_csv_head(struct report *r, struct buf *out)
{
	if (!r->ncolumns) {
		buf_str(out, "n,time,link,len,caplen,stack,summary\r\n");
		return;
	}
	for (unsigned c = 0; c < r->ncolumns; c++) {
		if (c)
			buf_char(out, ',');
		escape_csv((const uint8_t *)r->column[c].name, strlen(r->column[c].name), out);
	}
	buf_str(out, "\r\n");
}

static void put_prop(struct report *r, const char *name, const struct packet *p, const char *ifname,
		     struct buf *out)
{
	switch (name[0]) {
	case 'n': buf_u64(out, p->number); break;
	case 't':
		if (p->flags & PACKET_NO_TIME)
			break;
		if (name[1] == 'i')
			report_time(r, p->when, out);
		else
			report_seconds(p->when, 9, out);
		break;
	case 'i': buf_str(out, ifname ? ifname : ""); break;
	case 'c': buf_u64(out, p->len); break;
	case 's': put_stack(p, out, "", "/"); break;
	default: buf_u64(out, name[1] == 'i' ? p->link : p->wire_len); break;
	}
}

static void put_cell(struct report *r, const struct column *c, const struct packet *p,
		     const char *ifname, struct buf *cell)
{
	if (!c->proto) {
		put_prop(r, c->path, p, ifname, cell);
		return;
	}
	for (unsigned i = 0; i < p->nlayers; i++) {
		struct view_value v;
		uint32_t at;

		if (!column_is(c, p, i) || decode(&r->tree, p, i))
			continue;
		if (c->alias.name && !alias_find(&c->alias, &r->tree, &v))
			continue;
		if (c->alias.name && v.node == NODE_NONE) {
			if (v.bytes)
				buf_hex(cell, r->tree.data + v.bit / 8, v.bits / 8);
			else
				buf_u64(cell, v.num);
			return;
		}
		at = c->alias.name ? v.node : tree_find(&r->tree, c->path, strlen(c->path));
		if (at == NODE_NONE)
			continue;
		if (r->tree.v[at].type && r->tree.v[at].type->form == TYPE_LIST)
			buf_u64(cell, r->tree.v[at].num);
		else
			report_value(&r->tree, at, cell);
		return;
	}
}

void report_csv(struct report *r, const struct packet *p, const char *ifname, struct buf *out)
{
	static const char *const plain[] = { "n", "time", "link", "len", "caplen", "stack" };
	struct buf cell = { 0 };

	for (unsigned c = 0; c < (r->ncolumns ? r->ncolumns : 7); c++) {
		cell.n = 0;
		if (c)
			buf_char(out, ',');
		if (r->ncolumns) {
			put_cell(r, &r->column[c], p, ifname, &cell);
		} else if (c < 6) {
			put_prop(r, plain[c], p, ifname, &cell);
		} else {
			bool bare = r->opts.bare;

			r->opts.bare = true;
			report_line(r, p, ifname, &cell);
			r->opts.bare = bare;
			if (cell.n)
				cell.n--;
		}
		escape_csv((const uint8_t *)cell.p, cell.n, out);
	}
	buf_done(&cell);
	buf_str(out, "\r\n");
}
