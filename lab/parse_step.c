/* SPDX-License-Identifier: BSD-2-Clause */
/* What a topology says is to be done: programs to start, to run, to wait for, to stop. */
#include "lab/parser.h"

static int add_step(struct parser *p, const struct lab_step *s)
{
	struct topology *t = p->t;
	struct lab_step *v;

	if (t->nsteps == LAB_STEPS)
		return WRONG(p, ((struct lab_place) { (uint32_t)p->at, 1 }), "more than %d steps",
			     LAB_STEPS);
	v = arena_room(&t->mem, t->step, t->nsteps, &p->cap_step, sizeof(*v));
	if (!v)
		return err_set(p->e, ERR_IO, "out of memory");
	t->step = v;
	v[t->nsteps++] = *s;
	return 0;
}

/* web:80 */
static int host_port(struct parser *p, const struct word *w, struct lab_step *s)
{
	const char *colon = memchr(w->s, ':', w->n);
	struct word host = { w->s, colon ? (uint32_t)(colon - w->s) : 0, w->at };
	unsigned v = 0;

	for (const char *c = colon ? colon + 1 : w->s + w->n; c < w->s + w->n; c++)
		v = *c >= '0' && *c <= '9' && v < 65536 ? v * 10 + (unsigned)(*c - '0') : 65536;
	if (!colon || !v || v > 65535)
		return WRONG(p, ((struct lab_place) { w->at, w->n ? w->n : 1 }),
			     "a host and its port is wanted: web:80");
	s->port = (uint16_t)v;
	return parse_node(p, &host, &s->port_node);
}

/* : COMMAND, to the end of the line, whatever stands in it */
static int command(struct parser *p, struct lab_step *s)
{
	size_t from, to;

	skip_blanks(p);
	if (p->at >= p->len || p->text[p->at] != ':')
		return WRONG(p, ((struct lab_place) { (uint32_t)p->at, 1 }),
			     "':' and a command is wanted: run h1: ping -c 1 h2");
	p->at++;
	skip_blanks(p);
	from = p->at;
	while (p->at < p->len && p->text[p->at] != '\n')
		p->at++;
	for (to = p->at; to > from && strchr(" \t\r", p->text[to - 1]);)
		to--;
	if (to == from)
		return WRONG(p, ((struct lab_place) { (uint32_t)from, 1 }), "a command is wanted");
	s->command = arena_strndup(&p->t->mem, p->text + from, to - from);
	return s->command ? add_step(p, s) : err_set(p->e, ERR_IO, "out of memory");
}

/* A host's name, which ':' may end. */
static struct word take_host(struct parser *p)
{
	struct word w;
	const char *colon;

	skip_blanks(p);
	w = take_word(p);
	colon = memchr(w.s, ':', w.n);
	if (colon) {
		p->at -= w.n - (size_t)(colon - w.s);
		w.n = (uint32_t)(colon - w.s);
	}
	return w;
}

static int wait_step(struct parser *p, struct lab_step *s)
{
	struct word w;

	skip_blanks(p);
	w = take_word(p);
	if (w.n && w.s[0] >= '0' && w.s[0] <= '9') {
		if (parse_time(p, &w, &s->time))
			return -1;
	} else if (host_port(p, &w, s)) {
		return -1;
	}
	return add_step(p, s);
}

static int finish(struct parser *p)
{
	skip_blanks(p);
	if (at_end(p))
		return 0;
	return WRONG(p, ((struct lab_place) { (uint32_t)p->at, 1 }),
		     "the end of the line is wanted here");
}

int parse_step(struct parser *p, enum lab_step_kind kind, const struct word *first)
{
	struct lab_step s = { .kind = kind, .lineno = 1 };
	struct word w;

	for (uint32_t i = 0; i < first->at; i++)
		s.lineno += p->text[i] == '\n';
	if (kind == LAB_WAIT)
		return wait_step(p, &s) || finish(p) ? -1 : 0;
	w = take_host(p);
	if (parse_node(p, &w, &s.node))
		return -1;
	if (kind == LAB_STOP)
		return add_step(p, &s) || finish(p) ? -1 : 0;
	skip_blanks(p);
	if (p->at < p->len && p->text[p->at] != ':') {
		w = take_word(p);
		if (!word_is(&w, "after"))
			return WRONG(p, ((struct lab_place) { w.at, w.n ? w.n : 1 }),
				     "':' and a command is wanted, or 'after HOST:PORT'");
		skip_blanks(p);
		w = take_word(p);
		/* after web:80: COMMAND */
		if (w.n && w.s[w.n - 1] == ':') {
			w.n--;
			p->at--;
		}
		if (host_port(p, &w, &s))
			return -1;
	}
	return command(p, &s);
}
