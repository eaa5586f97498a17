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

int ways_open(struct ways *w, int n, char **paths, const struct source_options *so, struct err *e)
{
	if (!w->name[1])
		return 0;
	w->split = split_open(w->c->reg, w->c->opt.v[OPT_SPLIT], e);
	if (!w->split)
		return -1;
	w->looks = true;
	for (int i = 0; i < n; i++)
		w->looks &= again(paths[i]);
	return w->looks ? input_open(&w->in, n, paths, so, opt_has(&w->c->opt, OPT_APPEND), e) : 0;
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

int ways_look(struct ways *w, struct choice *ch, uint64_t most, struct replay *r,
	      struct progress *progress, struct err *e)
{
	const struct iface *dev[REPLAY_WAYS];
	struct packet p = { 0 };
	uint64_t read = 0, taken = 0;
	struct split_counts counts;
	int rc = 0;

	if (!w->split)
		return 0;
	for (unsigned k = 0; k < REPLAY_WAYS; k++)
		if (!(dev[k] = replay_iface(r, k, e)))
			return -1;
	if (!w->looks) {
		say(w->c, "what comes through a pipe is not looked through before: each "
			  "conversation is split by the first packet that is seen of it");
		return 0;
	}
	while (rc >= 0 && !signals_stop && (!most || taken < most) && !choice_over(ch, read + 1) &&
	       input_next(&w->in, &p, &read)) {
		rc = choice_packet(ch, &p, e);
		if (rc <= 0)
			continue;
		look(w, ch, &p);
		if (remember(w, split_learn(w->split, &p)))
			return err_set(e, ERR_IO, "no memory");
		for (unsigned k = 0; k < REPLAY_WAYS; k++) {
			if (p.link == dev[k]->link)
				continue;
			if (!w->other[k]++)
				w->first[k] = p.number;
		}
		progress_tick(progress, ++taken, most);
	}
	if (rc < 0)
		return -1;
	split_learnt(w->split, &counts);
	tell(w, &counts);
	for (unsigned k = 0; k < REPLAY_WAYS; k++)
		if (counts.packets[k] && w->other[k] && fits(w, dev[k], k, e))
			return -1;
	return 0;
}

void ways_close(struct ways *w)
{
	split_close(w->split);
	free(w->side);
	input_close(&w->in);
}
