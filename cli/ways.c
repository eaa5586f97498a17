/* SPDX-License-Identifier: BSD-2-Clause */
/* replay by two interfaces: see ways.h. */
#include "cli/ways.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/signals.h"
#include "dissect/dissect.h"

#define SIDES_STEP (UINT64_C(1) << 20)
#define ASKS_MOST (UINT64_C(1) << 20) /* packets whose neighbours are asked for before */
#define SIDES_MOST (192 * SIDES_STEP) /* 48 MiB */

int ways_options(struct ways *w, const struct cli *c, struct err *e)
{
	const struct options *o = &c->opt;
	bool client = opt_has(o, OPT_CLIENT_IF);

	w->c = c;
	w->name[0] = client ? o->v[OPT_CLIENT_IF] : o->v[OPT_INTERFACE];
	w->name[1] = o->v[OPT_SERVER_IF];
	if (client && strcmp(w->name[0], w->name[1]) == 0)
		return err_set(e, ERR_USAGE, "'%s' is both the clients' and the servers' interface",
			       w->name[0]);
	return 0;
}

/* A file, and neither standard input nor a pipe. */
static bool again(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Do packets of another link type than the interface's get a new header? */
static int find_asks(struct ways *w, const struct input *in, struct replay *r, struct err *e)
{
	w->asks = opt_has(&w->c->opt, OPT_HOP);
	for (unsigned k = 0; k < REPLAY_WAYS && w->name[k]; k++) {
		const struct iface *dev = replay_iface(r, k, e);

		if (!dev)
			return -1;
		for (int i = 0; i < in->n; i++)
			w->asks |= source_link(in->src[i]) != dev->link;
	}
	return 0;
}

int ways_open(struct ways *w, struct cli *c, const struct input *in,
	      const struct source_options *so, struct replay *r, struct err *e)
{
	if (w->name[1] && !(w->split = split_open(c->reg, c->opt.v[OPT_SPLIT], e)))
		return -1;
	if (find_asks(w, in, r, e) < 0)
		return -1;
	w->looks = w->split || w->asks;
	for (int i = 0; i < in->n; i++)
		w->looks &= again(c->argv[i]);
	if (!w->looks)
		return 0;
	if (choice_options(&w->choice, c, in->n, e) < 0 ||
	    choice_open(&w->choice, source_link(in->src[0]), e) < 0)
		return -1;
	return input_open(&w->in, in->n, c->argv, so, in->append, e);
}

/* Choosing may have dissected it. */
static void look(const struct ways *w, struct choice *ch, struct packet *p)
{
	if (!ch->show.where && !ch->show.has_pattern)
		dissect_with(w->c->reg, p, &ch->show.scratch);
}

/* Keep what was found out, so that it need not be twice; of the first 200 million packets. */
static int remember(struct ways *w, int side)
{
	if (side < 0)
		return -1;
	if (w->nsides == SIDES_MOST)
		return 0;
	if (w->nsides % SIDES_STEP == 0) {
		uint8_t *v = realloc(w->side, (w->nsides + SIDES_STEP) / 4);

		if (!v)
			return -1;
		memset(v + w->nsides / 4, 0, SIDES_STEP / 4);
		w->side = v;
	}
	w->side[w->nsides / 4] |= (uint8_t)(side << w->nsides % 4 * 2);
	w->nsides++;
	return 0;
}

void ways_again(struct ways *w)
{
	w->at = 0;
}

int ways_of(struct ways *w, struct choice *ch, struct packet *p, struct err *e)
{
	uint64_t at = w->at++;
	int side;

	if (!w->split)
		return 0;
	side = at < w->nsides ? w->side[at / 4] >> at % 4 * 2 & 3 : SPLIT_LATER;
	if (side != SPLIT_LATER)
		return side;
	look(w, ch, p);
	side = split_packet(w->split, p);
	return side < 0 ? err_set(e, ERR_IO, "no memory") : side;
}

static void add(char *line, size_t cap, uint64_t n, const char *sep, const char *what)
{
	size_t k = strlen(line);

	if (n && k < cap)
		snprintf(line + k, cap - k, "%s%" PRIu64 " %s", k ? sep : "", n, what);
}

static void tell(const struct ways *w, const struct split_counts *n)
{
	static const char *const why[SPLIT_WHYS] = {
		[SPLIT_OPENED] = "by their first segment",
		[SPLIT_PORT] = "by a port",
		[SPLIT_ASKED] = "by question or answer",
		[SPLIT_HOSTS] = "as their hosts before",
		[SPLIT_FIRST] = "by who came first",
		[SPLIT_NET] = "by address",
		[SPLIT_QUOTES] = "by what they quote",
		[SPLIT_STATION] = "by hardware address",
		[SPLIT_WORD] = "by question or answer",
		[SPLIT_UNTOLD] = "told by nothing, taken for a client's",
	};
	char convs[300] = "", packets[300] = "";

	for (unsigned k = 0; k < SPLIT_WHYS; k++)
		if (k < SPLIT_NET)
			add(convs, sizeof(convs), n->why[k], ", ", why[k]);
		else
			add(packets, sizeof(packets), n->why[k], ", ", why[k]);
	say(w->c,
	    "split by %s: %" PRIu64 " packets of clients by %s, %" PRIu64
	    " of servers by %s%s%s%s%s",
	    split_by(w->split), n->packets[SPLIT_CLIENT], w->name[0], n->packets[SPLIT_SERVER],
	    w->name[1], convs[0] ? "; conversations: " : "", convs, packets[0] ? "; packets: " : "",
	    packets);
}

void ways_tell(const struct ways *w)
{
	tell(w, split_counts(w->split));
}

/* Where a link header cannot be made anew, packets of another link type cannot leave. */
static int fits(const struct ways *w, const struct iface *dev, unsigned k, struct err *e)
{
	if (dev->link != LINK_ETHERNET && dev->link != LINK_RAW)
		return err_set(e, ERR_USAGE,
			       "%s takes frames of link type %u, packet %" PRIu64
			       " is of another one: nothing was sent",
			       dev->name, dev->link, w->first[k]);
	if (!opt_has(&w->c->opt, OPT_HOP))
		say(w->c,
		    "%" PRIu64 " packets are of another link type than %s takes: they get a new "
		    "link header",
		    w->other[k], dev->name);
	return 0;
}

/* On which side does it belong? 0, or -1: no memory. */
static int look_split(struct ways *w, const struct iface *const dev[], struct packet *p, int *side)
{
	look(w, &w->choice, p);
	*side = split_learn(w->split, p);
	if (remember(w, *side))
		return -1;
	for (unsigned k = 0; k < REPLAY_WAYS; k++)
		if (p->link != dev[k]->link && !w->other[k]++)
			w->first[k] = p->number;
	return 0;
}

static int look_at(struct ways *w, const struct iface *const dev[], struct packet *p,
		   struct replay *r, struct err *e)
{
	struct err no = { 0 };
	int side = 0;

	if (w->split && look_split(w, dev, p, &side))
		return err_set(e, ERR_IO, "no memory");
	/* What cannot be changed or has no way is told when its turn to leave comes. */
	if (!w->asks || side == SPLIT_LATER || choice_change(&w->choice, p, &no) < 0)
		return 0;
	return replay_meet(r, p, (unsigned)side, e);
}

static int tell_split(const struct ways *w, const struct iface *const dev[], struct err *e)
{
	struct split_counts counts;

	split_learnt(w->split, &counts);
	tell(w, &counts);
	for (unsigned k = 0; k < REPLAY_WAYS; k++)
		if (counts.packets[k] && w->other[k] && fits(w, dev[k], k, e))
			return -1;
	return 0;
}

int ways_look(struct ways *w, uint64_t most, struct replay *r, struct progress *progress,
	      struct err *e)
{
	const struct iface *dev[REPLAY_WAYS] = { NULL };
	struct packet p = { 0 };
	uint64_t read = 0, taken = 0;
	int rc = 0;

	for (unsigned k = 0; k < REPLAY_WAYS && w->split; k++)
		if (!(dev[k] = replay_iface(r, k, e)))
			return -1;
	if (w->split && !w->looks)
		say(w->c, "what comes through a pipe is not looked through before: each "
			  "conversation is split by the first packet that is seen of it");
	if (!w->looks)
		return 0;
	if (!w->split && (!most || most > ASKS_MOST))
		most = ASKS_MOST;
	while (rc >= 0 && !signals_stop && (!most || taken < most) &&
	       !choice_over(&w->choice, read + 1) && input_next(&w->in, &p, &read)) {
		rc = choice_packet(&w->choice, &p, e);
		if (rc <= 0)
			continue;
		rc = look_at(w, dev, &p, r, e);
		progress_tick(progress, ++taken, most);
	}
	if (rc < 0)
		return -1;
	replay_met(r);
	return w->split ? tell_split(w, dev, e) : 0;
}

void ways_close(struct ways *w)
{
	split_close(w->split);
	free(w->side);
	choice_close(&w->choice);
	input_close(&w->in);
}
