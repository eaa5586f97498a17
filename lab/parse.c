/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology as text: statements, wires, names. The grammar is in docs/topology.md. */
#include "lab/parser.h"

#include <stdlib.h>

#include "core/near.h"

static const char *const reserved[] = { "host", "switch", "router", "start",
					"run",  "wait",   "stop",   "after" };
#define RESERVED (sizeof(reserved) / sizeof(reserved[0]))

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void skip_blanks(struct parser *p)
{
	while (p->at < p->len && blank(p->text[p->at]))
		p->at++;
}

bool at_end(const struct parser *p)
{
	return p->at >= p->len || strchr("\n;,#", p->text[p->at]);
}

static bool dashes(const struct parser *p, size_t at)
{
	return at + 1 < p->len && p->text[at] == '-' && p->text[at + 1] == '-';
}

struct word take_word(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->len && !blank(p->text[p->at]) && !strchr("\n;,()", p->text[p->at]) &&
	       !dashes(p, p->at))
		p->at++;
	return (struct word) { p->text + from, (uint32_t)(p->at - from), (uint32_t)from };
}

/* ---- names ---- */

int topology_find(const struct topology *t, const char *name, size_t n)
{
	for (unsigned i = 0; i < t->nnodes; i++)
		if (strlen(t->node[i].name) == n && memcmp(t->node[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

static int check_name(struct parser *p, const struct word *w)
{
	if (!w->n)
		return WRONG(p, ((struct lab_place) { w->at, 1 }), "a name is wanted here");
	for (uint32_t i = 0; i < w->n; i++)
		if (!letter(w->s[i]) && (!i || !(digit(w->s[i]) || w->s[i] == '-')))
			return WRONG(p, ((struct lab_place) { w->at + i, 1 }),
				     "a name is a letter, then letters, digits and '-'");
	if (w->s[w->n - 1] == '-')
		return WRONG(p, PLACE(*w), "a name does not end with '-'");
	if (w->n >= LAB_NAME)
		return WRONG(p, PLACE(*w), "a name has at most %d characters", LAB_NAME - 1);
	for (size_t i = 0; i < RESERVED; i++)
		if (word_is(w, reserved[i]))
			return WRONG(p, PLACE(*w), "'%s' is a word of the language, not a name",
				     reserved[i]);
	return 0;
}

/* h1, s2, r3: what they are is in their name. */
static bool kind_by_name(const char *name, enum lab_kind *kind)
{
	static const char letters[] = "hsr";
	const char *l = strchr(letters, name[0]);

	if (!l || !digit(name[1]) || strspn(name + 1, "0123456789") != strlen(name + 1))
		return false;
	*kind = (enum lab_kind)(l - letters);
	return true;
}

int parse_node(struct parser *p, const struct word *w, unsigned *out)
{
	struct topology *t = p->t;
	struct lab_node *v;
	int known;

	if (check_name(p, w))
		return -1;
	known = topology_find(t, w->s, w->n);
	if (known >= 0) {
		*out = (unsigned)known;
		return 0;
	}
	if (t->nnodes == LAB_NODES)
		return WRONG(p, PLACE(*w), "more than %d hosts, switches and routers", LAB_NODES);
	v = arena_room(&t->mem, t->node, t->nnodes, &p->cap_node, sizeof(*v));
	if (!v)
		return err_set(p->e, ERR_IO, "out of memory");
	t->node = v;
	v += t->nnodes;
	memset(v, 0, sizeof(*v));
	memcpy(v->name, w->s, w->n);
	v->place = PLACE(*w);
	v->declared = kind_by_name(v->name, &v->kind) ? LAB_BY_NAME : LAB_UNKNOWN;
	*out = t->nnodes++;
	return 0;
}

/* Every name is declared, or says by itself what it is. */
static int check_declared(struct parser *p)
{
	const char *list[LAB_NODES], *near;
	unsigned n = 0;

	for (unsigned i = 0; i < p->t->nnodes; i++)
		if (p->t->node[i].declared)
			list[n++] = p->t->node[i].name;
	for (unsigned i = 0; i < p->t->nnodes; i++) {
		const struct lab_node *v = &p->t->node[i];

		if (v->declared)
			continue;
		near = near_word(v->name, strlen(v->name), list, n);
		if (near)
			return WRONG(p, v->place, "what is '%s'? did you mean '%s'?", v->name,
				     near);
		return WRONG(p, v->place,
			     "what is '%s'? say 'host %s', 'switch %s' or 'router %s'; only names "
			     "such as h1, s1 and r1 go without",
			     v->name, v->name, v->name, v->name);
	}
	return 0;
}

/* ---- statements ---- */

static bool is_option(const struct word *w)
{
	return w->n && (memchr(w->s, '=', w->n) || memchr(w->s, '/', w->n) ||
			memchr(w->s, ':', w->n) || memchr(w->s, '.', w->n) || digit(w->s[0]));
}

static int node_option(struct parser *p, const struct word *w, struct lab_node *v)
{
	int rc = parse_own(p, w, v->addr, v->addr_place, v->mac, &v->mac_place);

	if (rc < 0)
		return -1;
	if (rc && v->kind == LAB_SWITCH)
		return WRONG(p, PLACE(*w), "a switch has no address");
	if (rc)
		return 0;
	if (word_is(w, "tree=on") || word_is(w, "tree=off")) {
		if (v->kind != LAB_SWITCH)
			return WRONG(p, PLACE(*w), "tree is for switches");
		v->tree = w->n == 7;
		return 0;
	}
	return parse_unknown_option(p, w, true);
}

/* The names of a declaration: up to its first option. Returns how many, in who[]; -1. */
static int declared_names(struct parser *p, enum lab_kind kind, unsigned *who)
{
	int count = 0;
	unsigned i;

	for (skip_blanks(p); !at_end(p); skip_blanks(p)) {
		size_t from = p->at;
		struct word w = take_word(p);

		if (count && is_option(&w)) {
			p->at = from;
			break;
		}
		if (parse_node(p, &w, &i))
			return -1;
		if (p->t->node[i].declared == LAB_BY_WORD)
			return WRONG(p, PLACE(w), "%s is declared twice", p->t->node[i].name);
		p->t->node[i].kind = kind;
		p->t->node[i].declared = LAB_BY_WORD;
		who[count++] = i; /* no more than there are nodes: each is declared once */
	}
	if (!count)
		return WRONG(p, ((struct lab_place) { (uint32_t)p->at, 1 }),
			     "a name is wanted: %s %s", lab_kind_name(kind), "web");
	return count;
}

/* host web 10.0.3.80/24 mac=...; switch a b c */
static int parse_declaration(struct parser *p, enum lab_kind kind)
{
	unsigned who[LAB_NODES];
	int count = declared_names(p, kind, who);

	if (count < 0)
		return -1;
	for (skip_blanks(p); !at_end(p); skip_blanks(p)) {
		struct word w = take_word(p);

		if (!w.n)
			return WRONG(p, ((struct lab_place) { w.at, 1 }),
				     "an address or an option is wanted here");
		if (count > 1 && !word_is(&w, "tree=on") && !word_is(&w, "tree=off"))
			return WRONG(p, PLACE(w), "that cannot be for %d at once", count);
		for (int i = 0; i < count; i++)
			if (node_option(p, &w, &p->t->node[who[i]]))
				return -1;
	}
	return 0;
}

/* (10.0.3.80/24 mac=...) behind an end of a wire */
static int end_options(struct parser *p, struct lab_port *port)
{
	size_t open = p->at++;

	for (;;) {
		struct word w;
		int rc;

		skip_blanks(p);
		if (p->at < p->len && p->text[p->at] == ')') {
			p->at++;
			return 0;
		}
		if (at_end(p) || dashes(p, p->at))
			return WRONG(p, ((struct lab_place) { (uint32_t)open, 1 }),
				     "this is not closed: ')' is missing");
		w = take_word(p);
		if (!w.n)
			return WRONG(p, ((struct lab_place) { w.at, 1 }), "an address is wanted");
		rc = parse_own(p, &w, port->addr, port->addr_place, port->mac, &port->mac_place);
		if (rc < 0)
			return -1;
		if (!rc)
			return parse_unknown_option(p, &w, true);
	}
}

static int parse_end(struct parser *p, const struct word *w, struct lab_port *port)
{
	*port = (struct lab_port) { .place = PLACE(*w) };
	if (parse_node(p, w, &port->node))
		return -1;
	skip_blanks(p);
	if (p->at < p->len && p->text[p->at] == '(')
		return end_options(p, port);
	return 0;
}

static int add_wire(struct parser *p, const struct lab_port *a, const struct lab_port *b)
{
	struct topology *t = p->t;
	struct lab_wire *w;

	if (a->node == b->node)
		return WRONG(p, b->place, "a wire from %s to itself", t->node[a->node].name);
	if (t->nwires == LAB_WIRES)
		return WRONG(p, b->place, "more than %d wires", LAB_WIRES);
	w = arena_room(&t->mem, t->wire, t->nwires, &p->cap_wire, sizeof(*w));
	if (!w)
		return err_set(p->e, ERR_IO, "out of memory");
	t->wire = w;
	for (unsigned i = 0; i < 2; i++) {
		struct lab_port *v =
			arena_room(&t->mem, t->port, 2 * t->nwires + i, &p->cap_port, sizeof(*v));
		if (!v)
			return err_set(p->e, ERR_IO, "out of memory");
		t->port = v;
		v[2 * t->nwires + i] = i ? *b : *a;
	}
	t->wire[t->nwires++] =
		(struct lab_wire) { .queue = 1000,
				    .mtu = 1500,
				    .place = { a->place.at,
					       b->place.at + b->place.len - a->place.at } };
	return 0;
}

static int wire_options(struct parser *p, unsigned from)
{
	for (skip_blanks(p); !at_end(p); skip_blanks(p)) {
		struct word w = take_word(p);

		if (!w.n)
			return WRONG(p, ((struct lab_place) { w.at, 1 }),
				     "'--' or an option such as loss=10%% is wanted here");
		if (word_is(&w, "-"))
			return WRONG(p, PLACE(w), "a wire is two dashes: '--'");
		for (unsigned i = from; i < p->t->nwires; i++) {
			int rc = parse_wire_option(p, &p->t->wire[i], &w);

			if (rc < 0)
				return -1;
			if (!rc)
				return parse_unknown_option(p, &w, false);
		}
		if (from == p->t->nwires)
			return WRONG(p, PLACE(w), "'--' and a second name make a wire of it");
	}
	return 0;
}

/* h1 -- s1 -- h2 loss=10%; a name alone is a host without a wire */
static int parse_wires(struct parser *p, const struct word *first)
{
	unsigned from = p->t->nwires;
	struct word w = *first;
	struct lab_port a, b;

	if (parse_end(p, &w, &a))
		return -1;
	for (skip_blanks(p); dashes(p, p->at); a = b) {
		p->at += 2;
		if (p->at < p->len && p->text[p->at] == '-')
			return WRONG(p, ((struct lab_place) { (uint32_t)p->at, 1 }),
				     "a wire is two dashes");
		skip_blanks(p);
		w = take_word(p);
		if (parse_end(p, &w, &b) || add_wire(p, &a, &b))
			return -1;
		/* What stands in parentheses is of the wire to the left. */
		memset(b.addr, 0, sizeof(b.addr));
		memset(b.mac, 0, sizeof(b.mac));
		skip_blanks(p);
	}
	if (from == p->t->nwires && (a.addr[0].len || a.addr[1].len || a.mac_place.len))
		return WRONG(p, a.place, "an address without a wire: say 'host %s ADDRESS'",
			     p->t->node[a.node].name);
	return wire_options(p, from);
}

static int parse_statement(struct parser *p)
{
	struct word w = take_word(p);

	for (unsigned i = 0; i < 3; i++)
		if (word_is(&w, reserved[i]))
			return parse_declaration(p, (enum lab_kind)i);
	for (unsigned i = 3; i < 7; i++)
		if (word_is(&w, reserved[i]))
			return parse_step(p, (enum lab_step_kind)(i - 3), &w);
	return parse_wires(p, &w);
}

static int parse_all(struct parser *p)
{
	while (p->at < p->len) {
		char c;

		skip_blanks(p);
		c = p->at < p->len ? p->text[p->at] : '\n';
		if (c == '#')
			while (p->at < p->len && p->text[p->at] != '\n')
				p->at++;
		else if (at_end(p))
			p->at++;
		else if (parse_statement(p))
			return -1;
	}
	if (!p->t->nnodes)
		return err_set(p->e, ERR_USAGE, "%s%sno hosts; the smallest network is: h1 -- h2",
			       p->name, *p->name ? ": " : "");
	return check_declared(p) || give_addresses(p) || give_routes(p) ? -1 : 0;
}

struct topology *topology_parse(const char *name, const char *text, size_t len, struct err *e)
{
	struct parser p = { .name = name, .text = text, .len = len, .e = e };
	const char *nul = memchr(text, 0, len);

	if (len > LAB_TEXT) {
		err_set(e, ERR_USAGE, "%s%sa topology has at most %d bytes", name,
			*name ? ": " : "", LAB_TEXT);
		return NULL;
	}
	if (nul) {
		err_at(e, name, text, len, (size_t)(nul - text), 1,
		       "this is no text that describes a network");
		return NULL;
	}
	p.t = calloc(1, sizeof(*p.t));
	if (!p.t) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	p.t->text = arena_strndup(&p.t->mem, text, len);
	if (!p.t->text)
		err_set(e, ERR_IO, "out of memory");
	if (!p.t->text || parse_all(&p)) {
		topology_free(p.t);
		return NULL;
	}
	return p.t;
}

void topology_free(struct topology *t)
{
	if (!t)
		return;
	arena_done(&t->mem);
	free(t);
}
