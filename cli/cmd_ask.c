/* SPDX-License-Identifier: BSD-2-Clause */
/* strata ask: send, wait, recognise the answer, tell the time between. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/packets.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "cli/wire.h"
#include "cli/words.h"
#include "play/ask.h"

static const char *const examples[] = {
	"ask ip dst=10.0.0.2 / icmp",
	"a ping",
	"ask --expect 'tcp flags=SA' ip dst=10.0.0.2 / tcp dport=80 flags=S",
	"exit 0 only if the port is open",
	"ask --rate max --i-may --where 'tcp.flags == syn+ack' ip dst=10.0.0.2 / tcp sport=40000 "
	"dport=1-65535 flags=S",
	"every open port",
	"ask --until answered ip dst=10.0.0.2 ttl=1-30 / udp dport=33434",
	"a traceroute",
	"ask --via datagram ip dst=10.0.0.2 / dns qd=name:example.org",
	"without root",
	"ask -c 5 --interval 1s ip6 dst=fe80::2%eth0 / icmp6 type=echo-request",
	"five, a second apart",
	"ask -p sensor.protocol ip dst=10.0.0.2 / sensor name=temp",
	"one's own protocol",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_TIMEOUT, OPT_RETRY,      OPT_EXPECT, OPT_UNTIL,  OPT_ALL,
	OPT_COUNT,     OPT_RATE,    OPT_INTERVAL,   OPT_VIA,    OPT_SCRIPT, OPT_AS,
	OPT_WHERE,     OPT_FIELDS,  OPT_DOC,        OPT_SPANS,  OPT_SEED,   OPT_LIBNET,
	OPT_I_MAY,     OPT_USER,    OPT_ALLOW_LOSS, OPT_NONE,
};

struct inquiry {
	struct cli *c;
	struct packets ps;
	struct wire wire;
	struct plan expect;
	struct sending so;
	struct ask_opts o;
	struct hush hush;     /* the lines of a script are one conversation */
	struct ask_stats sum; /* of all lines of a script */
	struct progress progress;
	struct tree scratch;
	struct err err; /* of the callback */
	bool failed, ready;
};

static int drop_rights(struct inquiry *q)
{
	/* Other interfaces may need sockets of their own yet. */
	struct privs_opts po = { .keep_raw = true, .user = q->c->opt.v[OPT_USER] };

	if (q->ready) /* by the line of the script before */
		return 0;
	q->ready = true;
	if (privs_drop(&po, &q->err) < 0)
		return -1;
	seal(&(struct seal_opts) { .sends = true });
	return 0;
}

/* By number, and by name where the sentence has none yet. */
static void tell_silent(struct inquiry *q, const struct ask_result *r)
{
	struct addr src, dst;
	char words[64];

	if (r->why)
		say(q->c, "no answer to %" PRIu64 ": %s", r->probe, r->why);
	else if (r->request && packet_ends(r->request, &q->scratch, &src, &dst) >= 0)
		say(q->c, "no answer to %" PRIu64 " (%s)", r->probe, addr_words(&dst, words));
	else
		say(q->c, "no answer to %" PRIu64, r->probe);
}

/* What was printed comes before what is said now. */
static int flush(struct inquiry *q)
{
	if (out_flush(&q->wire.out, &q->err) < 0)
		q->failed = true;
	return q->failed;
}

static int tell(void *ctx, const struct ask_result *r)
{
	struct inquiry *q = ctx;
	struct wire_event v = { .what = "SENT", .probe = r->probe, .rtt = -1 };
	const struct packet *p = r->request;

	switch (r->event) {
	case ASK_READY: q->failed = drop_rights(q) < 0; return q->failed;
	case ASK_SENT:
		v.note = r->attempt ? "again" : NULL;
		progress_tick(&q->progress, r->probe, q->sum.packets);
		break;
	case ASK_ANSWER:
		v.what = "RCVD";
		v.rtt = r->rtt;
		v.note = r->expected ? r->answers > 1 ? "another answer" : NULL
			 : r->why    ? r->why
				     : "not what was expected";
		p = r->reply;
		break;
	case ASK_NOT:
		v.what = "SEEN";
		v.note = r->why;
		p = r->reply;
		break;
	case ASK_SILENT:
		flush(q);
		tell_silent(q, r);
		return q->failed;
	case ASK_NOTE:
		flush(q);
		say(q->c, "note: %s", r->why);
		return q->failed;
	case ASK_IDLE: return flush(q);
	case ASK_FAILED:
		flush(q);
		say_lost("packet %" PRIu64 " was not sent: %s", r->probe, r->why ? r->why : "");
		return 0;
	}
	if (wire_packet(&q->wire, p, &v, &q->err) < 0)
		q->failed = true;
	return q->failed;
}

