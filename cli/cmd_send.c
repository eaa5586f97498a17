/* SPDX-License-Identifier: BSD-2-Clause */
/* strata send: build and send. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/dispatch.h"
#include "cli/signals.h"
#include "cli/words.h"

#define THREADS_MOST 64

static const char *const examples[] = {
	"send ip dst=10.0.0.2 / udp dport=9000 / text:hello",
	"a datagram",
	"send -c 0 --rate 100 ip dst=10.0.0.2 / icmp",
	"until Ctrl-C, a hundred a second",
	"send --rate 1000 ip dst=10.0.0.2 / tcp dport=1-1024 flags=S",
	"a sweep",
	"send -i eth0 eth dst=ff:ff:ff:ff:ff:ff / arp pdst=10.0.0.5",
	"a frame as it is",
	"send --fragment 8 ip dst=10.0.0.2 / udp / fill:100",
	"in fragments",
	"send --dry-run ip dst=10.0.0.2 / icmp",
	"what would be sent, and by which way",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_COUNT,   OPT_RATE,   OPT_INTERVAL, OPT_VIA,    OPT_FRAGMENT, OPT_SCRIPT,
	OPT_AS,        OPT_DOC,     OPT_SPANS,  OPT_FIELDS,   OPT_SEED,   OPT_TIMEOUT,  OPT_RETRY,
	OPT_ALL,       OPT_DRY_RUN, OPT_LIBNET, OPT_SENDER,   OPT_VERIFY, OPT_REALTIME, OPT_EXACT,
	OPT_IGNORE,    OPT_I_MAY,   OPT_USER,   OPT_THREADS,  OPT_NONE,
};

static void tell_sum(const struct dispatch *d)
{
	char line[500];
	int n = snprintf(line, sizeof(line), "%" PRIu64 " sent, %" PRIu64 " bytes", d->sent,
			 d->bytes);

	if (d->way)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " by %s", d->way);
	if (d->reasons.failed)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ", %" PRIu64 " not sent",
			      d->reasons.failed);
	if (d->so.has_rate || d->so.rate.form != RATE_MAX || d->pace.lateness.all)
		n += pace_words(&d->pace, d->bytes, line + n, sizeof(line) - (size_t)n);
	if (signals_stop)
		snprintf(line + n, sizeof(line) - (size_t)n, "; stopped");
	say(d->c, "%s", line);
}

static int read_patience(struct dispatch *d, struct err *e)
{
	const struct options *o = &d->c->opt;
	uint64_t retry = 0;

	d->patience = opt_has(o, OPT_RETRY) ? 1000000000 : 0;
	if (opt_time(o, OPT_TIMEOUT, &d->patience, e) < 0 ||
	    opt_u64(o, OPT_RETRY, 1000, &retry, e) < 0)
		return -1;
	if (d->patience < INT64_MAX / 1001)
		d->patience *= (int64_t)retry + 1;
	return 0;
}

/* The time that a script says, where no rate was asked for. False: stopped, or e. */
static bool wait_for_line(struct dispatch *d, struct err *e)
{
	int64_t gap = packets_gap(&d->ps);

	d->waited = false;
	if (d->dry || d->so.has_rate)
		return true;
	d->due = (d->due ? d->due : clock_mono()) + gap;
	if (!gap || d->due <= clock_mono()) {
		if (gap)
			pace_late(&d->pace, d->due);
		return true;
	}
	if (dispatch_flush(d, e) < 0)
		return false;
	d->waited = true;
	return pace_wait(&d->pace, d->due, &signals_stop);
}

/* How many, of which each has a packet to send. -1: e. */
static int read_threads(const struct dispatch *d, uint64_t *n, struct err *e)
{
	const struct options *o = &d->c->opt;
	const char *as = o->v[OPT_AS];

	*n = 1;
	if (opt_range(o, OPT_THREADS, 1, THREADS_MOST, n, e) < 0)
		return -1;
	if (*n > 1 && d->ps.script)
		return err_set(e, ERR_USAGE,
			       "'--threads' shares out a sweep; a script is sent in its order");
	if (*n > 1 && as && strcmp(as, "none") != 0)
		return err_set(e, ERR_USAGE,
			       "'--threads' shows nothing of each packet: not with '--as %s'", as);
	return 0;
}

