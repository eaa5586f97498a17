/* SPDX-License-Identifier: BSD-2-Clause */
/* strata replay: recorded packets onto the wire again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/choice.h"
#include "cli/privs.h"
#include "cli/reasons.h"
#include "cli/seal.h"
#include "cli/signals.h"
#include "cli/sums.h"
#include "cli/verifying.h"
#include "cli/ways.h"
#include "cli/wire.h"
#include "dissect/dissect.h"
#include "play/replay.h"

static const char *const examples[] = {
	"replay -i eth1 capture.pcap",
	"with the times it was recorded with",
	"replay -i eth1 --rate max capture.pcap",
	"as fast as it can; 2x, 1000pps, 10mbit as well",
	"replay -i eth1 --loop 0 capture.pcap --where 'udp.port == 53'",
	"its DNS, again and again until Ctrl-C",
	"replay -i eth1 --step --as line capture.pcap",
	"a packet for each key",
	"replay --client-if eth1 --server-if eth2 capture.pcap",
	"through a device between two interfaces: who opened each conversation by the first",
	"replay -i eth1 --segment mtu offload.pcap",
	"what a card was to cut up, cut up",
	"replay -i eth1 --map 10.0.0.0/24=10.9.9.0/24 capture.pcap",
	"to other addresses, with the checksums over them",
	"replay -i eth1 --hop cooked.pcapng",
	"with new link headers: our own address, and the next hop's",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_RATE,     OPT_STEP,      OPT_LOOP,      OPT_COUNT,   OPT_HOP,
	OPT_PAD,       OPT_PACKETS,  OPT_FROM,      OPT_TO,        OPT_WHERE,   OPT_APPEND,
	OPT_AS,        OPT_DOC,      OPT_SPANS,     OPT_FIELDS,    OPT_HEX,     OPT_LINK,
	OPT_RESOLVE,   OPT_REALTIME, OPT_DRY_RUN,   OPT_I_MAY,     OPT_USER,    OPT_SET,
	OPT_MAP,       OPT_SUMS,     OPT_CLIENT_IF, OPT_SERVER_IF, OPT_SPLIT,   OPT_SEGMENT,
	OPT_ANONYMISE, OPT_SENDER,   OPT_VERIFY,    OPT_IGNORE,    OPT_TIMEOUT, OPT_NONE
};

struct replaying {
	struct cli *c;
	struct choice choice;
	struct ways ways;
	struct sums sums;
	struct input in;
	struct source_options so;
	int nfiles;
	struct replay *replay;
	struct wire wire;
	struct reasons reasons;
	struct progress progress;
	struct replay_opts o;
	uint64_t loops, round, most, taken, read;
	struct verifying verify;
	bool step, quit;
	struct termios before;
	bool raw; /* the terminal gives each key at once */
	struct tree scratch;
};

/* ---- what was asked for ---- */