static int read_options(struct inquiry *q, struct err *e)
{
	static const char *const untils[] = { "answered", NULL };
	const struct options *o = &q->c->opt;
	int64_t timeout = 0;
	uint64_t retry = 0;
	int until = -1;

	if (sending_options(&q->so, q->c, e) < 0 || opt_time(o, OPT_TIMEOUT, &timeout, e) < 0 ||
	    opt_u64(o, OPT_RETRY, 1000, &retry, e) < 0 ||
	    opt_word(o, OPT_UNTIL, untils, &until, e) < 0)
		return -1;
	static const enum ask_via vias[] = { ASK_AUTO, ASK_LINK, ASK_IP, ASK_STREAM, ASK_DATAGRAM };
	q->o = (struct ask_opts) {
		.ifname = q->so.ifname,
		.via = vias[q->so.via],
		.timeout = timeout,
		.retry = (unsigned)retry,
		.count = q->so.count,
		.forever = q->so.forever,
		.rate = q->so.rate,
		.all = opt_has(o, OPT_ALL),
		.until_answered = until == 0,
		.why = opt_has(o, OPT_VERBOSE),
		.libnet = q->so.libnet,
		.i_may = q->so.i_may,
		.stop = &signals_stop,
		.hush = &q->hush,
		.tell = tell,
		.ctx = q,
	};
	if (opt_has(o, OPT_RATE) && q->so.rate.form == RATE_MAX)
		q->o.rate = rate_packets(ASK_FASTEST);
	const char *x = o->v[OPT_EXPECT];
	if (x && plan_parse(&q->expect, q->c->reg, x, strlen(x), PLAN_PATTERN, e) < 0) {
		char msg[sizeof(e->msg)];

		memcpy(msg, e->msg, sizeof(msg));
		snprintf(e->msg, sizeof(e->msg), "--expect: %.460s", msg);
		return -1;
	}
	q->o.expect = x ? &q->expect : NULL;
	return 0;
}

static void add_up(struct ask_stats *sum, const struct ask_stats *st)
{
	if (st->answered && (!sum->answered || st->rtt_min < sum->rtt_min))
		sum->rtt_min = st->rtt_min;
	if (st->rtt_max > sum->rtt_max)
		sum->rtt_max = st->rtt_max;
	sum->rtt_sum += st->rtt_sum;
	sum->probes += st->probes;
	sum->sent += st->sent;
	sum->answered += st->answered;
	sum->answers += st->answers;
	sum->expected += st->expected;
	sum->silent += st->silent;
	sum->refused += st->refused;
	sum->failed += st->failed;
	sum->dropped += st->dropped;
	sum->reached |= st->reached;
	sum->stopped |= st->stopped;
}

static void tell_sum(const struct inquiry *q)
{
	const struct ask_stats *s = &q->sum;
	char line[300];
	int n = snprintf(line, sizeof(line), "%" PRIu64 " sent, %" PRIu64 " answered", s->sent,
			 s->answered);

	if (q->o.expect && s->expected < s->answers)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " (%" PRIu64 " as expected)",
			      s->expected);
	n += snprintf(line + n, sizeof(line) - (size_t)n, ", %" PRIu64 " without answer",
		      s->silent);
	if (s->refused)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " (%" PRIu64 " refused)",
			      s->refused);
	if (s->failed)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ", %" PRIu64 " not sent",
			      s->failed);
	if (s->dropped)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
			      ", %" PRIu64 " dropped by the kernel", s->dropped);
	if (s->answered)
		snprintf(line + n, sizeof(line) - (size_t)n, "; min/avg/max %.3f/%.3f/%.3f ms",
			 (double)s->rtt_min / 1e6, (double)s->rtt_sum / (double)s->answered / 1e6,
			 (double)s->rtt_max / 1e6);
	say(q->c, "%s", line);
}

static int ask_all(struct inquiry *q, struct err *e)
{
	int rc;

	while ((rc = packets_next(&q->ps, e)) == 1) {
		struct ask_stats st = { 0 };
		if (packets_size(&q->ps, e) < 0)
			return -1;
		q->o.seed = q->ps.seed;
		q->sum.packets = q->so.forever ? 0 : q->ps.count * q->so.count;
		rc = ask(&q->ps.plan, &q->o, &st, e);
		flush(q);
		add_up(&q->sum, &st);
		if (rc < 0 || q->failed || signals_stop)
			break;
	}
	if (rc < 0)
		packets_place(&q->ps, e);
	return rc < 0 ? -1 : 0;
}

static int exit_code(const struct inquiry *q)
{
	const struct ask_stats *s = &q->sum;

	if (s->failed || (s->dropped && !opt_has(&q->c->opt, OPT_ALLOW_LOSS)))
		return EXIT_LOST;
	if (q->o.until_answered)
		return s->reached && (!q->o.expect || s->expected) ? EXIT_DONE : EXIT_NO;
	return (q->o.expect ? s->expected : s->answered) ? EXIT_DONE : EXIT_NO;
}

static int run_ask(struct cli *c)
{
	struct inquiry q = { .c = c };
	struct err e = { 0 };
	int rc = -1;

	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	progress_init(&q.progress, c);
	hush_init(&q.hush);
	if (load_registry(c, &e) < 0 || packets_open_to_send(&q.ps, c, &e) < 0 ||
	    wire_open(&q.wire, c, &e) < 0 || read_options(&q, &e) < 0)
		goto out;
	rc = ask_all(&q, &e);
	progress_done(&q.progress);
	if (q.sum.sent || q.sum.failed || q.sum.silent)
		tell_sum(&q);
	if (q.failed && !q.wire.out.gone) {
		e = q.err;
		rc = -1;
	}
out:
	/* q.hush ends with the process: the ports are kept from the kernel as long as can be. */
	wire_close(&q.wire);
	packets_done(&q.ps);
	plan_done(&q.expect);
	tree_done(&q.scratch);
	return rc < 0 ? print_err(c, &e) : exit_code(&q);
}

const struct command cmd_ask = {
	.name = "ask",
	.line = "send, wait, match, print the answer with the time between",
	.usage = "PACKET",
	.example = examples,
	.option = options,
	.run = run_ask,
	.more = "Exit 0: answered (with --expect: by what fits); 1: nothing came, or it did not "
		"fit; 4: something\nwas not sent or was lost. -v says of each other packet why it "
		"is not the answer. A neighbour that is silent and a socket that is refused are no "
		"answers (1).\nIn JSON each packet has dir (sent, rcvd), probe (its number) and "
		"rtt_ns (nanoseconds). --where says which are printed; all are counted.",
};
