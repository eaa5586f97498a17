/* SPDX-License-Identifier: BSD-2-Clause */
/* What changed between two looks. Both are sorted, so they are compared side by side. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "sockets/sockets.h"

/* How long it is remembered that a socket was closed: the event of it may come after the look that
 * missed it. */
#define GONE_NS 1000000000
/* And of how many, at most. */
#define GONE_MOST 16384u
/* A scan for owners may take a tenth of the time. */
#define SCAN_SHARE 10
/* Scans that may miss a socket until it is nobody's whom we may look at. */
#define TRIES 3u

struct known {
	struct socket_info now;
	struct socket_was was;
	struct socket_owner owner;
	unsigned what;
	uint32_t told_in, told_out; /* queues when SOCKET_GREW was told */
	int64_t waits_since;        /* since then nothing was taken; 0: nothing waits */
	int64_t gone;               /* when it was found to be closed; 0: it is there */
	uint8_t tries;
	bool stuck; /* that was told */
};

struct socket_table {
	struct owners *owners;
	struct known *v, *next; /* next: room for the following look */
	size_t n, cap, next_cap;
	int64_t scanned; /* CLOCK_MONOTONIC */
	bool begun;
};

struct socket_table *socket_table_open(struct owners *owners)
{
	struct socket_table *t = calloc(1, sizeof(*t));

	if (t)
		t->owners = owners;
	return t;
}

struct socket_table *socket_table_close(struct socket_table *t)
{
	if (t) {
		free(t->v);
		free(t->next);
	}
	free(t);
	return NULL;
}

/* ---- one socket, before and now ---- */

static bool grew(uint32_t now, uint32_t *told, uint32_t least)
{
	bool much = now >= least && now / 2 >= *told, over = *told && !now;

	if (much || over)
		*told = now;
	return much || over;
}

static void compare_queues(struct known *k, const struct socket_info *s, int64_t when)
{
	bool listens = s->state == STATE_LISTEN;
	uint32_t least = listens ? 8 : SOCKET_GREW_LEAST;
	bool in = s->in != k->now.in, out = s->out != k->now.out;

	if (in || out)
		k->what |= SOCKET_QUEUE;
	in = grew(s->in, &k->told_in, least);
	out = !listens && grew(s->out, &k->told_out, least);
	if (in || out)
		k->what |= SOCKET_GREW;
	if (!s->in || s->in < k->now.in) {
		k->waits_since = s->in ? when : 0;
		k->stuck = false;
	} else if (!k->waits_since) {
		k->waits_since = when;
	}
	if (k->waits_since && !k->stuck && when - k->waits_since >= SOCKET_STUCK_AFTER) {
		k->what |= SOCKET_STUCK;
		k->stuck = true;
	}
}

static bool other_ends(const struct socket_info *a, const struct socket_info *b)
{
	return a->local.port != b->local.port || a->remote.port != b->remote.port ||
	       a->ifindex != b->ifindex || a->protocol != b->protocol ||
	       memcmp(a->local.addr, b->local.addr, 16) != 0 ||
	       memcmp(a->remote.addr, b->remote.addr, 16) != 0;
}

static void compare(struct known *k, const struct socket_info *s, int64_t when)
{
	const struct socket_info *was = &k->now;

	k->was =
		(struct socket_was) { was->state, was->in, was->out, was->retransmits, was->drops };
	k->what = 0;
	if (s->state != was->state)
		k->what |= SOCKET_STATE;
	if (other_ends(s, was))
		k->what |= SOCKET_ENDS;
	if (s->retransmits > was->retransmits)
		k->what |= SOCKET_RETRANS;
	if (s->drops > was->drops)
		k->what |= SOCKET_DROPS;
	if (s->inode && s->inode != was->inode) { /* accepted */
		k->owner.pid = 0;
		k->tries = 0;
	}
	compare_queues(k, s, when);
	k->now = *s;
}

static void fresh(struct known *k, const struct socket_info *s, unsigned what, int64_t when)
{
	*k = (struct known) { .now = *s, .gone = s->gone ? when : 0 };
	k->was.state = s->state;
	/* What waits already is told as something that grew. */
	k->now.in = k->now.out = 0;
	compare_queues(k, s, when);
	k->what = what | (s->gone ? SOCKET_CLOSED : k->what & SOCKET_GREW);
	k->now = *s;
}

/* It is not there any more. The event of it, if there is one, has its last numbers. */
static void closed(struct known *k, const struct socket_info *event, int64_t when)
{
	const struct socket_info *was = &k->now;

	k->was =
		(struct socket_was) { was->state, was->in, was->out, was->retransmits, was->drops };
	k->what = SOCKET_CLOSED;
	k->gone = when;
	k->now.in = k->now.out = 0;
	if (event) {
		if (event->retransmits > was->retransmits)
			k->what |= SOCKET_RETRANS;
		k->now.retransmits = event->retransmits > was->retransmits ? event->retransmits
									   : was->retransmits;
		k->now.sent = event->sent > was->sent ? event->sent : was->sent;
		k->now.received = event->received > was->received ? event->received : was->received;
	}
}

