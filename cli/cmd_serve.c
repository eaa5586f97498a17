/* SPDX-License-Identifier: BSD-2-Clause */
/* strata serve: a server made of a protocol's description, or of a script. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reacting.h"
#include "cli/serving.h"
#include "notation/notation.h"

static const char *const examples[] = {
	"serve -i eth0 --i-may examples/sensor.protocol",
	"whatever asks has the answer that the protocol's reply rule speaks of",
	"serve -i eth0 --i-may examples/sensor.protocol --set 'sensor value=21500'",
	"with a value of one's own",
	"serve -i eth0 --i-may examples/echo.script",
	"lines of a script: < PATTERN, then > PACKET with {NAME}s",
	"serve --via datagram examples/sensor.protocol ip src=127.0.0.1 / udp sport=9001",
	"through an ordinary socket, without root; without words: any address, the protocol's port",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_BE,         OPT_VIA,        OPT_COUNT, OPT_SET,   OPT_DRY_RUN,
	OPT_AS,        OPT_WHERE,      OPT_FIELDS,     OPT_DOC,   OPT_SPANS, OPT_I_MAY,
	OPT_USER,      OPT_NO_PROMISC, OPT_ALLOW_LOSS, OPT_NONE,
};

struct serving {
	struct cli *c;
	const char *path;
	struct react_rule rule[REACT_RULES];
	unsigned n;
	char *text[REACT_RULES * (REACT_ACTS + 1)]; /* of a script */
	unsigned ntext;
	char *sets;
	bool via; /* a socket, not an interface */
	struct listen_at at;
};

/* ---- a protocol ---- */

static bool is_protocol(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strcmp(dot, ".protocol");
}

/* Every protocol of the file that says what answers it. */
static int take_protocols(struct serving *s, const char *bind, struct err *e)
{
	s->n = 0;
	if (load_with(s->c, s->path, bind, e) < 0)
		return -1;
	for (unsigned i = 0; i < registry_count(s->c->reg); i++) {
		const struct proto *p = registry_at(s->c->reg, i);

		if (!p->file || strcmp(p->file, s->path) || !p->nreply || s->n == REACT_RULES)
			continue;
		s->rule[s->n].proto = p;
		s->rule[s->n].act[0] = (struct react_act) { .what = REACT_REPLY, .text = s->sets };
		s->rule[s->n++].n = 1;
	}
	return s->n ? 0
		    : err_set(e, ERR_USAGE,
			      "%s: no protocol in it says what answers what; a line such as "
			      "'reply op == answer to op == ask same id' does",
			      s->path);
}

static int words(struct serving *s, struct err *e)
{
	return s->via ? listen_words(&s->at, s->c, s->c->argc - 1, s->c->argv + 1, e) : 0;
}

/* At a port that was said it is this protocol, whatever else is known there. */
static int of_protocol(struct serving *s, struct err *e)
{
	char bind[160];

	if (take_protocols(s, NULL, e) || words(s, e))
		return -1;
	if (!s->at.port_said)
		return 0;
	snprintf(bind, sizeof(bind), "%s=%u:%s", listen_space(&s->at, s->c->reg), s->at.port,
		 s->rule[0].proto->name);
	registry_close(s->c->reg);
	s->c->reg = NULL;
	return take_protocols(s, bind, e);
}

/* ---- a script ---- */

static char *keep(struct serving *s, const struct script_line *l, struct err *e)
{
	char *text = strndup(l->text + l->from, l->to - l->from);

	if (!text)
		err_set(e, ERR_IO, "no memory");
	else
		s->text[s->ntext++] = text;
	return text;
}

static int line_fail(const struct serving *s, const struct script_line *l, const char *why,
		     struct err *e)
{
	err_at(e, s->path, l->text, l->len, l->from, l->to - l->from, "%s", why);
	if (e)
		e->lineno = l->lineno;
	return -1;
}

