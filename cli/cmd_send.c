/* SPDX-License-Identifier: BSD-2-Clause */
/* strata send: build and send. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/made.h"
#include "cli/packets.h"
#include "cli/privs.h"
#include "cli/reasons.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "cli/wire.h"
#include "cli/words.h"
#include "craft/aim.h"
#include "craft/conn.h"
#include "craft/craft.h"
#include "craft/fragment.h"
#include "craft/pace.h"
#include "craft/sender.h"
#include "craft/template.h"
#include "dissect/dissect.h"
#include "play/careful.h"

static const char *const examples[] = {
	"send ip dst=10.0.0.2 / udp dport=9000 / text:hello",
	"a datagram",
	"send -c 0 --rate 100 ip dst=10.0.0.2 / icmp",
	"until Ctrl-C, a hundred a second",
	"send ip dst=10.0.0.2 / tcp dport=1-1024 flags=S",
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
	OPT_INTERFACE, OPT_COUNT,   OPT_RATE,   OPT_INTERVAL, OPT_VIA,  OPT_FRAGMENT, OPT_SCRIPT,
	OPT_AS,        OPT_DOC,     OPT_SPANS,  OPT_FIELDS,   OPT_SEED, OPT_TIMEOUT,  OPT_RETRY,
	OPT_ALL,       OPT_DRY_RUN, OPT_LIBNET, OPT_I_MAY,    OPT_USER, OPT_NONE,
};

struct dispatch {
	struct cli *c;
	struct packets ps;
	struct wire wire;
	struct sending so;
	struct fragment_opts frag;
	bool fragments, dry, ready;
	int64_t patience; /* ns for a neighbour or a connection; 0: not said */
	struct pace pace;
	int64_t due; /* when the current line of a script was to leave, monotonic ns; 0: at once */
	struct progress progress;
	struct tree scratch;
	/* of the current plan */
	struct sender *sender;
	char ifname[64]; /* for which it was opened; "": none was said */
	struct aim *aim;
	struct template *tmpl;
	const struct iface *checked; /* careful.h has been asked about it */
	int checked_index;
	/* of all */
	struct later later;
	struct reasons reasons;
	uint64_t sent, bytes, number;
	uint32_t cut;   /* packets that were sent in fragments */
	char note[200]; /* what the kernel changes: told once */
};

/* ---- one packet ---- */

static int careful(struct dispatch *d, const struct hop *h, uint64_t total, struct err *e)
{
	char why[240];
	const struct iface *dev = &h->route.dev;

	if (d->so.i_may || d->dry || d->checked_index == dev->index)
		return 0;
	struct careful_facts f = {
		.dev = dev,
		.build = template_build(d->tmpl),
		.spoofed = aim_spoofs(d->aim),
		.destinations = careful_destinations(&d->ps.plan),
		.packets = total == UINT64_MAX ? 0 : total,
		.rate = d->so.rate,
	};
	if (careful_check(&f, why) != CAREFUL_FINE)
		return err_set(e, ERR_USAGE, "%s", why);
	d->checked_index = dev->index;
	return 0;
}

/* The sockets are open: give up rights, once. */
static int drop_rights(struct dispatch *d, struct err *e)
{
	struct privs_opts po = { .keep_raw = true, .user = d->c->opt.v[OPT_USER] };

	if (d->ready)
		return 0;
	d->ready = true;
	if (privs_drop(&po, e) < 0)
		return -1;
	seal(&(struct seal_opts) { .sends = true });
	return 0;
}

static void tell_way(struct dispatch *d, const struct hop *h)
{
	struct buf b = { 0 };
	char via[64];

	aim_words(d->aim, &b);
	const uint8_t *m = h->mac;
	char mac[32] = "";
	if (h->resolved)
		snprintf(mac, sizeof(mac), " at %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
			 m[3], m[4], m[5]);
	say(d->c, "by %s, %s%s%s, next hop %s%s%s%s", h->route.dev.name,
	    h->raw ? "raw IP socket" : "packet socket", d->so.libnet ? " of libnet" : "",
	    h->route.gateway ? " through a gateway" : "",
	    h->route.via.family ? addr_words(&h->route.via, via) : "none", mac,
	    b.n ? "; added " : "", b.n ? buf_cstr(&b) : "");
	buf_done(&b);
}

