/* SPDX-License-Identifier: BSD-2-Clause */
/* Loader of the protocol language: a file's protocols, structs and word tables into the registry.
 * What one file alone can tell is judged here; names of other files when the registry is frozen. */
#include "core/load.h"

#include "core/near.h"

uint32_t load_line(struct load *l, uint32_t at)
{
	for (; l->line_at < at; l->line_at++)
		l->line += l->text[l->line_at] == '\n';
	return l->line;
}

/* ---- records ---- */

static struct unit *open_record(struct load *l)
{
	static const struct vec none;
	struct unit *u = arena_alloc(&l->r->mem, sizeof(*u));

	if (!u) {
		load_nomem(l->e);
		return NULL;
	}
	u->src = l->src;
	l->u = u;
	l->fields = l->fsrc = l->refs = l->spans = l->views = l->secrets = none;
	l->announces = l->announce_src = l->teaches = none;
	l->npre = -1;
	l->nest = 0;
	return u;
}

static int unknown_field(struct load *l, const char *name, struct place at)
{
	const struct record *rec = l->u->rec;
	char near[100];

	near_name(near, sizeof(near), record_suggest(rec, name, strlen(name)));
	return load_fail(l, at, "%s has no field '%s'%s", rec->name, name, near);
}

/* Field names and aliases are each there once, case ignored. */
static int unique_fields(struct load *l)
{
	const struct record *rec = l->u->rec;

	l->r->mark++;
	for (unsigned i = 0; i < rec->nfields; i++) {
		struct symbol *s = symbol_folded(l->r, rec->fields[i].name);

		if (!s)
			return load_nomem(l->e);
		if (s->mark == l->r->mark)
			return load_fail(l, l->u->f[i].name, "the field '%s' is here twice",
					 rec->fields[i].name);
		s->mark = l->r->mark;
	}
	for (unsigned i = 0; i < rec->nfields; i++) {
		const char *const *a = rec->fields[i].alias;

		for (; a && *a; a++) {
			struct symbol *s = symbol_folded(l->r, *a);

			if (!s)
				return load_nomem(l->e);
			if (s->mark == l->r->mark && !strchr(*a, '.'))
				return load_fail(l, l->u->f[i].name, "'%s' names two fields of %s",
						 *a, rec->name);
			s->mark = l->r->mark;
		}
	}
	return 0;
}

static int keyword_span(struct load *l, const struct span_ref *ref)
{
	static const char *const words[] = { "all", "header", "payload", NULL, "pseudo" };

	for (unsigned i = 0; i < 5; i++) {
		if (!words[i] || strcmp(ref->from, words[i]))
			continue;
		if (ref->to)
			return load_fail(l, ref->at, "'%s' is a whole span; write it alone",
					 ref->from);
		if (!l->u->proto && (i == SPAN_PAYLOAD || i == SPAN_PSEUDO))
			return load_fail(l, ref->at, "a struct has no %s", ref->from);
		ref->dst->form = (enum span_form)i;
		return 0;
	}
	return 1;
}

static int resolve_span(struct load *l, const struct span_ref *ref)
{
	const struct record *rec = l->u->rec;
	const struct field *from = unit_field(l->u, ref->from), *to = from;
	int k;

	if (!from) {
		k = keyword_span(l, ref);
		if (k <= 0)
			return k;
		return unknown_field(l, ref->from, ref->at);
	}
	if (ref->to) {
		to = unit_field(l->u, ref->to);
		if (!to && !strcmp(ref->to, "end") && rec->npre)
			to = &rec->fields[rec->npre - 1];
		if (!to)
			return unknown_field(l, ref->to, ref->at);
	}
	if (to->index < from->index)
		return load_fail(l, ref->at, "'%s' stands before '%s'", to->name, from->name);
	if (from->after != to->after)
		return load_fail(l, ref->at,
				 "the payload lies between them; write %s..end + payload",
				 from->name);
	ref->dst->form = SPAN_FIELDS;
	ref->dst->from = from->index;
	ref->dst->to = to->index;
	return 0;
}

