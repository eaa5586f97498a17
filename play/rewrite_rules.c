/* SPDX-License-Identifier: BSD-2-Clause */
/* What is to be rewritten, read from the options' texts. */
#include "play/rewrite_impl.h"

#include <stdlib.h>
#include <string.h>

#include "craft/addr.h"

/* ---- what was asked for ---- */

static int no_map(const char *text, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "'--map %.200s': wants OLD=NEW, two addresses (10.0.0.1=10.0.0.9), two "
		       "networks of the same size (10.0.0.0/24=10.9.9.0/24), or two ports "
		       "of a protocol (PROTOCOL:80=8080)",
		       text);
}

int rules_map(struct rewrite *w, const char *text, struct map_rule *m, struct err *e)
{
	const char *equal = strchr(text, '='), *colon = strchr(text, ':');
	const struct field *src, *dst;

	if (!equal)
		return no_map(text, e);
	if (colon && colon < equal)
		m->proto = registry_find(w->o.reg, text, (size_t)(colon - text));
	if (m->proto) {
		if (!proto_ends(m->proto, END_PORT, &src, &dst))
			return err_set(e, ERR_USAGE, "'--map %.200s': %s has no ports", text,
				       m->proto->name);
		return net_number(colon + 1, (size_t)(equal - colon - 1), UINT16_MAX, &m->port) &&
				       net_number(equal + 1, strlen(equal + 1), UINT16_MAX,
						  &m->new_port)
			       ? 0
			       : no_map(text, e);
	}
	return net_parse(text, (size_t)(equal - text), NULL, &w->mem, &m->from) &&
			       net_parse(equal + 1, strlen(equal + 1), m->from.kind, &w->mem,
					 &m->to) &&
			       m->from.bits == m->to.bits
		       ? 0
		       : no_map(text, e);
}

/* May the field be written over where it stands? */
static bool patchable(const struct field *f)
{
	return f && f->plain && !f->structural && f->rule.form != RULE_LEN &&
	       f->rule.form != RULE_COUNT && f->rule.form != RULE_SUM;
}

const struct field *said_field(const struct plan_layer *y, const struct say *c)
{
	return c->name ? record_field(&y->proto->rec, c->name, strlen(c->name)) : NULL;
}

int rules_set(struct rewrite *w, const char *text, struct set_rule *s, struct err *e)
{
	unsigned n = 0;

	if ((*text == '+' || *text == '-') && text[1] == ' ')
		return rules_header(w, text, s, e);
	if (plan_parse(&s->plan, w->o.reg, text, strlen(text), PLAN_PATTERN, e) < 0)
		return -1;
	if (s->plan.nsweeps)
		return err_set(e, ERR_USAGE, "'--set %.200s': each field takes one value", text);
	s->in_place = !w->o.anew;
	for (unsigned i = 0; i < s->plan.n; i++) {
		const struct plan_layer *y = &s->plan.layer[i];

		if (!y->proto)
			return err_set(e, ERR_USAGE,
				       "'--set %.200s': layers and their fields can be set, bytes "
				       "cannot",
				       text);
		for (const struct say *c = y->say; c; c = c->next, n++)
			s->in_place &= (c->form == SAY_TEXT || c->form == SAY_VALUE) &&
				       patchable(said_field(y, c));
	}
	if (!n)
		return err_set(e, ERR_USAGE, "'--set %.200s': no field is set", text);
	s->value = calloc(n, sizeof(*s->value));
	if (!s->value)
		return err_set(e, ERR_IO, "out of memory");
	n = 0;
	for (unsigned i = 0; i < s->plan.n; i++)
		for (const struct say *c = s->plan.layer[i].say; s->in_place && c; c = c->next) {
			const struct field *f = said_field(&s->plan.layer[i], c);

			s->value[n] = c->cur;
			if (c->form == SAY_TEXT && value_parse(f, f->type, c->text, c->text_len,
							       &w->mem, &s->value[n], e) < 0)
				return -1;
			n++;
		}
	w->slow |= !s->in_place;
	return 0;
}
