/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at this machine's sockets, one after the other. */
#include "cli/socket_look.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/clock.h"

#define INTERVAL 50000000 /* ns, between two looks */
/* Looking takes at most this part of a processor. */
#define SHARE 10

int looks_interval(const struct cli *c, int64_t *interval, struct err *e)
{
	*interval = INTERVAL;
	if (opt_time(&c->opt, OPT_INTERVAL, interval, e) < 0)
		return -1;
	if (*interval < 1000000)
		return err_set(e, ERR_USAGE, "'--interval %s': at least 1ms",
			       c->opt.v[OPT_INTERVAL]);
	return 0;
}

int looks_open(struct looks *l, const struct cli *c, struct err *e)
{
	*l = (struct looks) { .c = c };
	if (looks_interval(c, &l->interval, e) < 0)
		return -1;
	l->slower = l->interval / 2;
	l->sockets = sockets_open(!opt_has(&c->opt, OPT_ONCE), e);
	l->owners = l->sockets ? owners_open(e) : NULL;
	l->table = l->owners ? socket_table_open(l->owners) : NULL;
	return l->table ? 0 : err_set(e, ERR_IO, "no memory");
}

void looks_close(struct looks *l)
{
	socket_table_close(l->table);
	owners_close(l->owners);
	sockets_close(l->sockets);
	socket_list_done(&l->list);
}

int looks_take(struct looks *l, int64_t when,
	       int (*changed)(void *arg, const struct socket_change *c), void *arg, struct err *e)
{
	int rc;

	l->begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (sockets_dump(l->sockets, &l->list, e) < 0)
		return -1;
	rc = sockets_changes(l->table, &l->list, when, changed, arg);
	return rc < 0 ? err_set(e, ERR_IO, "no memory") : rc;
}

void looks_tell_begin(const struct looks *l)
{
	char kinds[64] = "";
	size_t n = 0;

	for (unsigned k = 0; k < SOCKET_KINDS; k++)
		if (k != SOCKET_ECHO && sockets_by_file(l->sockets, (enum socket_kind)k))
			n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s%s", n ? ", " : "",
					      socket_kind_names[k]);
	if (n)
		say(l->c, "this kernel has no sock_diag of %s: read from /proc/net", kinds);
	if (owners_denied(l->owners))
		say(l->c,
		    "%u processes are others': their sockets have no name here (root sees them)",
		    owners_denied(l->owners));
	if (!opt_has(&l->c->opt, OPT_ONCE))
		say(l->c, "%zu sockets; a look every %" PRId64 " ms", l->list.n,
		    l->interval / 1000000);
	if (l->list.left)
		say(l->c, "%" PRIu64 " sockets more than the %u that are looked at", l->list.left,
		    SOCKETS_MOST);
}

/* Now and then a look is dearer, since it searches for processes, too: so the cheaper of the last
 * two counts. */
int64_t looks_wait(struct looks *l)
{
	int64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - l->begun;
	int64_t least = took < l->took ? took : l->took;

	l->took = took;
	least *= SHARE;
	if (least <= l->interval)
		return l->interval;
	if (least > 2 * l->slower) {
		say(l->c,
		    "a look at %zu sockets takes %" PRId64 " ms of a processor: one every %" PRId64
		    " ms",
		    l->list.n, least / SHARE / 1000000, least / 1000000);
		l->slower = least;
	}
	return least;
}

void looks_tell_end(const struct looks *l)
{
	if (sockets_missed(l->sockets))
		say(l->c,
		    "%" PRIu64 " times the kernel closed more sockets than it could tell: what "
		    "came and went between two looks was not all seen",
		    sockets_missed(l->sockets));
	if (l->list.left)
		say(l->c,
		    "there were more than the %u sockets that are looked at: the others were "
		    "not seen",
		    SOCKETS_MOST);
	if (l->list.odd)
		say(l->c, "%" PRIu64 " answers of the kernel made no sense here", l->list.odd);
}