static int tell_sent(struct dispatch *d, struct packet *p, const char *note, struct err *e)
{
	struct wire_event v = { .what = d->dry ? "DRY" : "SENT", .rtt = -1, .note = note };

	p->number = ++d->number;
	if (d->wire.form == REPORT_NONE)
		return 0;
	if (p->link != LINK_NONE) {
		struct packet as_built = *p;

		dissect_with(d->c->reg, p, &d->scratch);
		/* A lie that no dissector believes: show what it was built from. */
		if (!p->nlayers)
			*p = as_built;
	}
	return wire_packet(&d->wire, p, &v, e);
}

struct emission {
	struct dispatch *d;
	const struct hop *hop;
	struct err *e;
	int rc;
};

static int emit(void *ctx, const struct packet *frag)
{
	struct emission *m = ctx;
	struct dispatch *d = m->d;
	struct packet p = *frag;
	struct sent s = { 0 };
	const char *note = NULL;

	if (d->dry) {
		p.when = clock_wall();
		return m->rc = tell_sent(d, &p, NULL, m->e);
	}
	if (sender_send_by(d->sender, m->hop, &p, &s, m->e) < 0)
		return m->rc = -1;
	d->sent++;
	d->bytes += s.len;
	pace_bytes(&d->pace, s.len);
	p.when = s.when;
	if (s.note[0] && strcmp(s.note, d->note) != 0) {
		snprintf(d->note, sizeof(d->note), "%s", s.note);
		note = d->note;
	}
	return m->rc = tell_sent(d, &p, note, m->e);
}

/* 1: its turn comes when its neighbour has answered; -1: the run ends. What concerns this packet
 * alone is counted. */
static int send_one(struct dispatch *d, uint64_t i, uint64_t total, struct err *e)
{
	struct err no = { 0 };

	plan_step(&d->ps.plan, i, d->ps.seed);
	int way = aim_step(d->aim, false, &no);
	if (way > 0)
		return way;
	if (way < 0) {
		if (no.code == ERR_USAGE || no.code == ERR_PERM || total == 1) {
			*e = no;
			return -1;
		}
		reasons_add(&d->reasons, i + 1, 1, no.msg);
		return 0;
	}
	const struct hop *hop = aim_hop(d->aim);
	const struct packet *p = template_next(d->tmpl, e);
	if (!p || careful(d, hop, total, e) < 0)
		return -1;
	if (!d->dry && (sender_ready(d->sender, hop, p->link, e) < 0 || drop_rights(d, e) < 0))
		return -1;
	if (i == 0 && (d->dry || opt_has(&d->c->opt, OPT_VERBOSE)))
		tell_way(d, hop);
	struct emission m = { .d = d, .hop = hop, .e = &no };
	if (d->fragments) {
		/* Another one for each packet, from a random start (RFC 8200 section 4.5). */
		d->frag.id = (uint32_t)(d->ps.seed * 0x9e3779b1u + d->cut++) | 1u << 31;
		if (fragment(d->c->reg, p, &d->frag, emit, &m, &no) < 0)
			m.rc = -1;
	} else {
		emit(&m, p);
	}
	if (m.rc == 0)
		return 0;
	if (d->wire.out.gone)
		return -1;
	if (total == 1 || no.code == ERR_PERM || no.code == ERR_USAGE) {
		*e = no;
		return -1;
	}
	reasons_add(&d->reasons, i + 1, 1, no.msg);
	return 0;
}

/* Those whose neighbour may have answered by now. */
static int send_later(struct dispatch *d, uint64_t total, struct err *e)
{
	for (unsigned i = 0; i < d->later.n;) {
		int rc = send_one(d, d->later.v[i], total, e);

		if (rc < 0)
			return rc;
		if (rc > 0)
			i++;
		else
			later_drop(&d->later, i);
	}
	return 0;
}

/* The interface that was said: by -i, or by the line of a script; NULL: none was. */
static const char *said_interface(const struct dispatch *d)
{
	if (d->so.ifname)
		return d->so.ifname;
	return d->ps.script && d->ps.line.ifname[0] ? d->ps.line.ifname : NULL;
}