static int read_options(struct replaying *r, struct err *e)
{
	const struct options *o = &r->c->opt;
	uint64_t link = LINK_ETHERNET;
	bool has_way;
	int via = VIA_WORD_LINK;

	r->loops = 1;
	r->o = (struct replay_opts) {
		.hop = opt_has(o, OPT_HOP),
		.pad = opt_has(o, OPT_PAD),
		.dry = opt_has(o, OPT_DRY_RUN),
		.i_may = opt_has(o, OPT_I_MAY),
		.rate = { RATE_TIMES, 1 },
		.stop = &signals_stop,
	};
	if (choice_mtu(o, true, &r->o.segment, e) < 0 || ways_options(&r->ways, r->c, e) < 0 ||
	    opt_rate(o, OPT_RATE, &r->o.rate, e) < 0 ||
	    opt_u64(o, OPT_LOOP, UINT64_MAX, &r->loops, e) < 0 ||
	    opt_u64(o, OPT_COUNT, UINT64_MAX, &r->most, e) < 0 ||
	    opt_u64(o, OPT_LINK, 0xfffe, &link, e) < 0 ||
	    opt_time(o, OPT_TIMEOUT, &r->o.patience, e) < 0 ||
	    sender_options(o, &has_way, &r->o.way, &via, e) < 0)
		return -1;
	r->step = opt_has(o, OPT_STEP);
	for (int i = 0; i < r->nfiles; i++) {
		if (strcmp(r->c->argv[i], "-") != 0)
			continue;
		if (r->step)
			return err_set(e, ERR_USAGE,
				       "standard input gives the packets or the keys: not with "
				       "--step");
		if (r->loops != 1)
			return err_set(e, ERR_USAGE,
				       "standard input can be read once: not with --loop");
	}
	if (r->step)
		r->o.rate = rate_packets(0);
	/* It is for the summary, where nothing is asked. */
	if (!opt_has(o, OPT_AS) && !r->step && !r->o.dry)
		r->c->opt.v[OPT_AS] = "none";
	r->o.direct = r->o.rate.form == RATE_MAX && !r->step;
	memcpy(r->o.ifname, r->ways.name, sizeof(r->o.ifname));
	if (!r->o.ifname[0] && !r->o.hop)
		return err_set(
			e, ERR_USAGE,
			"which interface? replay FILE -i IF; or --client-if IF --server-if IF; "
			"or --hop: by the routing table, with new link headers");
	r->so = (struct source_options) { .hex = opt_has(o, OPT_HEX),
					  .want_link = true,
					  .link = (uint16_t)link };
	return 0;
}

/* ---- one key for each packet ---- */

static void keys_open(struct replaying *r)
{
	struct termios t;

	if (!r->step || tcgetattr(STDIN_FILENO, &r->before) < 0)
		return;
	t = r->before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	r->raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
	say(r->c, "a key for each packet; q ends");
}

static void keys_close(struct replaying *r)
{
	if (r->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &r->before);
}

/* False: no more. */
static bool key(struct replaying *r)
{
	char k;

	if (read(STDIN_FILENO, &k, 1) != 1 || k == 'q' || k == 4)
		r->quit = true;
	return !r->quit && !signals_stop;
}

/* ---- a packet ---- */

static int show(struct replaying *r, struct packet *p, struct err *e)
{
	const struct iface *dev = r->ways.split ? replay_dev(r->replay) : NULL;
	struct wire_event v = { .what = r->o.dry ? "DRY" : "SENT",
				.rtt = -1,
				.note = dev ? dev->name : NULL };

	if (r->wire.form == REPORT_NONE)
		return 0;
	if (!r->choice.show.where && !r->choice.show.has_pattern)
		dissect_with(r->c->reg, p, &r->scratch);
	p->when = clock_wall();
	return wire_packet(&r->wire, p, &v, e);
}

/* 0, or -1: e, or the output's reader went away. */
static int one(struct replaying *r, struct packet *p, struct err *e)
{
	struct err no = { 0 };
	int way;

	if (r->step) {
		if (replay_flush(r->replay, e) || out_flush(&r->wire.out, e) < 0)
			return -1;
		if (!key(r))
			return 0;
	}
	/* Nobody is to wait for what has been printed until there is more of it. */
	if (r->wire.out.b.n && replay_ahead(r->replay, p) && out_flush(&r->wire.out, e) < 0)
		return -1;
	r->taken++;
	way = ways_of(&r->ways, &r->choice, p, e);
	if (way < 0)
		return -1;
	if (choice_change(&r->choice, p, &no) < 0) {
		reasons_add(&r->reasons, p->number, 1, no.msg);
		return 0;
	}
	/* Of a burst at its own times only the beginning, so that it stays one. The parts of what
	 * is cut up have right checksums. */
	if (!r->round && !replay_cuts(r->replay, p, (unsigned)way) &&
	    sums_look(&r->sums, p, replay_ahead(r->replay, p),
		      r->o.rate.form == RATE_TIMES ? 50 : 1000))
		return err_set(e, ERR_IO, "no memory");
	switch (replay_packet(r->replay, p, (unsigned)way, &no)) {
	case REPLAY_SENT: return show(r, p, e);
	case REPLAY_NOT: reasons_add(&r->reasons, p->number, 1, no.msg); return 0;
	case REPLAY_STOPPED: return 0;
	default: *e = no; return -1;
	}
}