static int take_line(struct serving *s, const struct script_line *l, struct err *e)
{
	struct react_rule *x = s->n ? &s->rule[s->n - 1] : NULL;

	if (l->dir == '<') {
		if (s->n == REACT_RULES)
			return line_fail(s, l, "no more than 64 patterns", e);
		x = &s->rule[s->n++];
		x->name = s->path;
		x->lineno = l->lineno;
		x->pattern = keep(s, l, e);
		return x->pattern ? 0 : -1;
	}
	if (l->dir != '>')
		return line_fail(
			s, l, "a line begins with < (what is waited for) or > (what is sent)", e);
	if (!x)
		return line_fail(s, l, "what is sent stands behind what it answers: a line with <",
				 e);
	if (x->n == REACT_ACTS)
		return line_fail(s, l, "no more than 8 packets answer one", e);
	x->act[x->n].what = REACT_SEND;
	x->act[x->n].lineno = l->lineno;
	x->act[x->n].text = keep(s, l, e);
	return x->act[x->n++].text ? 0 : -1;
}

static int of_script(struct serving *s, struct err *e)
{
	FILE *f = strcmp(s->path, "-") ? fopen(s->path, "re") : stdin;
	struct script *script = NULL;
	struct script_line line;
	int rc = -1;

	if (!f)
		return err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", s->path,
			       strerror(errno));
	if (!load_registry(s->c, e) && !words(s, e))
		script = script_open(f, s->path, NULL, 0, e);
	while (script && (rc = script_next(script, &line, e)) == 1)
		if (take_line(s, &line, e)) {
			rc = -1;
			break;
		}
	script_close(script);
	if (f != stdin)
		fclose(f);
	if (!rc && !s->n)
		rc = err_set(e, ERR_USAGE, "%s: no line waits for anything (< PATTERN)", s->path);
	return rc;
}

static int read_via(struct serving *s, struct err *e)
{
	static const char *const vias[] = { "link", "stream", "datagram", NULL };
	int via = 0;

	if (opt_word(&s->c->opt, OPT_VIA, vias, &via, e) < 0)
		return -1;
	s->via = via > 0;
	s->at.datagram = via == 2;
	return 0;
}

static int run_serve(struct cli *c)
{
	struct serving *s = calloc(1, sizeof(*s));
	struct err e = { 0 };
	int rc = -1;

	if (!s)
		return fail(c, ERR_IO, "no memory");
	s->c = c;
	if (read_via(s, &e))
		;
	else if (c->argc < 1 || (c->argc > 1 && !s->via))
		err_set(&e, ERR_USAGE,
			c->argc < 1 ? "what is served? strata serve FILE.protocol, or a script"
				    : "one file is served; words behind it say where --via stream "
				      "or --via datagram listens");
	else if (!joined_sets(&c->opt, &s->sets, &e)) {
		s->path = c->argv[0];
		if (s->sets && !is_protocol(s->path))
			err_set(&e, ERR_USAGE, "--set is for what a protocol's rules make");
		else
			rc = is_protocol(s->path) ? of_protocol(s, &e) : of_script(s, &e);
	}
	rc = rc < 0   ? print_err(c, &e)
	     : s->via ? serve_via(c, s->rule, s->n, &s->at, !is_protocol(s->path))
		      : run_rules(c, s->rule, s->n);
	for (unsigned i = 0; i < s->ntext; i++)
		free(s->text[i]);
	free(s->sets);
	free(s);
	return rc;
}

const struct command cmd_serve = {
	.name = "serve",
	.line = "answer by a protocol's reply rules, or by a script",
	.usage = "FILE.protocol | SCRIPT [WHERE]",
	.example = examples,
	.option = options,
	.run = run_serve,
	.more = "By a protocol: each packet that a reply rule calls a question is answered by what "
		"the "
		"rule speaks of;\naddresses and ports are exchanged, all else is as in the "
		"question or "
		"as --set says, with {NAME}s.\nBy a script: lines < PATTERN, each followed by "
		"lines > "
		"PACKET as of `react send`. The ports are reserved,\nso that the kernel neither "
		"resets "
		"nor refuses.\n"
		"--via stream|datagram: the same through an ordinary socket, no root; WHERE says "
		"an "
		"address and a port\n(ip src=127.0.0.1 / udp sport=9001), else any, and the ports "
		"that "
		"FILE names. Up to 512 clients;\nwho sends no message, or does not read, is closed "
		"and "
		"counted (-v: each is told).",
};