/* ---- through ordinary sockets ---- */

static int send_conn(struct dispatch *d, uint64_t i, struct err *e)
{
	struct conn_opts co = { .datagram = d->so.via == VIA_WORD_DATAGRAM,
				.ifname = said_interface(d),
				.stop = &signals_stop };
	int64_t deadline = clock_mono() + (d->patience ? d->patience : 5000000000);
	struct build b = { 0 };
	uint32_t from, to;
	int rc = -1, at;

	plan_step(&d->ps.plan, i, d->ps.seed);
	if (craft(&b, &d->ps.plan, e) < 0 || (at = conn_inside(&b, &from, &to, e)) < 0)
		goto out;
	struct packet p = { .data = (const uint8_t *)b.bytes.p + from,
			    .len = to - from,
			    .wire_len = to - from,
			    .link = LINK_NONE,
			    .when = clock_wall() };
	if ((unsigned)at < b.n && b.layer[at].proto)
		dissect_as(d->c->reg, &p, b.layer[at].proto, &d->scratch);
	if (!d->dry) {
		struct conn *k = conn_open(&b, &co, deadline, e);
		rc = k ? conn_send(k, p.data, p.len, deadline, e) : -1;
		conn_close(k);
		if (rc < 0)
			goto out;
		d->sent++;
		d->bytes += p.len;
	}
	rc = tell_sent(d, &p, NULL, e);
out:
	build_done(&b);
	return rc;
}

/* ---- a plan ---- */

static int plan_open(struct dispatch *d, struct err *e)
{
	static const enum sender_via vias[] = { VIA_AUTO, VIA_LINK, VIA_IP };
	struct packets *ps = &d->ps;
	const char *ifname = said_interface(d);
	struct sender_opts so = { .reg = d->c->reg,
				  .ifname = ifname,
				  .via = vias[d->so.via],
				  .libnet = d->so.libnet,
				  .neigh_timeout = d->patience,
				  .mtu_hint = ": --fragment SIZE cuts them",
				  .stop = &signals_stop };

	if (plan_fresh(&ps->plan, e) < 0)
		return -1;
	plan_step(&ps->plan, 0, ps->seed);
	if (d->sender && strcmp(d->ifname, ifname ? ifname : "") != 0) {
		sender_close(d->sender);
		d->sender = NULL;
	}
	if (!d->sender)
		d->sender = sender_open(&so, e);
	snprintf(d->ifname, sizeof(d->ifname), "%s", ifname ? ifname : "");
	if (!d->sender)
		return -1;
	d->aim = aim_open(&ps->plan, d->sender, e);
	if (!d->aim)
		return -1;
	d->tmpl = template_open(&ps->plan, e);
	const struct packet *first = d->tmpl ? template_next(d->tmpl, e) : NULL;
	if (first)
		tell_made(d->c, &ps->plan, template_build(d->tmpl), first, &d->scratch);
	return first ? 0 : -1;
}

static void plan_close(struct dispatch *d)
{
	template_close(d->tmpl);
	aim_close(d->aim);
	d->tmpl = NULL;
	d->aim = NULL;
	d->checked_index = 0;
}

