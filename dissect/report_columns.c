/* SPDX-License-Identifier: BSD-2-Clause */
/* --fields: names of fields, of layers and of the packet itself, as columns. */
#include "dissect/report_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/proto_print.h"
#include "core/walk.h"

unsigned layer_nth(const struct packet *p, unsigned i)
{
	unsigned n = 1;

	for (unsigned k = 0; k < i; k++)
		n += p->layers[k].proto == p->layers[i].proto;
	return n;
}

bool column_is(const struct column *c, const struct packet *p, unsigned i)
{
	return c->proto == p->layers[i].proto && (c->nth == 0 || c->nth == layer_nth(p, i));
}

/* Does the path lead to node at? Items need not be said: an.name is the name of each. */
static bool leads_to(const struct tree *t, uint32_t at, const char *path)
{
	size_t n = strlen(path);

	for (bool last = true; n; last = false) {
		const struct node *node = &t->v[at];
		size_t from = n;

		while (from && path[from - 1] != '.')
			from--;
		if (at == 0)
			return false;
		if (path[from] >= '0' && path[from] <= '9') {
			if (!(node->flags & NODE_ITEM) ||
			    node->index != strtoul(path + from, NULL, 10))
				return false;
		} else {
			if (!last && (node->flags & NODE_ITEM))
				at = node->parent;
			node = &t->v[at];
			if ((node->flags & NODE_ITEM) || !node->field ||
			    record_field(node->field->rec, path + from, n - from) != node->field)
				return false;
		}
		at = t->v[at].parent;
		n = from ? from - 1 : 0;
	}
	return at == 0;
}

bool column_next(const struct column *c, const struct tree *t, uint32_t *from, struct view_value *v)
{
	uint32_t at;

	if (c->alias.name)
		return alias_next(&c->alias, t, from, v);
	if (*from == 0) {
		*from = 1;
		at = tree_find(t, c->path, strlen(c->path));
		if (at != NODE_NONE && at != 0) {
			*from = t->n;
			*v = (struct view_value) { .node = at };
			return true;
		}
	}
	if (!strchr(c->path, '.'))
		return false;
	while (*from < t->n) {
		at = (*from)++;
		if (leads_to(t, at, c->path)) {
			*v = (struct view_value) { .node = at };
			return true;
		}
	}
	return false;
}

/* Wireshark's names for what is said of the packet. */
static const struct {
	const char *theirs, *ours;
} packet_names[] = {
	{ "frame.number", "n" },
	{ "frame.time", "time" },
	{ "frame.time_epoch", "ts" },
	{ "frame.interface_name", "if" },
	{ "frame.comment", "comment" },
	{ "frame.packet_flags_direction", "dir" },
	{ "frame.len", "len" },
	{ "frame.pkt_len", "len" },
	{ "frame.cap_len", "caplen" },
	{ "frame.encap_type", "link" },
	{ "frame.protocols", "protocols" },
};

static const char *const props[] = { "n",     "time",    "ts",      "if",     "dir",
				     "link",  "len",     "caplen",  "stack",  "comment",
				     "notes", "packets", "summary", "stream", NULL };

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

/* Does the path exist, at least as far as its first part? A leaf has nothing inside. */
static bool path_known(const struct proto *p, const char *path)
{
	const char *dot = strchr(path, '.');
	const struct field *f = dot ? proto_field(p, path, (size_t)(dot - path)) : NULL;

	return proto_field(p, path, strlen(path)) || (f && f->type->form != TYPE_LEAF);
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
	const struct proto *was = c->proto;
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
	c->proto = was;
	return false;
}

static int column_parse(struct report *r, struct column *c, const char *name, struct err *e);

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

static bool packet_column(struct column *c, const char *name)
{
	const char *ours = NULL;

	for (unsigned i = 0; props[i] && !ours; i++)
		ours = strcmp(props[i], name) == 0 ? name : NULL;
	for (unsigned i = 0; i < sizeof(packet_names) / sizeof(packet_names[0]) && !ours; i++)
		ours = strcasecmp(packet_names[i].theirs, name) == 0 ? packet_names[i].ours : NULL;
	if (strcasecmp(name, "data") == 0 || strcasecmp(name, "data.data") == 0)
		c->form = COLUMN_DATA;
	else if (ours)
		c->form = COLUMN_PACKET;
	else
		return false;
	snprintf(c->path, sizeof(c->path), "%s", ours ? ours : name);
	return true;
}

/* NAME.status, where NAME leads to a checksum. */
static bool status_column(struct report *r, struct column *c, const char *name)
{
	size_t n = strlen(name);
	struct column sum = { 0 };
	struct err e = { 0 };
	const struct field *f = NULL;
	char own[64];

	if (n < 8 || n >= sizeof(own) || strcasecmp(name + n - 7, ".status"))
		return false;
	snprintf(own, sizeof(own), "%.*s", (int)(n - 7), name);
	if (column_parse(r, &sum, own, &e) || sum.form != COLUMN_FIELD)
		return false;
	f = sum.alias.name ? sum.alias.field : proto_field(sum.proto, sum.path, strlen(sum.path));
	if (!f || f->rule.form != RULE_SUM || sum.alias.form == ALIAS_VIEW)
		return false;
	*c = sum;
	c->form = COLUMN_STATUS;
	c->name = name;
	return true;
}

/* The field of a column that can be read from the bytes as they stand, and printed without a look
 * at others; NULL: it must be looked for. */
static const struct field *fixed_field(const struct column *c)
{
	const struct field *f;

	if (c->form != COLUMN_FIELD || c->alias.name)
		return NULL;
	f = record_field(&c->proto->rec, c->path, strlen(c->path));
	if (!f || !fixed_leaf(f) || f->ncases || f->fixed_bit % 8 || leaf_bits(f->type) % 8)
		return NULL;
	if (f->type->kind->cls == KIND_ADDR)
		return f;
	return f->type->kind == &kind_uint && leaf_bits(f->type) <= 64 ? f : NULL;
}

static int column_parse(struct report *r, struct column *c, const char *name, struct err *e)
{
	size_t n = strlen(name);
	const char *dot = strchr(name, '.');
	const char *rest;

	c->name = name;
	if (packet_column(c, name) || status_column(r, c, name))
		return 0;
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

		if (!f && column_alias(r, c, name))
			return 0;
		if (!f && strcasecmp(rest, "payload") == 0) {
			c->form = COLUMN_PAYLOAD;
			snprintf(c->path, sizeof(c->path), "payload");
			return 0;
		}
		if (!f)
			return unknown(r, name, n, e);
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
	for (unsigned k = 0; k < i; k++)
		r->column[k].fixed = fixed_field(&r->column[k]);
	if (i == 0)
		return err_set(e, ERR_USAGE,
			       "--fields wants names such as LAYER.FIELD, with commas between");
	r->ncolumns = i;
	return 0;
}