/* ---- two looks ---- */

static bool make_room(struct socket_table *t, size_t n)
{
	struct known *v;

	if (n <= t->next_cap)
		return true;
	n += n / 2;
	v = realloc(t->next, n * sizeof(*v));
	if (!v)
		return false;
	t->next = v;
	t->next_cap = n;
	return true;
}

/* One that was known before, and what this look has of it (NULL: nothing). missing: does that mean
 * that it is closed? False: forget it. */
static bool take_known(struct known *k, const struct socket_info *s, int64_t when, bool missing)
{
	k->what = 0;
	if (s && !s->gone) {
		if (k->gone) { /* it was only overlooked */
			fresh(k, s, SOCKET_OPENED, when);
			return true;
		}
		compare(k, s, when);
	} else if (!k->gone) {
		if (s || missing)
			closed(k, s, when);
	} else if (when - k->gone > GONE_NS) {
		return false;
	}
	return true;
}

static void merge(struct socket_table *t, const struct socket_list *l, int64_t when)
{
	struct known *out = t->next;
	size_t i = 0, k = 0, gone = 0;
	/* Of a look that was cut what is missing stays, as long as there is room. */
	bool missing = !l->cut || t->n >= 2 * (size_t)SOCKETS_MOST;

	while (i < l->n || k < t->n) {
		const struct socket_info *s = i < l->n ? &l->v[i] : NULL;
		struct known *old = k < t->n ? &t->v[k] : NULL;

		if (old && (!s || old->now.id < s->id))
			s = NULL;
		else if (s && old && s->id < old->now.id)
			old = NULL;
		if (old) {
			*out = *old;
			if (take_known(out, s, when, missing) &&
			    (!out->gone || out->what || ++gone <= GONE_MOST))
				out++;
			k++;
		} else if (!s->gone || t->begun) {
			fresh(out++, s, t->begun ? SOCKET_OPENED : SOCKET_LISTED, when);
		}
		/* The same one a second time, and the event of one that is there yet. */
		if (s)
			for (i++; i < l->n && l->v[i].id == s->id; i++)
				;
	}
	t->n = (size_t)(out - t->next);
	out = t->v;
	t->v = t->next;
	t->next = out;
	k = t->cap;
	t->cap = t->next_cap;
	t->next_cap = k;
	t->begun = true;
}

/* ---- whose they are ---- */

static bool has_no_owner(const struct known *k)
{
	return !k->gone && k->now.inode && !k->owner.pid && k->tries < TRIES;
}

/* A process may have ended and left its sockets to another one. */
static bool is_left(const struct known *k)
{
	return k->what && !k->gone && k->owner.pid && kill(k->owner.pid, 0) < 0 && errno == ESRCH;
}

static int find_owners(struct socket_table *t)
{
	bool wanted = false;
	int64_t now = clock_mono();

	if (!t->owners)
		return 0;
	for (size_t i = 0; i < t->n; i++) {
		if (is_left(&t->v[i])) {
			t->v[i].owner.pid = 0;
			t->v[i].tries = 0;
		}
		wanted |= has_no_owner(&t->v[i]);
	}
	if (!wanted || (t->scanned && now - t->scanned < SCAN_SHARE * owners_took(t->owners)))
		return 0;
	if (owners_scan(t->owners) < 0)
		return -1;
	t->scanned = clock_mono();
	for (size_t i = 0; i < t->n; i++) {
		struct known *k = &t->v[i];

		if (!has_no_owner(k))
			continue;
		k->tries++;
		if (owners_of(t->owners, k->now.inode, &k->owner))
			k->what |= SOCKET_OWNER;
	}
	return 0;
}

int sockets_changes(struct socket_table *t, const struct socket_list *now, int64_t when,
		    int (*changed)(void *arg, const struct socket_change *c), void *arg)
{
	int rc = 0;

	if (!make_room(t, t->n + now->n + 1))
		return -1;
	merge(t, now, when);
	if (find_owners(t) < 0)
		return -1;
	for (size_t i = 0; i < t->n && rc == 0; i++) {
		const struct known *k = &t->v[i];
		struct socket_change c = { .what = k->what,
					   .when = when,
					   .now = &k->now,
					   .was = k->was,
					   .owner = k->owner };

		if (!c.what)
			continue;
		if (k->now.ifindex && !if_indextoname(k->now.ifindex, c.ifname))
			c.ifname[0] = '\0';
		rc = changed(arg, &c);
	}
	return rc;
}