static int once(struct replaying *r, struct err *e)
{
	struct packet p = { 0 };
	int rc = 0;

	r->read = 0;
	while (rc == 0 && !signals_stop && !r->quit && (!r->most || r->taken < r->most) &&
	       !choice_over(&r->choice, r->read + 1) && input_next(&r->in, &p, &r->read)) {
		rc = choice_packet(&r->choice, &p, e);
		if (rc > 0)
			rc = one(r, &p, e);
		progress_tick(&r->progress, r->taken, r->most);
	}
	return rc;
}

static int reopen(struct replaying *r, struct err *e)
{
	if (r->round)
		input_close(&r->in);
	r->in = (struct input) { 0 };
	return input_open(&r->in, r->nfiles, r->c->argv, &r->so, opt_has(&r->c->opt, OPT_APPEND),
			  e);
}

static int all(struct replaying *r, struct err *e)
{
	uint64_t before;
	int rc;

	do {
		before = r->taken;
		if (r->round) {
			if (reopen(r, e) < 0)
				return -1;
			replay_again(r->replay);
			ways_again(&r->ways);
		}
		rc = once(r, e);
		if (rc == 0 && r->in.bad.code) {
			*e = r->in.bad;
			rc = -1;
		}
		r->round++;
	} while (rc == 0 && !signals_stop && !r->quit && (!r->loops || r->round < r->loops) &&
		 (!r->most || r->taken < r->most) && r->taken > before);
	/* What was queued leaves, whatever ended it. */
	struct err late = { 0 };
	if (replay_flush(r->replay, rc < 0 ? &late : e) && rc == 0)
		rc = -1;
	return rc;
}

/* ---- at the end ---- */

static void tell(struct replaying *r)
{
	struct replay_counts n;
	char line[1200]; /* more than all of them */
	int k;

	replay_counts(r->replay, &n);
	input_tell(&r->in, r->c);
	choice_tell(&r->choice);
	if (n.tx.failed)
		reasons_add(&r->reasons, n.tx.first, n.tx.failed, n.tx.why);
	reasons_tell(&r->reasons);
	sums_tell(&r->sums);
	if (r->ways.split && !r->ways.looks)
		ways_tell(&r->ways);
	if (r->o.dry)
		k = snprintf(line, sizeof(line), "%" PRIu64 " would be sent",
			     r->taken - r->reasons.failed);
	else
		k = snprintf(line, sizeof(line), "%" PRIu64 " sent, %" PRIu64 " bytes%s%s",
			     n.tx.sent, n.tx.bytes, n.way ? " by " : "", n.way ? n.way : "");
	if (r->ways.split && !r->o.dry)
		k += snprintf(line + k, sizeof(line) - (size_t)k,
			      ", %" PRIu64 " by %s, %" PRIu64 " by %s", n.ways[0].sent,
			      r->ways.name[0], n.ways[1].sent, r->ways.name[1]);
	if (r->reasons.failed)
		k += snprintf(line + k, sizeof(line) - (size_t)k, ", %" PRIu64 " not sent",
			      r->reasons.failed);
	if (r->choice.changed)
		k += snprintf(line + k, sizeof(line) - (size_t)k, ", %" PRIu64 " changed",
			      r->choice.changed);
	if (n.cut)
		k += snprintf(line + k, sizeof(line) - (size_t)k,
			      ", %" PRIu64 " cut up into %" PRIu64, n.cut, n.parts);
	if (n.padded)
		k += snprintf(line + k, sizeof(line) - (size_t)k, ", %" PRIu64 " filled up",
			      n.padded);
	if (n.rehopped)
		k += snprintf(line + k, sizeof(line) - (size_t)k,
			      ", %" PRIu64 " with a new link header", n.rehopped);
	if (r->round > 1)
		k += snprintf(line + k, sizeof(line) - (size_t)k, ", %" PRIu64 " rounds", r->round);
	if (!r->step && !r->o.dry && n.tx.sent)
		k += pace_words(n.pace, n.tx.bytes, line + k, sizeof(line) - (size_t)k);
	if (signals_stop || r->quit)
		snprintf(line + k, sizeof(line) - (size_t)k, "; stopped");
	say(r->c, "%s", line);
	if (n.pace->backward)
		say(r->c, "%" PRIu64 " packets are earlier than one before them: they left at once",
		    n.pace->backward);
}

