/* SPDX-License-Identifier: BSD-2-Clause */
/* The run of questions: each packet of the sweep leaves when it is due, what comes in is held
 * against all that still wait, and who has waited long enough is asked again or given up. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/dissect.h"
#include "notation/notation.h"
#include "play/ask_impl.h"

#define SECOND 1000000000ll
#define MS 1000000ll
#define RATE 200.0 /* packets a second when nothing was said */
/* At top speed: so many questions may be without an answer, and so many more a second. */
#define CREDIT 256
#define RING_SLOTS 1024
#define SILENT_RATE 128000.0

/* ---- opening ---- */

static struct rate asked_rate(const struct asking *a)
{
	return a->o->rate.form == RATE_MAX ? rate_packets(RATE) : a->o->rate;
}

static int careful(struct asking *a, const struct iface *dev, struct err *e)
{
	struct careful_facts f = { .dev = dev,
				   .build = template_build(a->tmpl),
				   .spoofed = aim_spoofs(a->aim),
				   .destinations = careful_destinations(a->plan),
				   .packets = a->total == UINT64_MAX ? 0 : a->total,
				   .rate = asked_rate(a) };
	char why[240];

	if (a->o->i_may || careful_check(&f, why) == CAREFUL_FINE)
		return 0;
	return err_set(e, ERR_USAGE, "%s", why);
}

/* Listen on the interface by which answers come, before anything leaves by it. */
static int ear_open(struct asking *a, const struct iface *dev, struct err *e)
{
	struct source_options o = { .immediate = true, .direction = SOURCE_IN };
	struct ear *x;

	for (unsigned i = 0; i < a->nears; i++)
		if (a->ear[i].index == dev->index)
			return 0;
	if (a->nears == EARS)
		return err_set(e, ERR_USAGE, "the destinations lie behind more than %d interfaces",
			       EARS);
	if (careful(a, dev, e))
		return -1;
	/* What answers a source address that is not ours is not addressed to us either. */
	o.promisc = aim_spoofs(a->aim);
	/* The ring has a slot for each packet, as large as the largest may be; 64 KiB where the
	 * device puts segments together. At top speed many small answers are to fit, and the ring
	 * is to stay in the processor's cache. */
	if (a->fastest && dev->mtu < 16384) {
		o.snaplen = dev->mtu + 128;
		o.buffer = RING_SLOTS * (dev->mtu + 512);
	}
	x = &a->ear[a->nears];
	x->source = source_open_live(dev->name, &o, e);
	if (!x->source)
		return -1;
	x->index = dev->index;
	a->nears++;
	sender_lend(a->sender, source_fd(x->source), dev->index);
	return 0;
}

static void ready(struct asking *a)
{
	struct ask_result r = { .event = ASK_READY };

	if (a->ready)
		return;
	a->ready = true;
	ask_tell(a, &r);
	/* Opening took its time: what comes next is paced from here. */
	a->pace.start = clock_mono();
}

static int asking_open(struct asking *a, struct err *e)
{
	struct sender_opts so = { .reg = a->plan->reg,
				  .ifname = a->o->ifname,
				  .via = a->o->via == ASK_LINK ? VIA_LINK
					 : a->o->via == ASK_IP ? VIA_IP
							       : VIA_AUTO,
				  .way = a->o->libnet ? TX_LIBNET : TX_AUTO,
				  .neigh_timeout = a->timeout < INT64_MAX / (a->o->retry + 1)
							   ? a->timeout * (a->o->retry + 1)
							   : a->timeout,
				  .stop = a->o->stop };

	if (plan_fresh(a->plan, e) < 0)
		return -1;
	plan_step(a->plan, 0, a->o->seed);
	a->sender = sender_open(&so, e);
	if (!a->sender)
		return -1;
	a->aim = aim_open(a->plan, a->sender, e);
	if (!a->aim)
		return -1;
	a->tmpl = template_open(a->plan, e);
	if (!a->tmpl)
		return -1;
	ask_notes(a, template_build(a->tmpl));
	return 0;
}

static void asking_close(struct asking *a)
{
	struct source_stats s;

	/* Before the ears: it sends through one of their sockets. */
	aim_close(a->aim);
	sender_close(a->sender);
	for (unsigned i = 0; i < a->nears; i++) {
		source_stats(a->ear[i].source, &s);
		if (s.known)
			a->st->dropped += s.dropped;
		source_close(a->ear[i].source);
	}
	flight_close(a->flight);
	template_close(a->tmpl);
	hush_done(&a->own_hush);
	tree_done(&a->scratch);
	answers_work_done(&a->work);
	buf_done(&a->why);
}

