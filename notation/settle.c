/* SPDX-License-Identifier: BSD-2-Clause */
/* What the raw texts of a layer mean, once all of it was read: a value's form follows from its
 * field's type, and the type may hang on another field. */
#include "notation/parser.h"

#include "core/value.h"

static int settle_type(struct parser *ps, const struct scope *sc, const struct field *f,
		       const struct type *type, struct say *say, unsigned depth, bool item);

const struct type *settle_arm(struct parser *ps, const struct scope *sc, const struct type *type,
			      const struct type **stuck)
{
	for (unsigned guard = 0; type && type->form == TYPE_CHOOSE; guard++) {
		const struct type *arm = NULL;
		struct known k = { 0 };

		*stuck = type;
		if (type->on && guard < PATH_DEPTH)
			k = say_eval(ps, sc, type->on);
		for (unsigned i = 0; k.ok && i < type->narms && !arm; i++) {
			const struct arm *a = &type->arms[i];

			if (!a->lo ||
			    (a->hi ? k.v >= a->lo->num && k.v <= a->hi->num : k.v == a->lo->num))
				arm = a->type;
		}
		type = arm;
	}
	return type;
}

/* X.len= and X.width= of a say. */
static int settle_derived(struct parser *ps, const struct type *type, struct say *say)
{
	if (type->form != TYPE_LEAF && type->form != TYPE_LIST)
		return 0;
	for (struct say *c = say->child; c; c = c->next) {
		if (!c->name || c->form != SAY_TEXT ||
		    (strcmp(c->name, "len") && strcmp(c->name, "width")))
			continue; /* others are told when it is built */
		if (text_number(c->text, c->text_len, &c->cur.num))
			return text_fail(ps, c->at, c->span, "%s takes a number", c->name);
		c->form = SAY_VALUE;
	}
	return 0;
}

/* Could the arm take what was said? */
static bool arm_takes(struct parser *ps, const struct field *f, const struct type *arm,
		      const struct say *say, struct err *e)
{
	const struct say *c = say->child;
	struct value v;

	if (say->form == SAY_TREE) {
		if (!c)
			return false;
		return c->name ? arm->form == TYPE_STRUCT &&
					 record_field(arm->rec, c->name, strlen(c->name))
			       : arm->form == TYPE_LIST;
	}
	if (arm->form == TYPE_LEAF)
		return value_parse(f, arm, say->text, say->text_len, &ps->p->mem, &v, e) == 0 &&
		       (is_payload_word(say->text, say->text_len) || value_fits(arm, &v));
	return say->text[0] != '"' && (arm->form == TYPE_LIST || arm->form == TYPE_STRUCT);
}

/* Which arm cannot be told: take the first that fits what was said; the builder does the same. */
static int settle_unknown(struct parser *ps, const struct scope *sc, const struct field *f,
			  const struct type *type, struct say *say, unsigned depth)
{
	struct types t;
	struct span_text text;
	struct say *was;
	unsigned nsweeps;

	if (say->form == SAY_TEXT && begins(say->text, say->text_len, "hex:")) {
		say->form = SAY_RAW;
		return hex_bytes(ps, say, say->text + 4, say->text_len - 4, &say->cur.p,
				 &say->cur.len);
	}
	t.n = 0;
	types_add(&t, type);
	for (unsigned i = 0; i < t.n; i++) {
		struct err e = { 0 };

		if (!arm_takes(ps, f, t.v[i], say, &e)) {
			if (e.code == ERR_IO)
				return err_set(ps->e, ERR_IO, "%s", e.msg);
			continue;
		}
		if (t.v[i]->form == TYPE_LEAF)
			break;
		was = say_copy(&ps->p->mem, say);
		nsweeps = ps->p->nsweeps;
		if (!was)
			return text_nomem(ps);
		if (!settle_type(ps, sc, f, t.v[i], say, depth, false))
			return 0;
		/* A number too large for one form may fit the next. */
		if (!ps->e || ps->e->code != ERR_USAGE || i + 1 == t.n ||
		    t.v[i + 1]->form != t.v[i]->form)
			return -1;
		/* As if it had not been tried: what stands in it has become values, or sweeps. */
		was->next = say->next;
		*say = *was;
		ps->p->nsweeps = nsweeps;
		*ps->e = (struct err) { 0 };
	}
	if (say->form == SAY_TEXT && say->text[0] == '"') {
		if (text_unquote(ps, say, say->text, say->text_len, &text))
			return -1;
		say->text = text.s;
		say->text_len = (uint32_t)text.n;
	}
	return 0;
}

static int settle_list(struct parser *ps, const struct scope *sc, const struct field *f,
		       const struct type *type, struct say *say, unsigned depth)
{
	if (say->form == SAY_TEXT && list_set(ps, sc, f, type, say))
		return -1;
	for (struct say *s = say->child; s; s = s->next) {
		if (!s->name && settle_type(ps, sc, f, type->item, s, depth, true))
			return -1;
	}
	return 0;
}

