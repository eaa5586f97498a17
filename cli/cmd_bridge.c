/* SPDX-License-Identifier: BSD-2-Clause */
/* strata bridge: packets from one interface to another and back, changed on their way. */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/source.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/signals.h"
#include "cli/wire.h"
#include "cli/words.h"
#include "core/clock.h"
#include "dissect/dissect.h"
#include "play/bridge.h"

#define BUFFER (64u << 20)
#define BURST 64              /* of one side, before the other's turn */
#define NAP (100 * 1000000ll) /* ns: a signal is seen so late at the most */

static const char *const examples[] = {
	"bridge eth1 eth2",
	"whatever comes by the one leaves by the other",
	"bridge eth1 eth2 --replace 'Hello=Good morning' -v",
	"bytes of what is carried; the numbers of the stream stay right",
	"bridge eth1 eth2 --set 'http headers.0.value=elsewhere' --where 'http && tcp.dstport == "
	"80'",
	"a field of any protocol, in some packets",
	"bridge eth1 eth2 --map 10.0.0.5=10.9.0.5",
	"10.0.0.5 on the side of eth1 is 10.9.0.5 on the other",
	"bridge eth1 eth2 --drop 'udp dport=53' --delay 50ms",
	"a worse wire",
	"bridge --hop --i-may eth0 --replace yes=no",
	"hand on what was sent here by mistake: the one in the middle",
	NULL,
};
static const enum option_id options[] = {
	OPT_SET,   OPT_MAP,     OPT_REPLACE, OPT_DROP,   OPT_WHERE,      OPT_DELAY,
	OPT_HOP,   OPT_COUNT,   OPT_AS,      OPT_FIELDS, OPT_DOC,        OPT_SPANS,
	OPT_I_MAY, OPT_DRY_RUN, OPT_USER,    OPT_BUFFER, OPT_ALLOW_LOSS, OPT_NONE,
};

struct bridging {
	struct cli *c;
	struct wire wire;
	struct filter *where;
	struct source *source[2];
	unsigned sides; /* sources: one with a single interface */
	struct bridge *bridge;
	struct bridge_opts o;
	struct tree scratch;
	uint64_t most, told_not;
	struct err e; /* of the callback */
	bool failed;
};

static void tell(void *ctx, const struct bridge_told *t)
{
	static const char *const word[] = { [BRIDGE_PASSED] = "PASSED",
					    [BRIDGE_CHANGED] = "CHANGED",
					    [BRIDGE_DROPPED] = "DROPPED" };
	struct bridging *r = ctx;
	struct wire_event v = { .rtt = -1 };
	char way[2 * IF_NAMESIZE + 4];

	if (r->failed)
		return;
	if (t->event == BRIDGE_NOT) {
		if (!r->told_not++)
			say(r->c, "a packet from %s: %s (told once; counted)", r->o.ifname[t->side],
			    t->why);
		return;
	}
	if (t->event == BRIDGE_PASSED || !r->o.told)
		return;
	snprintf(way, sizeof(way), "%s > %s", r->o.ifname[t->side], r->o.ifname[!t->side]);
	v.what = word[t->event];
	v.note = way;
	r->failed = wire_packet(&r->wire, t->packet, &v, &r->e) < 0;
}

/* ---- opening ---- */