/* ---- sending ---- */

/* Nobody on the way: as if no answer had come. */
static void tell_silent(struct asking *a, uint64_t probe, const char *why)
{
	struct ask_result r = { .event = ASK_SILENT, .probe = probe, .why = why };

	a->st->silent++;
	ask_tell(a, &r);
}

/* Somebody else has the port: told once. */
static void tell_unguarded(struct asking *a, const struct transport *t)
{
	char why[120];
	struct ask_result r = { .event = ASK_NOTE, .why = why };

	if (a->unguarded)
		return;
	a->unguarded = true;
	snprintf(why, sizeof(why),
		 "port %u cannot be reserved (%s): the kernel, or who has it, may answer too",
		 t->sport, strerror(errno));
	ask_tell(a, &r);
}

static bool one_by_one(const struct asking *a)
{
	return a->o->in_order || a->o->until_answered;
}

/* Packet i of the sweep. 1: its turn comes when its neighbour has answered; -1: the run cannot go
 * on (e). A destination without a way is told and passed over. */
static int ask_packet(struct asking *a, uint64_t i, struct err *e)
{
	const struct packet *pkt;
	const struct hop *hop;
	struct err no = { 0 };
	struct transport t;
	struct probe *p;
	int rc;

	plan_step(a->plan, i, a->o->seed);
	rc = aim_step(a->aim, one_by_one(a), &no);
	if (rc > 0)
		return rc;
	if (rc < 0 && sender_silent(a->sender)) {
		tell_silent(a, i + 1, no.msg);
		return 0;
	}
	if (rc < 0) {
		if (no.code == ERR_USAGE || no.code == ERR_PERM || a->total == 1)
			return err_set(e, no.code, "%s", no.msg);
		ask_failed(a, i + 1, NULL, no.msg);
		return 0;
	}
	hop = aim_hop(a->aim);
	pkt = template_next(a->tmpl, e);
	if (!pkt || ear_open(a, &hop->route.dev, e) || sender_ready(a->sender, hop, pkt->link, e))
		return -1;
	if (!a->o->no_listener && !aim_spoofs(a->aim) &&
	    !transport_of(template_build(a->tmpl), &t, &no) && !hush_port(a->hush, &t))
		tell_unguarded(a, &t);
	ready(a);
	p = ask_probe(a, i, pkt, e);
	if (!p)
		return -1;
	if (!hop->header_len)
		sender_prepare(a->sender, hop, pkt);
	p->hop = *hop;
	a->st->probes++;
	return ask_send(a, p, e);
}

static int ask_next(struct asking *a, struct err *e)
{
	int rc = ask_packet(a, a->next, e);

	if (rc > 0)
		later_add(&a->later, a->next);
	a->next++;
	return rc < 0 ? -1 : 0;
}

/* Those whose neighbour may have answered by now. */
static int ask_later(struct asking *a, struct err *e)
{
	for (unsigned i = 0; i < a->later.n && !flight_full(a->flight) && !a->end;) {
		int rc = ask_packet(a, a->later.v[i], e);

		if (rc < 0)
			return -1;
		if (rc > 0)
			i++;
		else
			later_drop(&a->later, i);
	}
	return 0;
}

/* ---- waiting ---- */

static void give_up(struct asking *a, struct probe *p)
{
	struct ask_result r = { .event = ASK_SILENT,
				.probe = p->number,
				.attempt = p->attempt,
				.request = &p->pkt,
				.sent = &p->sent };

	if (!p->answers) {
		a->st->silent++;
		ask_tell(a, &r);
	}
	flight_drop(a->flight, p);
}

/* Who has waited long enough. */
static int expire(struct asking *a, int64_t now, struct err *e)
{
	struct probe *p;

	while ((p = flight_first(a->flight)) && p->deadline <= now && !a->end) {
		if (p->answers || p->attempt >= a->o->retry || ask_stopped(a)) {
			give_up(a, p);
			continue;
		}
		p->attempt++;
		flight_land(a->flight, p);
		if (ask_send(a, p, e))
			return -1;
	}
	return ask_flush(a, e);
}

static int drain(struct asking *a, struct err *e)
{
	for (unsigned i = 0; i < a->nears; i++) {
		struct packet pkt;
		int rc = SOURCE_NOTHING;

		while (!a->end && (rc = source_next(a->ear[i].source, &pkt, e)) == SOURCE_PACKET)
			ask_judge(a, &pkt);
		if (!a->end && rc == SOURCE_ERROR)
			return -1;
	}
	return 0;
}

