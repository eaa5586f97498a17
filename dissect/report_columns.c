/* SPDX-License-Identifier: BSD-2-Clause */
/* --fields: names of fields, of layers and of the packet itself, as columns. */
#include "dissect/report_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/proto_print.h"

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
