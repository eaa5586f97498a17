/* SPDX-License-Identifier: BSD-2-Clause */
/* strata watch --sockets: this machine's sockets, then what changes in them. */
#include "cli/watch_sockets.h"

#include <stdlib.h>

#include "cli/privs.h"
#include "cli/signals.h"
#include "cli/socket_look.h"
#include "cli/socket_rules.h"
#include "cli/socket_told.h"
#include "cli/socket_words.h"
#include "cli/told.h"
#include "core/clock.h"

struct following {
	struct cli *c;
	struct socket_words words;
	struct looks looks;
	struct socket_rules rules;
	struct told told;
	struct socket_change *first; /* of the first look, to be sorted */
	size_t nfirst, cap_first;
	uint64_t n, most; /* changes told */
	int64_t when;     /* of the look */
	struct err *e;
};

/* ---- what is told ---- */

static void found(void *arg, const struct finding *finding)
{
	struct following *f = arg;

	if (told_wants(&f->told, finding))
		told_finding(&f->told, finding);
}

static void put(struct following *f, const struct socket_change *c)
{
	if (f->told.json)
		socket_json(c, NULL, &f->told.out.b);
	else
		socket_line(c, NULL, f->told.first, f->c->color, &f->told.out.b);
}

static int keep_first(struct following *f, const struct socket_change *c)
{
	if (f->nfirst == f->cap_first) {
		size_t cap = f->cap_first ? 2 * f->cap_first : 256;
		struct socket_change *v = realloc(f->first, cap * sizeof(*v));

		if (!v)
			return err_set(f->e, ERR_IO, "no memory");
		f->first = v;
		f->cap_first = cap;
	}
	f->first[f->nfirst++] = *c;
	return 0;
}

static int changed(void *arg, const struct socket_change *c)
{
	struct following *f = arg;

	if (!socket_worth(c) || !socket_wanted(&f->words, c))
		return 0;
	if (c->what & SOCKET_LISTED)
		return keep_first(f, c) < 0;
	put(f, c);
	socket_rules_change(&f->rules, c);
	if (out_more(&f->told.out, f->e) < 0)
		return 1;
	return f->most && ++f->n >= f->most;
}

static int by_kind(const void *a, const void *b)
{
	const struct socket_info *x = ((const struct socket_change *)a)->now;
	const struct socket_info *y = ((const struct socket_change *)b)->now;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if ((x->state == STATE_LISTEN) != (y->state == STATE_LISTEN))
		return x->state == STATE_LISTEN ? -1 : 1;
	if (x->local.port != y->local.port)
		return x->local.port < y->local.port ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* ---- looks ---- */

static void many(void *arg, const struct socket_info *one, uint32_t n)
{
	struct following *f = arg;
	struct socket_change c = { .now = one, .was = { .state = one->state } };

	if (socket_wanted(&f->words, &c))
		socket_rules_half_open(&f->rules, one, n, f->when);
}

/* 0; 1: it is enough, or nobody reads it; -1: f->e. */
static int look(struct following *f)
{
	int rc;

	f->when = clock_wall();
	told_first(&f->told, &(struct packet) { .when = f->when });
	rc = looks_take(&f->looks, f->when, changed, f, f->e);
	if (rc < 0)
		return -1;
	if (f->nfirst)
		qsort(f->first, f->nfirst, sizeof(*f->first), by_kind);
	for (size_t i = 0; i < f->nfirst; i++)
		put(f, &f->first[i]);
	f->nfirst = 0;
	socket_half_open(&f->looks.list, many, f);
	if (!f->e->code && f->told.out.b.failed)
		return err_set(f->e, ERR_IO, "no memory");
	if (f->e->code || out_flush(&f->told.out, f->e) < 0)
		return f->e->code ? -1 : 1;
	return rc;
}

static int follow(struct following *f)
{
	bool once = opt_has(&f->c->opt, OPT_ONCE);
	int64_t next = clock_mono();

	for (bool first = true; !signals_stop; first = false) {
		struct timespec until;
		int rc = look(f);
		int64_t now;

		if (first && rc == 0)
			looks_tell_begin(&f->looks);
		if (rc || once)
			return rc;
		next += looks_wait(&f->looks);
		now = clock_mono();
		next = next < now ? now : next;
		until = clock_spec(next);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	return 0;
}

static int open_all(struct following *f, struct err *e)
{
	const struct options *o = &f->c->opt;
	struct privs_opts po = { .keep_look = true, .keep_uid = true, .user = o->v[OPT_USER] };
	static const enum option_id of_packets[] = { OPT_RULES,   OPT_ONLY,       OPT_WITHOUT,
						     OPT_WRITE,   OPT_LEARN,      OPT_BASELINE,
						     OPT_RESOLVE, OPT_NO_PROMISC, OPT_ALLOW_LOSS };

	for (size_t i = 0; i < sizeof(of_packets) / sizeof(of_packets[0]); i++)
		if (opt_has(o, of_packets[i]))
			return err_set(e, ERR_USAGE,
				       "'--%s' is about packets: beside --sockets it wants -i IF",
				       opt_name(of_packets[i]));
	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &f->most, e) < 0 ||
	    socket_words(&f->words, f->c->argc, f->c->argv, e) < 0 ||
	    told_open(&f->told, f->c, e) < 0 || looks_open(&f->looks, f->c, e) < 0)
		return -1;
	socket_rules_open(&f->rules, found, f);
	return privs_drop(&po, e);
}

static void tell_end(const struct following *f)
{
	if (opt_has(&f->c->opt, OPT_ONCE))
		return;
	told_counts(&f->told, "");
	looks_tell_end(&f->looks);
}

int watch_sockets(struct cli *c)
{
	struct err e = { 0 };
	struct following f = { .c = c, .e = &e };
	int rc = open_all(&f, &e), code = EXIT_DONE;

	if (rc == 0) {
		rc = follow(&f);
		tell_end(&f);
		code = f.told.n ? EXIT_NO : EXIT_DONE;
	}
	looks_close(&f.looks);
	socket_rules_done(&f.rules);
	free(f.first);
	told_close(&f.told);
	return rc < 0 ? print_err(c, &e) : code;
}