static int wait_until(struct asking *a, int64_t until, struct err *e)
{
	struct pollfd fds[EARS];
	int64_t left = ask_until(a, until) - clock_mono();
	struct timespec t;

	/* A stop is looked for at least this often. */
	if (left > 50 * MS)
		left = 50 * MS;
	if (left < 0)
		left = 0;
	if (left > 2 * MS && a->later.n)
		left = 2 * MS; /* neighbours that are asked for answer elsewhere */
	for (unsigned i = 0; i < a->nears; i++)
		fds[i] = (struct pollfd) { .fd = source_fd(a->ear[i].source), .events = POLLIN };
	if (left) {
		ask_tell(a, &(struct ask_result) { .event = ASK_IDLE });
		t.tv_sec = 0;
		t.tv_nsec = left;
		ppoll(fds, a->nears, &t, NULL);
	}
	return drain(a, e);
}

static bool may_send(struct asking *a)
{
	return a->next < a->total && !flight_full(a->flight) && a->later.n < LATER_MAX &&
	       !(one_by_one(a) && (flight_waiting(a->flight) || a->nburst));
}

/* At top speed answers make room for questions; those that are silent do with time. Monotonic ns at
 * which the next may leave. */
static int64_t room_at(struct asking *a, int64_t now)
{
	if (!a->fastest)
		return 0;
	a->credit += (double)(now - a->credit_at) * SILENT_RATE / SECOND;
	a->credit_at = now;
	if (a->credit > CREDIT)
		a->credit = CREDIT;
	return a->credit >= 1 ? 0 : now + (int64_t)(SENDER_BURST / SILENT_RATE * SECOND);
}

/* All that are due by now. *until: when the next one is, if that is earlier. */
static int send_due(struct asking *a, int64_t now, int64_t *until, struct err *e)
{
	while (may_send(a) && !a->end) {
		int64_t room = room_at(a, now);

		if (a->due < 0)
			a->due = pace_next(&a->pace, 0);
		if (a->due > now || room > now) {
			int64_t next = a->due > room ? a->due : room;

			if (next < *until)
				*until = next;
			break;
		}
		/* After a long wait (a neighbour) no burst makes up for it. */
		if (a->due && now - a->due > 50 * MS)
			a->pace.start += now - a->due;
		a->due = -1;
		if (ask_next(a, e))
			return -1;
		/* Answers are looked at between any two bursts. */
		if (!a->nburst) {
			*until = 0;
			break;
		}
	}
	return ask_flush(a, e);
}

static int run(struct asking *a, struct err *e)
{
	struct flight *f = a->flight;

	while (!a->end && !ask_stopped(a) &&
	       (a->next < a->total || a->later.n || flight_waiting(f))) {
		int64_t until = INT64_MAX, now = clock_mono();

		if (ask_later(a, e) || send_due(a, now, &until, e))
			return -1;
		if (flight_first(f) && flight_first(f)->deadline < until)
			until = flight_first(f)->deadline;
		if (wait_until(a, until, e) || expire(a, clock_mono(), e))
			return -1;
	}
	/* Stopped or done: who still waits has had no answer. */
	for (struct probe *p = flight_first(f); p; p = flight_next(f, p))
		a->st->silent += !p->answers;
	return 0;
}

int ask(struct plan *p, const struct ask_opts *o, struct ask_stats *st, struct err *e)
{
	struct asking a = { .plan = p, .o = o, .st = st, .due = -1 };
	uint64_t count = plan_count(p), times = o->count ? o->count : 1;
	bool conn = o->via == ASK_STREAM || o->via == ASK_DATAGRAM;
	int rc = -1;

	*st = (struct ask_stats) { 0 };
	a.timeout = o->timeout > 0 ? o->timeout : 2 * SECOND;
	a.total = o->forever || count > UINT64_MAX / times ? UINT64_MAX : count * times;
	st->packets = a.total == UINT64_MAX ? 0 : a.total;
	pace_init(&a.pace, asked_rate(&a));
	hush_init(&a.own_hush);
	a.hush = o->hush ? o->hush : &a.own_hush;
	a.flight = conn ? NULL : flight_open();
	a.fastest = o->rate.form == RATE_PACKETS && o->rate.value >= ASK_FASTEST;
	a.credit = CREDIT;
	if (conn)
		rc = ask_conn(&a, e);
	else if (!a.flight)
		err_set(e, ERR_IO, "out of memory");
	else if (!asking_open(&a, e))
		rc = run(&a, e);
	st->stopped = ask_stopped(&a);
	asking_close(&a);
	return rc;
}