static int read_options(struct bridging *r, struct err *e)
{
	const struct options *o = &r->c->opt;
	struct through_opts *t = &r->o.through;

	r->o.hop = opt_has(o, OPT_HOP);
	if (r->c->argc != 2 && !(r->o.hop && r->c->argc == 1))
		return err_set(e, ERR_USAGE,
			       "two interfaces are joined: strata bridge A B (one with --hop)");
	for (int i = 0; i < 2; i++)
		r->o.ifname[i] = r->c->argv[i < r->c->argc ? i : 0];
	r->sides = strcmp(r->o.ifname[0], r->o.ifname[1]) ? 2 : 1;
	for (unsigned i = 0; i < r->sides; i++)
		if (!if_nametoindex(r->o.ifname[i]))
			return err_set(e, ERR_IO, "no interface %.40s (-i list shows them)",
				       r->o.ifname[i]);
	if (r->sides == 1 && opt_has(o, OPT_MAP))
		return err_set(e, ERR_USAGE,
			       "--map replaces addresses one way and back the other: it needs two "
			       "interfaces");
	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &r->most, e) < 0 ||
	    opt_time(o, OPT_DELAY, &r->o.delay, e) < 0 || load_registry(r->c, e) < 0 ||
	    wire_open(&r->wire, r->c, e) < 0)
		return -1;
	/* It says which are changed, not which are shown. */
	r->where = r->wire.where;
	r->wire.where = NULL;
	*t = (struct through_opts) { .reg = r->c->reg,
				     .set = o->list[OPT_SET],
				     .nset = o->n[OPT_SET],
				     .map = o->list[OPT_MAP],
				     .nmap = o->n[OPT_MAP],
				     .replace = o->list[OPT_REPLACE],
				     .nreplace = o->n[OPT_REPLACE],
				     .drop = o->list[OPT_DROP],
				     .ndrop = o->n[OPT_DROP],
				     .where = r->where };
	if (r->where && !t->nset && !t->nreplace && !t->ndrop)
		return err_set(e, ERR_USAGE,
			       "--where says which packets --set, --replace and --drop are about");
	r->o.told = opt_has(o, OPT_VERBOSE) || opt_has(o, OPT_DRY_RUN);
	r->o.dry = opt_has(o, OPT_DRY_RUN);
	r->o.i_may = opt_has(o, OPT_I_MAY);
	r->o.stop = &signals_stop;
	r->o.tell = tell;
	r->o.ctx = r;
	return 0;
}

static int open_all(struct bridging *r, struct err *e)
{
	const struct options *o = &r->c->opt;
	struct source_options so = {
		.immediate = true, .direction = SOURCE_IN, .promisc = true, .buffer = BUFFER
	};
	struct privs_opts po = { .keep_raw = true, .user = o->v[OPT_USER] };
	uint64_t buffer = BUFFER;

	if (read_options(r, e) < 0 || opt_size(o, OPT_BUFFER, 1 << 20, 1u << 31, &buffer, e) < 0)
		return -1;
	so.buffer = (unsigned)buffer;
	r->bridge = bridge_open(&r->o, e);
	if (!r->bridge)
		return -1;
	for (unsigned i = 0; i < r->sides; i++) {
		r->source[i] = source_open_live(r->o.ifname[i], &so, e);
		if (!r->source[i])
			return -1;
	}
	if (privs_drop(&po, e) < 0)
		return -1;
	seal(&(struct seal_opts) { .sends = true });
	if (r->sides == 2)
		say(r->c, "bridging %s and %s", r->o.ifname[0], r->o.ifname[1]);
	else
		say(r->c, "handing on what comes by %s for others", r->o.ifname[0]);
	return 0;
}

/* ---- running ---- */

/* Some of what is there on one side. 1: there may be more; 0: there is not; -1: e; SOURCE_END. */
static int take_some(struct bridging *r, unsigned side, struct err *e)
{
	struct packet p;

	for (unsigned i = 0; i < BURST; i++) {
		int rc = i ? source_next(r->source[side], &p, e)
			   : source_wait(r->source[side], &p, 0, e);

		if (rc != SOURCE_PACKET)
			return rc == SOURCE_ERROR ? -1 : rc == SOURCE_END ? SOURCE_END : 0;
		dissect_with(r->c->reg, &p, &r->scratch);
		if (bridge_packet(r->bridge, &p, side, e) < 0)
			return -1;
	}
	return 1;
}