/* The one plan of a sweep. */
static int send_shared(struct dispatch *d, unsigned n, struct err *e)
{
	if (packets_next(&d->ps, e) < 0 || packets_size(&d->ps, e) < 0)
		return -1;
	if (!d->so.forever && d->ps.count < n && d->so.count < n && d->ps.count * d->so.count < n)
		n = (unsigned)(d->ps.count * d->so.count);
	say(d->c, "%u threads: packets leave in no order", n);
	return dispatch_crew(d, n, e);
}

static void choose_pace(struct dispatch *d, uint64_t threads)
{
	struct options *o = &d->c->opt;
	bool top = d->so.has_rate && d->so.rate.form == RATE_MAX;

	/* Without a rate: ten a second when it goes on for ever, else as fast as it can. */
	if (d->so.forever && !d->so.has_rate)
		d->so.rate = rate_packets(10);
	/* Who wants top speed reads no million lines. */
	if ((top || threads > 1) && !d->dry && !opt_has(o, OPT_AS))
		o->v[OPT_AS] = "none";
}

static int run_send(struct cli *c)
{
	struct dispatch d = { .c = c,
			      .step = 1,
			      .dry = opt_has(&c->opt, OPT_DRY_RUN),
			      .exact = opt_has(&c->opt, OPT_EXACT) };
	struct err e = { 0 };
	uint64_t threads = 1;
	int rc = -1;

	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	const char *sender = c->opt.v[OPT_SENDER];
	if (sender && strcmp(sender, "list") == 0)
		return list_senders(c, c->opt.v[OPT_INTERFACE]);
	d.fragments = opt_has(&c->opt, OPT_FRAGMENT);
	if ((d.fragments && fragment_parse(c->opt.v[OPT_FRAGMENT], &d.frag, &e) < 0) ||
	    sending_options(&d.so, c, &e) < 0 || read_patience(&d, &e) < 0 ||
	    load_registry(c, &e) < 0 || packets_open_to_send(&d.ps, c, &e) < 0 ||
	    read_threads(&d, &threads, &e) < 0)
		goto out;
	choose_pace(&d, threads);
	if (wire_open(&d.wire, c, &e) < 0 ||
	    (!d.dry && verifying_open(&d.verify, c, d.patience, &e) < 0))
		goto out;
	if (d.verify.v)
		d.so.has_way = true;
	pace_init(&d.pace, d.so.rate);
	take_realtime(c);
	progress_init(&d.progress, c);
	if (threads > 1)
		rc = send_shared(&d, (unsigned)threads, &e);
	while (threads == 1 && (rc = packets_next(&d.ps, &e)) == 1 && !signals_stop)
		if (!wait_for_line(&d, &e) || (rc = packets_size(&d.ps, &e)) < 0 ||
		    (rc = dispatch_plan(&d, &e)) < 0)
			break;
	if (rc < 0 || e.code)
		packets_place(&d.ps, &e);
	if (d.ps.expected)
		say(c, "%" PRIu64 " line%s of what is expected ('<') %s not sent", d.ps.expected,
		    d.ps.expected == 1 ? "" : "s", d.ps.expected == 1 ? "was" : "were");
	struct err late = { 0 };
	if (dispatch_end(&d, e.code ? &late : &e) < 0 ||
	    (out_flush(&d.wire.out, &e) < 0 && !d.wire.out.gone))
		rc = -1;
	progress_done(&d.progress);
	if (verifying_end(&d.verify, &e) < 0)
		rc = -1;
	reasons_tell(&d.reasons);
	if (!d.dry && (d.sent || d.reasons.failed))
		tell_sum(&d);
	verifying_tell(&d.verify);
out:
	sender_close(d.sender);
	tree_done(&d.scratch);
	bool gone = d.wire.out.gone;
	int code = verifying_close(&d.verify);
	wire_close(&d.wire);
	packets_done(&d.ps);
	if (rc < 0 && !gone)
		return print_err(c, &e);
	return d.reasons.failed ? EXIT_LOST : code;
}

const struct command cmd_send = {
	.name = "send",
	.line = "build packets and send them",
	.usage = "PACKET",
	.example = examples,
	.option = options,
	.run = run_send,
	.more = "The routing table decides what was left unsaid (source, next hop, device) and -v "
		"tells it. A packet\nthat begins with a link header goes out as it is. With "
		"'--rate max' nothing is shown of each\npacket, unless --as says how. @FILE is "
		"--script FILE: with --exact, what read --as expr printed of a\ncapture leaves as "
		"it "
		"was, at its times. Exit 4 when something was not sent.",
};