static int settle_type(struct parser *ps, const struct scope *sc, const struct field *f,
		       const struct type *type, struct say *say, unsigned depth, bool item)
{
	const struct type *stuck = type, *arm = settle_arm(ps, sc, type, &stuck);

	if (depth > PATH_DEPTH * 2)
		return text_fail(ps, say->at, say->span, "this is nested too deeply");
	if (!arm)
		return settle_unknown(ps, sc, f, stuck, say, depth + 1);
	if (settle_derived(ps, arm, say))
		return -1;
	switch (arm->form) {
	case TYPE_LIST: return settle_list(ps, sc, f, arm, say, depth + 1);
	case TYPE_STRUCT: {
		struct scope in = { sc, arm->rec, &say->child, sc->layer };

		if (say->form == SAY_TEXT && struct_set(ps, sc, arm, say, say->text, say->text_len))
			return -1;
		return say->form == SAY_TREE ? settle_record(ps, &in, depth + 1) : 0;
	}
	case TYPE_PAD:
		if (say->form == SAY_TEXT && same(say->text, say->text_len, "auto")) {
			say->form = SAY_AUTO;
		} else if (say->form == SAY_TEXT) {
			if (!begins(say->text, say->text_len, "hex:"))
				return text_fail(ps, say->at, say->span,
						 "%s is padding; it takes hex:", f->name);
			say->form = SAY_RAW;
			return hex_bytes(ps, say, say->text + 4, say->text_len - 4, &say->cur.p,
					 &say->cur.len);
		}
		return 0;
	default: return say->form == SAY_TEXT ? leaf_set(ps, sc, f, arm, say, item) : 0;
	}
}

static const struct field *field_of(const struct record *rec, const char *name)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		if (rec->fields[i].name == name)
			return &rec->fields[i];
	}
	return NULL;
}

/* The items 0 .. n-1 of a list that has always so many. */
static int all_items(struct parser *ps, const struct type *type, struct say *say)
{
	for (uint32_t i = 0; i < (uint32_t)type->ext.expr->num && i <= INDEX_MAX; i++) {
		if (!say_item(ps, say, i))
			return -1;
	}
	return 0;
}

/* What the description says of a list or a struct that the user said nothing of, as if it had been
 * said: the builder knows values of leaves alone. */
static int settle_default(struct parser *ps, const struct scope *sc, const struct field *f,
			  unsigned depth)
{
	const struct plan_layer *l = &ps->p->layer[sc->layer];
	const struct type *stuck, *type = settle_arm(ps, sc, f->type, &stuck);
	bool text = f->rule.form == RULE_CONST && f->rule.text;
	struct say *say;

	if (f->optional || !type || (type->form != TYPE_LIST && type->form != TYPE_STRUCT) ||
	    say_find(*sc->says, f->name))
		return 0;
	say = say_new(ps, sc->says);
	if (!say)
		return -1;
	*say = (struct say) { .name = f->name,
			      .form = text ? SAY_TEXT : SAY_TREE,
			      .text = f->rule.text,
			      .text_len = f->rule.text_len,
			      .at = l->at,
			      .span = l->span,
			      .implied = true };
	if (!text && type->form == TYPE_LIST && all_items(ps, type, say))
		return -1;
	if (!settle_type(ps, sc, f, type, say, depth, false))
		return 0;
	if (text && ps->e && ps->e->code == ERR_USAGE) {
		char why[sizeof(ps->e->msg)];

		memcpy(why, ps->e->msg, sizeof(why));
		snprintf(ps->e->msg, sizeof(ps->e->msg), "default of %s: %.400s", f->name, why);
	}
	return -1;
}

int settle_record(struct parser *ps, const struct scope *sc, unsigned depth)
{
	for (struct say *s = *sc->says; s; s = s->next) {
		const struct field *f = s->name ? field_of(sc->rec, s->name) : NULL;

		if (!f)
			continue;
		if (!(ps->flags & PLAN_PATTERN) && f->cond && imply(ps, sc, f, s))
			return -1;
	}
	for (struct say *s = *sc->says; s; s = s->next) {
		const struct field *f = s->name ? field_of(sc->rec, s->name) : NULL;

		if (f && settle_type(ps, sc, f, f->type, s, depth, false))
			return -1;
	}
	for (unsigned i = 0; sc->rec->says && i < sc->rec->nfields; i++) {
		const struct field *f = &sc->rec->fields[i];

		if (f->says && !(ps->flags & PLAN_PATTERN) && settle_default(ps, sc, f, depth + 1))
			return -1;
	}
	return 0;
}

int settle_layer(struct parser *ps, unsigned i)
{
	struct plan_layer *l = &ps->p->layer[i];
	struct scope sc = { NULL, &l->proto->rec, &l->say, i };

	if (settle_record(ps, &sc, 0))
		return -1;
	return l->trailer ? payload_set(ps, i, l->trailer, true) : 0;
}