static int close_record(struct load *l, struct record *rec)
{
	struct unit *u = l->u, **slot;

	rec->fields = l->fields.p;
	rec->nfields = (uint16_t)l->fields.n;
	rec->npre = l->npre >= 0 ? (uint16_t)l->npre : rec->nfields;
	rec->fixed_bits = -1;
	rec->views = l->views.p;
	rec->nviews = (uint16_t)l->views.n;
	rec->secrets = l->secrets.p;
	rec->nsecrets = (uint16_t)l->secrets.n;
	rec->announces = l->announces.p;
	rec->nannounces = (uint16_t)l->announces.n;
	rec->teaches = l->teaches.p;
	rec->nteaches = (uint16_t)l->teaches.n;
	u->announce_src = l->announce_src.p;
	u->rec = rec;
	u->f = l->fsrc.p;
	for (unsigned i = 0; i < rec->nfields; i++) {
		rec->fields[i].rec = rec;
		rec->fields[i].fixed_bit = -1;
		rec->fields[i].bounds_from = rec->fields[i].bounds_to = -1;
	}
	if (unique_fields(l))
		return -1;
	for (uint32_t i = 0; i < l->refs.n; i++) {
		const struct field_ref *ref = VEC_AT(struct field_ref, l->refs, i);
		const struct field *f = unit_field(u, ref->name);

		if (!f)
			return unknown_field(l, ref->name, ref->at);
		if (ref->dst)
			*ref->dst = f->index;
	}
	for (uint32_t i = 0; i < l->spans.n; i++) {
		struct span_ref *ref = VEC_AT(struct span_ref, l->spans, i);

		if (ref->field >= 0)
			ref->dst = &rec->fields[ref->field].rule.spans.v[ref->nth];
		if (resolve_span(l, ref))
			return -1;
	}
	slot = vec_push(&l->r->mem, &l->units, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = u;
	return 0;
}

/* { FIELD | DIRECTIVE ... } */
static int parse_body(struct load *l, const char **doc)
{
	load_accept(l, TOK_LINE);
	if (load_want(l, '{', "'{'"))
		return -1;
	for (;;) {
		while (load_accept(l, TOK_LINE))
			;
		if (l->t.type == '}')
			break;
		if (l->t.type != TOK_NAME)
			return load_expected(l, l->pv ? "a field (name : type), a directive or '}'"
						      : "a field (name : type) or '}'");
		if (load_peek(l).type == ':') {
			if (parse_field(l))
				return -1;
		} else if (load_is(l, "view")) {
			if (parse_view(l))
				return -1;
		} else if (load_is(l, "announces")) {
			if (parse_announce(l))
				return -1;
		} else if (load_is(l, "teaches")) {
			if (parse_teach(l))
				return -1;
		} else if (l->pv) {
			if (parse_directive(l))
				return -1;
		} else if (load_is(l, "doc") && !*doc) {
			load_next(l);
			*doc = load_text(l, "a string in double quotes");
			if (!*doc)
				return -1;
		} else {
			return load_expected(l, "a field (name : type), doc, view, announces, "
						"teaches or '}'");
		}
		if (l->t.type != TOK_LINE && l->t.type != '}')
			return load_expected(l, "the end of the line");
	}
	load_next(l);
	return 0;
}

/* ---- what stands in a file ---- */

static bool declared(const struct load *l, const char *name, bool proto)
{
	for (uint32_t i = 0; i < l->units.n; i++) {
		const struct unit *u = *VEC_AT(struct unit *, l->units, i);

		if (u->rec->name == name && !!u->proto == proto)
			return true;
	}
	return false;
}

static int parse_struct(struct load *l)
{
	struct record *rec = arena_alloc(&l->r->mem, sizeof(*rec));
	struct unit *u = open_record(l);

	if (!rec || !u)
		return load_nomem(l->e);
	load_next(l);
	u->name = load_here(l);
	rec->name = load_name(l, "the name of the struct");
	if (!rec->name)
		return -1;
	if (declared(l, rec->name, false))
		return load_fail(l, u->name, "the struct '%s' is here twice", rec->name);
	if (kind_find(rec->name, strlen(rec->name)) || !strcmp(rec->name, "choose") ||
	    !strcmp(rec->name, "pad") || !strcmp(rec->name, "wide") ||
	    !strcmp(rec->name, "implied"))
		return load_fail(l, u->name, "'%s' is a type of the language", rec->name);
	if (l->t.type == TOK_STR && !(rec->doc = load_text(l, "a string")))
		return -1;
	l->pv = NULL;
	if (parse_body(l, &rec->doc))
		return -1;
	return close_record(l, rec);
}

static int check_proto_name(struct load *l, const struct unit *u)
{
	const char *s = u->proto->name;

	for (const char *c = s; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			return load_fail(
				l, u->name,
				"a protocol's name is in lower case; other spellings: names");
	}
	if (declared(l, s, true))
		return load_fail(l, u->name, "the protocol '%s' is here twice", s);
	return 0;
}

static int parse_protocol(struct load *l)
{
	struct proto *p = arena_alloc(&l->r->mem, sizeof(*p));
	struct unit *u = open_record(l);
	struct pvecs pv = { 0 };

	if (!p || !u)
		return load_nomem(l->e);
	load_next(l);
	u->proto = p;
	u->name = load_here(l);
	p->lineno = load_line(l, l->t.at);
	p->name = load_name(l, "the name of the protocol");
	if (!p->name || check_proto_name(l, u))
		return -1;
	p->rec.name = p->name;
	p->rec.proto = p;
	p->file = l->src->name;
	p->builtin = l->src->builtin;
	if (l->t.type == TOK_STR && !(p->title = load_text(l, "a string")))
		return -1;
	l->pv = &pv;
	if (parse_body(l, NULL) || close_record(l, &p->rec))
		return -1;
	return proto_close(l);
}

static int parse_table(struct load *l)
{
	struct table *t = arena_alloc(&l->r->mem, sizeof(*t)), **slot;
	bool flags = false;

	if (!t)
		return load_nomem(l->e);
	load_next(l);
	t->src = l->src;
	t->name = load_here(l);
	t->w.name = load_name(l, "the name of the word table");
	if (!t->w.name)
		return -1;
	for (uint32_t i = 0; i < l->tables.n; i++) {
		if ((*VEC_AT(struct table *, l->tables, i))->w.name == t->w.name)
			return load_fail(l, t->name, "the word table '%s' is here twice",
					 t->w.name);
	}
	if (load_is(l, "flags")) {
		flags = true;
		load_next(l);
	} else if (load_is(l, "enum")) {
		load_next(l);
	}
	load_accept(l, TOK_LINE);
	slot = vec_push(&l->r->mem, &l->tables, sizeof(*slot));
	if (!slot)
		return load_nomem(l->e);
	*slot = t;
	return parse_words(l, &t->w, flags);
}

static int parse_endian(struct load *l)
{
	if (l->units.n)
		return load_fail(l, load_here(l),
				 "endian comes before the first protocol or struct");
	load_next(l);
	if (!load_is(l, "little") && !load_is(l, "big"))
		return load_expected(l, "little or big");
	l->le = load_is(l, "little");
	load_next(l);
	return 0;
}

static int parse_file(struct load *l)
{
	static const char *const known[] = { "protocol", "struct", "words", "endian" };
	char near[100];

	for (;;) {
		int k;

		while (load_accept(l, TOK_LINE))
			;
		if (l->t.type == TOK_END)
			return 0;
		if (load_is(l, "protocol")) {
			k = parse_protocol(l);
		} else if (load_is(l, "struct")) {
			k = parse_struct(l);
		} else if (load_is(l, "words")) {
			k = parse_table(l);
		} else if (load_is(l, "endian")) {
			k = parse_endian(l);
		} else if (l->t.type == TOK_NAME &&
			   near_name(near, sizeof(near),
				     near_word(l->text + l->t.at, l->t.len, known, 4))[0]) {
			return load_fail(l, load_here(l),
					 "expected protocol, struct, words or endian%s", near);
		} else {
			return load_expected(l, "protocol, struct, words or endian");
		}
		if (k)
			return -1;
		if (l->t.type != TOK_LINE && l->t.type != TOK_END)
			return load_expected(l, "the end of the line");
	}
}

static struct source *open_source(struct registry *r, const char *name, const char *text,
				  size_t len, bool builtin, struct err *e)
{
	struct source *s = arena_alloc(&r->mem, sizeof(*s));

	if (!s || !(s->name = arena_strndup(&r->mem, name, strlen(name))) ||
	    !(s->text = arena_strndup(&r->mem, text, len))) {
		load_nomem(e);
		return NULL;
	}
	s->len = (uint32_t)len;
	s->builtin = builtin;
	return s;
}

/* Bytes that no editor shows have no place in a text that people read. */
static int check_bytes(struct load *l)
{
	for (uint32_t i = 0; i < l->len; i++) {
		uint8_t c = (uint8_t)l->text[i];

		if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return load_fail(l, (struct place) { i, 1 },
					 "a protocol file may not hold control characters; in a "
					 "string write \\x%02x",
					 c);
	}
	return 0;
}

int registry_load(struct registry *r, const char *name, const char *text, size_t len, bool builtin,
		  struct err *e)
{
	struct err own = { 0 };
	struct load l = { .r = r, .line = 1, .e = e ? e : &own };

	if (registry_load_now(r, e) < 0)
		return -1;
	if (r->frozen)
		return err_set(e, ERR_USAGE, "%s: the protocols are frozen", name);
	if (len > FILE_MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s: a protocol file of at most 1 MiB is accepted",
			       name);
	l.src = open_source(r, name, text, len, builtin, l.e);
	if (!l.src)
		return -1;
	l.text = l.src->text;
	l.len = l.src->len;
	/* Some editors begin a file with a byte order mark. */
	l.t = lex_token(l.text, l.len, len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0);
	if (check_bytes(&l) || parse_file(&l))
		return -1;
	return registry_adopt(&l);
}