static int send_plan(struct dispatch *d, struct err *e)
{
	bool conn = d->so.via == VIA_WORD_STREAM || d->so.via == VIA_WORD_DATAGRAM;
	uint64_t n = d->ps.count, all = n > UINT64_MAX / (d->so.count ? d->so.count : 1)
						? UINT64_MAX
						: n * d->so.count;
	int rc = 0;

	if (packets_size(&d->ps, e) < 0 ||
	    (conn ? plan_fresh(&d->ps.plan, e) : plan_open(d, e)) < 0) {
		plan_close(d);
		return -1;
	}
	if (d->so.forever)
		all = UINT64_MAX;
	for (uint64_t i = 0; i < all && rc == 0; i++) {
		int64_t due = pace_next(&d->pace, 0);
		if (due > clock_mono() && out_flush(&d->wire.out, e) < 0) {
			rc = -1;
			break;
		}
		if (!pace_wait(&d->pace, due, &signals_stop) || signals_stop)
			break;
		rc = send_later(d, all, e);
		/* Room is made by the oldest that still waits: its neighbour answers, or not. */
		while (rc == 0 && d->later.n == LATER_MAX && !signals_stop) {
			sender_nap(d->sender);
			rc = send_later(d, all, e);
		}
		if (signals_stop)
			break;
		if (rc == 0)
			rc = conn ? send_conn(d, i, e) : send_one(d, i, all, e);
		if (rc > 0) {
			later_add(&d->later, i);
			rc = 0;
		}
		progress_tick(&d->progress, d->sent, d->so.forever ? 0 : all);
	}
	while (rc == 0 && d->later.n && !signals_stop) {
		if (out_flush(&d->wire.out, e) < 0)
			rc = -1;
		else if ((rc = send_later(d, all, e)) == 0 && d->later.n)
			sender_nap(d->sender);
	}
	d->later.n = 0;
	plan_close(d);
	return rc;
}

static void tell_sum(const struct dispatch *d)
{
	char line[300];
	int n = snprintf(line, sizeof(line), "%" PRIu64 " sent, %" PRIu64 " bytes", d->sent,
			 d->bytes);

	if (d->reasons.failed)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ", %" PRIu64 " not sent",
			      d->reasons.failed);
	if (d->so.rate.form != RATE_MAX)
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

	if (!gap || d->dry || d->so.has_rate)
		return true;
	if (out_flush(&d->wire.out, e) < 0)
		return false;
	d->due = (d->due ? d->due : clock_mono()) + gap;
	return pace_wait(&d->pace, d->due, &signals_stop);
}

static int run_send(struct cli *c)
{
	struct dispatch d = { .c = c, .dry = opt_has(&c->opt, OPT_DRY_RUN) };
	struct err e = { 0 };
	int rc = -1;

	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	d.fragments = opt_has(&c->opt, OPT_FRAGMENT);
	if ((d.fragments && fragment_parse(c->opt.v[OPT_FRAGMENT], &d.frag, &e) < 0) ||
	    sending_options(&d.so, c, &e) < 0 || read_patience(&d, &e) < 0 ||
	    load_registry(c, &e) < 0 || packets_open_to_send(&d.ps, c, &e) < 0 ||
	    wire_open(&d.wire, c, &e) < 0)
		goto out;
	/* Without a rate: ten a second when it goes on for ever, else as fast as it can. */
	if (d.so.forever && !d.so.has_rate)
		d.so.rate = rate_packets(10);
	pace_init(&d.pace, d.so.rate);
	progress_init(&d.progress, c);
	while ((rc = packets_next(&d.ps, &e)) == 1 && !signals_stop)
		if (!wait_for_line(&d, &e) || (rc = send_plan(&d, &e)) < 0)
			break;
	if (rc < 0 || e.code)
		packets_place(&d.ps, &e);
	if (d.ps.expected)
		say(c, "%" PRIu64 " line%s of what is expected ('<') %s not sent", d.ps.expected,
		    d.ps.expected == 1 ? "" : "s", d.ps.expected == 1 ? "was" : "were");
	if (out_flush(&d.wire.out, &e) < 0 && !d.wire.out.gone)
		rc = -1;
	progress_done(&d.progress);
	reasons_tell(&d.reasons, c);
	if (!d.dry && (d.sent || d.reasons.failed))
		tell_sum(&d);
out:
	sender_close(d.sender);
	tree_done(&d.scratch);
	bool gone = d.wire.out.gone;
	wire_close(&d.wire);
	packets_done(&d.ps);
	if (rc < 0 && !gone)
		return print_err(c, &e);
	return d.reasons.failed ? EXIT_LOST : EXIT_DONE;
}

const struct command cmd_send = {
	.name = "send",
	.line = "build packets and send them",
	.usage = "PACKET",
	.example = examples,
	.option = options,
	.run = run_send,
	.more = "The routing table decides what was left unsaid (source, next hop, device) and -v "
		"tells it. A packet\nthat begins with a link header goes out as it is. Exit 4 when "
		"something was not sent.",
};