static int open_all(struct replaying *r, struct err *e)
{
	struct privs_opts po = { .keep_raw = true,
				 .keep_uid = r->loops != 1, /* who may open the files once more */
				 .user = r->c->opt.v[OPT_USER] };

	r->o.reg = r->c->reg;
	take_realtime(r->c);
	if (reopen(r, e) < 0 || choice_open(&r->choice, source_link(r->in.src[0]), e) < 0 ||
	    wire_open(&r->wire, r->c, e) < 0)
		return -1;
	if (!r->o.dry && verifying_open(&r->verify, r->c, r->o.patience, e) < 0)
		return -1;
	if (r->verify.v) {
		r->o.watch = verify_sent;
		r->o.watch_ctx = r->verify.v;
	}
	r->replay = replay_open(&r->o, e);
	if (!r->replay || ways_open(&r->ways, r->c, &r->in, &r->so, r->replay, e) < 0 ||
	    privs_drop(&po, e) < 0 || verifying_start(&r->verify, e) < 0)
		return -1;
	return 0;
}

static int run_replay(struct cli *c)
{
	struct replaying r = { .c = c, .sums.c = c };
	struct err e = { 0 };
	int rc = -1;

	if (c->argc == 0)
		return fail(c, ERR_USAGE, "which file? strata replay FILE... [FILTER] -i IF");
	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	if (opt_has(&c->opt, OPT_SENDER) && strcmp(c->opt.v[OPT_SENDER], "list") == 0)
		return list_senders(c, c->opt.v[OPT_INTERFACE]);
	r.nfiles = words_files(c->argc, c->argv);
	if (choice_options(&r.choice, c, r.nfiles, &e) < 0 || read_options(&r, &e) < 0 ||
	    load_registry(c, &e) < 0 || open_all(&r, &e) < 0)
		goto out;
	seal(&(struct seal_opts) { .sends = true });
	progress_init(&r.progress, c);
	if (ways_look(&r.ways, r.most, r.replay, &r.progress, &e) < 0)
		goto out;
	keys_open(&r);
	rc = all(&r, &e);
	keys_close(&r);
	progress_done(&r.progress);
	if (verifying_end(&r.verify, &e) < 0)
		rc = -1;
	if (out_flush(&r.wire.out, &e) < 0 && !r.wire.out.gone)
		rc = -1;
	tell(&r);
	verifying_tell(&r.verify);
out:
	replay_close(r.replay);
	int code = verifying_close(&r.verify);
	tree_done(&r.scratch);
	bool gone = r.wire.out.gone;
	wire_close(&r.wire);
	choice_close(&r.choice);
	sums_done(&r.sums);
	ways_close(&r.ways);
	input_close(&r.in);
	if (rc < 0 && !gone)
		return print_err(c, &e);
	return r.reasons.failed ? EXIT_LOST : code;
}

const struct command cmd_replay = {
	.name = "replay",
	.line = "send captured packets again",
	.usage = "FILE... [FILTER]",
	.example = examples,
	.option = options,
	.run = run_replay,
	.more = "Several files are merged by time, unless --append. Frames leave as they were "
		"captured; where the\ninterface takes another link type, or with --hop, the "
		"outermost layer with network addresses\nleaves with a new link header, to the "
		"next hop that the routing table knows. Of two\ninterfaces, what clients sent "
		"leaves by the one, what servers "
		"sent by the other; the files are looked\nthrough first, and how they are split is "
		"told. Exit 4 when something was not sent.",
};