/* Until there is something, or something is due. */
static void rest(struct bridging *r)
{
	struct pollfd fd[2];
	int64_t ns = bridge_due(r->bridge);
	struct timespec t;

	for (unsigned i = 0; i < r->sides; i++)
		fd[i] = (struct pollfd) { .fd = source_fd(r->source[i]), .events = POLLIN };
	if (ns != INT64_MAX)
		ns -= clock_mono();
	ns = ns < 0 ? 0 : ns > NAP ? NAP : ns;
	t = (struct timespec) { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
	ppoll(fd, r->sides, &t, NULL);
}

static bool enough(const struct bridging *r)
{
	struct bridge_counts n;

	bridge_counts(r->bridge, &n);
	return signals_stop || (r->most && n.came[0] + n.came[1] >= r->most);
}

static int loop(struct bridging *r, struct err *e)
{
	bool more = true;

	while (!r->failed && !enough(r)) {
		if (!more)
			rest(r);
		more = false;
		for (unsigned i = 0; i < r->sides; i++) {
			int rc = take_some(r, i, e);

			if (rc < 0)
				return rc == SOURCE_END ? 0 : -1;
			more |= rc > 0;
		}
		if (bridge_flush(r->bridge, e) < 0)
			return -1;
		if (!more && out_flush(&r->wire.out, &r->e) < 0)
			r->failed = true;
	}
	if (r->failed && !r->wire.out.gone)
		return err_set(e, r->e.code, "%s", r->e.msg);
	return out_flush(&r->wire.out, e) < 0 && !r->wire.out.gone ? -1 : 0;
}

/* ---- what was done ---- */

static void tell_idle(const struct bridging *r, enum option_id id,
		      bool (*fitted)(const struct through *t, unsigned i))
{
	const struct options *o = &r->c->opt;

	for (unsigned i = 0; i < o->n[id]; i++)
		if (!fitted(bridge_through(r->bridge), i))
			say(r->c, "'--%s %s' fitted nothing", opt_name(id), o->list[id][i]);
}

static void tell_changes(const struct bridging *r, const struct through_counts *t)
{
	if (t->late)
		say(r->c,
		    "%" PRIu64 " parts of streams were not changed: they, or some behind them, had "
		    "passed before",
		    t->late);
	if (t->full)
		say(r->c,
		    "%" PRIu64 " parts of streams were not changed: nothing would have been left, "
		    "or there was no room to remember it",
		    t->full);
	if (t->unfit)
		say(r->c, "--set could not be done %" PRIu64 " times: %s", t->unfit, t->why);
	tell_idle(r, OPT_SET, through_fitted);
	tell_idle(r, OPT_MAP, through_mapped);
	tell_idle(r, OPT_REPLACE, through_replaced);
}

/* The exit code. */
static int tell_sum(const struct bridging *r)
{
	struct bridge_counts n;
	struct source_stats st;
	uint64_t dropped = 0;

	bridge_counts(r->bridge, &n);
	for (unsigned i = 0; i < r->sides; i++) {
		source_stats(r->source[i], &st);
		dropped += st.dropped + st.if_dropped;
		say(r->c, "%s: %" PRIu64 " came, %" PRIu64 " dropped by the kernel", r->o.ifname[i],
		    n.came[i], st.dropped);
	}
	say(r->c, "%" PRIu64 " changed, %" PRIu64 " dropped as asked, %" PRIu64 " sent",
	    n.through.changed, n.through.dropped, n.sent);
	if (n.others)
		say(r->c, "%" PRIu64 " were not for us to hand on", n.others);
	if (n.cut)
		say(r->c, "%" PRIu64 " were longer than the other side takes: sent in parts",
		    n.cut);
	tell_changes(r, &n.through);
	if (n.crowded)
		say(r->c, "%" PRIu64 " were lost: too many waited for their time", n.crowded);
	if (n.unfit)
		say(r->c, "%" PRIu64 " could not be handed on", n.unfit);
	if (n.failed)
		say(r->c, "%" PRIu64 " refused by the kernel", n.failed);
	if ((dropped || n.crowded || n.unfit || n.failed) && !opt_has(&r->c->opt, OPT_ALLOW_LOSS))
		return EXIT_LOST;
	return EXIT_DONE;
}

static int run_bridge(struct cli *c)
{
	struct bridging *r = calloc(1, sizeof(*r));
	struct err e = { 0 };
	int rc, code = EXIT_DONE;

	if (!r)
		return fail(c, ERR_IO, "no memory");
	r->c = c;
	rc = open_all(r, &e);
	if (!rc) {
		rc = loop(r, &e);
		code = tell_sum(r);
	}
	for (unsigned i = 0; i < r->sides; i++)
		source_close(r->source[i]);
	bridge_close(r->bridge);
	wire_close(&r->wire);
	filter_close(r->where);
	tree_done(&r->scratch);
	free(r);
	return rc < 0 ? print_err(c, &e) : code;
}

const struct command cmd_bridge = {
	.name = "bridge",
	.line = "join two interfaces, and change what passes",
	.usage = "A B | --hop A",
	.example = examples,
	.option = options,
	.run = run_bridge,
	.more = "Whatever comes by A leaves by B, and the other way round, whoever it is for. "
		"Lengths and checksums\nthat were right stay right, and so do the numbers of a "
		"stream that --set or --replace makes longer\nor shorter, what acknowledges them, "
		"and what is sent again. --map and --where see addresses as\nthe side of A has "
		"them. Bytes that two packets share are not found. With --hop only what is\n"
		"addressed to this machine's hardware, but to another one's address, is handed on, "
		"by route and\nneighbour. -v: what was changed or dropped. Runs until it is "
		"stopped, or -c packets came. Exit 4:\nsomething was lost.",
};
