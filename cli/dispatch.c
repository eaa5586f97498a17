/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets of a plan, each at its time: built, sent, shown. */
#include "cli/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "cli/dispatch_queue.h"
#include "cli/made.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "core/stop.h"
#include "craft/conn.h"
#include "craft/craft.h"
#include "dissect/dissect.h"
#include "play/careful.h"

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

int dispatch_privs(struct dispatch *d, struct err *e)
{
	struct privs_opts po = { .keep_raw = true, .user = d->c->opt.v[OPT_USER] };

	d->ready = true;
	return privs_drop(&po, e) < 0 || verifying_start(&d->verify, e) < 0 ? -1 : 0;
}

/* The sockets are open: give up rights, once. */
static int drop_rights(struct dispatch *d, struct err *e)
{
	if (d->ready)
		return 0;
	if (dispatch_privs(d, e) < 0)
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

static int by_hand(struct dispatch *d, const struct hop *hop, struct packet *p, struct sent *s,
		   struct err *e)
{
	if (sender_send_by(d->sender, hop, p, s, e) < 0)
		return -1;
	d->sent++;
	d->bytes += s->len;
	pace_bytes(&d->pace, s->len);
	p->when = s->when;
	return 0;
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
	p.when = clock_wall();
	if (d->so.has_way)
		m->rc = dispatch_by_way(d, m->hop, &p, m->e);
	else
		m->rc = by_hand(d, m->hop, &p, &s, m->e);
	if (m->rc)
		return m->rc;
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
	int way;

	if (d->frames.tx && aim_fixed(d->aim) && (way = dispatch_frame(d, i, e)) <= 0)
		return way;
	plan_step(&d->ps.plan, i, d->ps.seed);
	way = aim_step(d->aim, false, &no);
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
	if (!aim_fixed(d->aim) && (way = dispatch_frame(d, i, e)) <= 0)
		return way;
	const struct packet *p = template_next(d->tmpl, e);
	if (!p || careful(d, hop, total, e) < 0)
		return -1;
	if (!d->dry && (sender_ready(d->sender, hop, p->link, e) < 0 || drop_rights(d, e) < 0))
		return -1;
	if (i == 0 && (d->dry || opt_has(&d->c->opt, OPT_VERBOSE)))
		tell_way(d, hop);
	struct emission m = { .d = d, .hop = hop, .e = &no };
	if (dispatch_queues(d)) {
		m.rc = dispatch_queued(d, hop, p, i, &no);
		if (m.rc < 0) {
			*e = no;
			return -1;
		}
	} else if (d->fragments) {
		/* Another one for each packet, from a random start (RFC 8200 section 4.5). */
		d->frag.id = (uint32_t)(d->ps.seed * 0x9e3779b1u + d->cut++) | 1u << 31;
		if (fragment(d->c->reg, p, &d->frag, emit, &m, &no) < 0)
			m.rc = -1;
	} else {
		emit(&m, p);
	}
	if (m.rc == 0 || (m.rc > 0 && !no.code))
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
		d->way = co.datagram ? "datagram" : "stream";
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
				  .way = d->so.way,
				  .direct = d->so.has_rate && d->so.rate.form == RATE_MAX,
				  .neigh_timeout = d->patience,
				  .watch = d->verify.v ? verify_sent : NULL,
				  .watch_ctx = d->verify.v,
				  .mtu_hint = ": --fragment SIZE cuts them",
				  .stop = &signals_stop };

	if (!d->exact && plan_fresh(&ps->plan, e) < 0)
		return -1;
	plan_step(&ps->plan, 0, ps->seed);
	if (d->sender && strcmp(d->ifname, ifname ? ifname : "") != 0 && dispatch_end(d, e))
		return -1;
	if (!d->sender)
		d->sender = sender_open(&so, e);
	snprintf(d->ifname, sizeof(d->ifname), "%s", ifname ? ifname : "");
	if (!d->sender)
		return -1;
	d->aim = d->exact ? aim_open_exact(&ps->plan, d->sender, e)
			  : aim_open(&ps->plan, d->sender, e);
	if (!d->aim)
		return -1;
	d->tmpl = template_open(&ps->plan, e);
	const struct packet *first = d->tmpl ? template_next(d->tmpl, e) : NULL;
	/* What was captured is data, however odd. */
	if (first && !d->exact && !d->mute)
		tell_made(d->c, &ps->plan, template_build(d->tmpl), first, &d->scratch);
	return first ? 0 : -1;
}

static void plan_close(struct dispatch *d)
{
	template_close(d->tmpl);
	aim_close(d->aim);
	d->tmpl = NULL;
	d->aim = NULL;
	d->frames.tx = NULL;
	d->frames.hop = NULL;
	d->checked_index = 0;
}

/* Until packet i of the plan is due. 1: stopped. */
static int wait_turn(struct dispatch *d, struct err *e)
{
	int64_t due = pace_next(&d->pace, 0);

	if (!due)
		return stop_asked(&signals_stop) != 0;
	d->waited = due > clock_mono();
	if (!d->waited) {
		pace_late(&d->pace, due);
		return stop_asked(&signals_stop) != 0;
	}
	if (dispatch_flush(d, e) < 0)
		return -1;
	return !pace_wait(&d->pace, due, &signals_stop);
}

/* Packet i, which is due. */
static int send_due(struct dispatch *d, uint64_t i, uint64_t all, bool conn, struct err *e)
{
	int rc = d->later.n ? send_later(d, all, e) : 0;

	/* Room is made by the oldest that still waits: its neighbour answers, or not. */
	while (rc == 0 && d->later.n == LATER_MAX && !stop_asked(&signals_stop)) {
		if (dispatch_flush(d, e) < 0)
			return -1;
		sender_nap(d->sender);
		rc = send_later(d, all, e);
	}
	if (rc || stop_asked(&signals_stop))
		return rc;
	rc = conn ? send_conn(d, i, e) : send_one(d, i, all, e);
	if (rc > 0) {
		later_add(&d->later, i);
		rc = 0;
	}
	if (rc == 0 && d->waited && d->sender)
		rc = sender_flush(d->sender, e);
	return rc;
}

int dispatch_plan(struct dispatch *d, struct err *e)
{
	bool conn = d->so.via == VIA_WORD_STREAM || d->so.via == VIA_WORD_DATAGRAM;
	uint64_t n = d->ps.count, all = n > UINT64_MAX / (d->so.count ? d->so.count : 1)
						? UINT64_MAX
						: n * d->so.count;
	int rc = 0;

	if ((conn ? plan_fresh(&d->ps.plan, e) : plan_open(d, e)) < 0) {
		plan_close(d);
		return -1;
	}
	if (d->so.forever)
		all = UINT64_MAX;
	for (uint64_t i = d->first; i < all && rc == 0; i += d->step) {
		rc = wait_turn(d, e);
		if (rc)
			break;
		rc = send_due(d, i, all, conn, e);
		progress_tick(&d->progress, i + 1, d->so.forever ? 0 : all);
	}
	rc = rc > 0 ? 0 : rc;
	while (rc == 0 && d->later.n && !stop_asked(&signals_stop)) {
		if (dispatch_flush(d, e) < 0)
			rc = -1;
		else if ((rc = send_later(d, all, e)) == 0 && d->later.n)
			sender_nap(d->sender);
	}
	d->later.n = 0;
	plan_close(d);
	return rc;
}
