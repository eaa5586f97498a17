/* SPDX-License-Identifier: BSD-2-Clause */
/* strata watch --sockets: this machine's sockets, then what changes in them. */
#include "cli/watch_sockets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/privs.h"
#include "cli/signals.h"
#include "cli/socket_rules.h"
#include "cli/socket_told.h"
#include "cli/socket_words.h"
#include "cli/told.h"
#include "core/clock.h"

#define INTERVAL 50000000 /* ns, between two looks */
/* Looking takes at most this part of a processor. */
#define SHARE 10

struct following {
	struct cli *c;
	struct socket_words words;
	struct sockets *sockets;
	struct owners *owners;
	struct socket_table *table;
	struct socket_list list;
	struct socket_rules rules;
	struct told told;
	struct socket_change *first; /* of the first look, to be sorted */
	size_t nfirst, cap_first;
	enum rule_sure sure;
	uint64_t n, most; /* changes told */
	uint64_t unsure;
	int64_t interval;
	int64_t slower; /* the interval that was told, since looks are dear */
	int64_t took;   /* ns of a processor, the last look; 0: it was the first */
	struct err *e;
};

/* ---- what is told ---- */

static void found(void *arg, const struct finding *finding)
{
	struct following *f = arg;

	if (finding->rule->sure < f->sure)
		f->unsure++;
	else
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

	if (!(c->what & SOCKET_TOLD) || !socket_wanted(&f->words, c))
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

/* 0; 1: it is enough, or nobody reads it; -1: f->e. */
static int look(struct following *f)
{
	int64_t when = clock_wall();
	int rc;

	if (sockets_dump(f->sockets, &f->list, f->e) < 0)
		return -1;
	told_first(&f->told, &(struct packet) { .when = when });
	rc = sockets_changes(f->table, &f->list, when, changed, f);
	if (rc < 0)
		return err_set(f->e, ERR_IO, "no memory");
	if (f->nfirst)
		qsort(f->first, f->nfirst, sizeof(*f->first), by_kind);
	for (size_t i = 0; i < f->nfirst; i++)
		put(f, &f->first[i]);
	f->nfirst = 0;
	socket_rules_look(&f->rules, &f->list, when);
	if (!f->e->code && f->told.out.b.failed)
		return err_set(f->e, ERR_IO, "no memory");
	if (f->e->code || out_flush(&f->told.out, f->e) < 0)
		return f->e->code ? -1 : 1;
	return rc;
}

static void tell_begin(const struct following *f)
{
	char kinds[64] = "";
	size_t n = 0;

	for (unsigned k = 0; k < SOCKET_KINDS; k++)
		if (k != SOCKET_ECHO && sockets_by_file(f->sockets, (enum socket_kind)k))
			n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s%s", n ? ", " : "",
					      socket_kind_names[k]);
	if (n)
		say(f->c, "this kernel has no sock_diag of %s: read from /proc/net", kinds);
	if (owners_denied(f->owners))
		say(f->c,
		    "%u processes are others': their sockets have no name here (root sees them)",
		    owners_denied(f->owners));
	if (!opt_has(&f->c->opt, OPT_ONCE))
		say(f->c, "%zu sockets; a look every %" PRId64 " ms", f->list.n,
		    f->interval / 1000000);
	if (f->list.left)
		say(f->c, "%" PRIu64 " sockets more than the %u that are looked at", f->list.left,
		    SOCKETS_MOST);
}

/* What a look takes of a processor says how often it may be. Now and then one is dearer, since it
 * searches for processes, too: so the cheaper of the last two counts. */
static int64_t wait_of(struct following *f, int64_t took)
{
	int64_t least = took < f->took ? took : f->took;

	f->took = took;
	least *= SHARE;
	if (least <= f->interval)
		return f->interval;
	if (least > 2 * f->slower) {
		say(f->c,
		    "a look at %zu sockets takes %" PRId64 " ms of a processor: one every %" PRId64
		    " ms",
		    f->list.n, least / SHARE / 1000000, least / 1000000);
		f->slower = least;
	}
	return least;
}

static int follow(struct following *f)
{
	bool once = opt_has(&f->c->opt, OPT_ONCE);
	int64_t next = clock_mono();

	for (bool first = true; !signals_stop; first = false) {
		int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), now;
		struct timespec until;
		int rc = look(f);

		if (first && rc == 0)
			tell_begin(f);
		if (rc || once)
			return rc;
		next += wait_of(f, clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
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
	static const enum option_id of_packets[] = { OPT_RULES, OPT_ONLY, OPT_WITHOUT, OPT_WRITE };
	int sure = SURE_MEDIUM;

	for (size_t i = 0; i < sizeof(of_packets) / sizeof(of_packets[0]); i++)
		if (opt_has(o, of_packets[i]))
			return err_set(e, ERR_USAGE,
				       "'--%s' is about packets: beside --sockets it wants -i IF",
				       opt_name(of_packets[i]));
	f->interval = INTERVAL;
	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &f->most, e) < 0 ||
	    opt_time(o, OPT_INTERVAL, &f->interval, e) < 0 ||
	    opt_word(o, OPT_SURE, rule_sure_names, &sure, e) < 0 ||
	    socket_words(&f->words, f->c->argc, f->c->argv, e) < 0 ||
	    told_open(&f->told, f->c, e) < 0)
		return -1;
	if (f->interval < 1000000)
		return err_set(e, ERR_USAGE, "'--interval %s': at least 1ms", o->v[OPT_INTERVAL]);
	f->sure = (enum rule_sure)sure;
	f->slower = f->interval / 2;
	socket_rules_open(&f->rules, found, f);
	f->sockets = sockets_open(!opt_has(o, OPT_ONCE), e);
	f->owners = f->sockets ? owners_open(e) : NULL;
	f->table = f->owners ? socket_table_open(f->owners) : NULL;
	if (!f->table)
		return err_set(e, ERR_IO, "no memory");
	return privs_drop(&po, e);
}

static void tell_end(const struct following *f)
{
	if (opt_has(&f->c->opt, OPT_ONCE))
		return;
	say(f->c, "%" PRIu64 " finding%s", f->told.n, f->told.n == 1 ? "" : "s");
	if (f->unsure)
		say(f->c, "%" PRIu64 " that may be harmless: --sure low shows them", f->unsure);
	if (sockets_missed(f->sockets))
		say(f->c,
		    "%" PRIu64 " times the kernel closed more sockets than it could tell: what "
		    "came and went between two looks was not all seen",
		    sockets_missed(f->sockets));
	if (f->list.odd)
		say(f->c, "%" PRIu64 " answers of the kernel made no sense here", f->list.odd);
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
	socket_table_close(f.table);
	owners_close(f.owners);
	sockets_close(f.sockets);
	socket_list_done(&f.list);
	socket_rules_done(&f.rules);
	free(f.first);
	told_close(&f.told);
	return rc < 0 ? print_err(c, &e) : code;
}
