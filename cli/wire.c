/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves and what comes, told as it happens. */
#include "cli/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/show.h"
#include "cli/words.h"
#include "craft/pace.h"

static const char *const forms[] = { "line", "tree", "expr", "json", "flat",
				     "hex",  "raw",  "text", "none", NULL };

int wire_open(struct wire *w, struct cli *c, struct err *e)
{
	const char *where = c->opt.v[OPT_WHERE];
	int i = 0;

	*w = (struct wire) { .c = c, .form = REPORT_LINE };
	if (opt_word(&c->opt, OPT_AS, forms, &i, e) < 0)
		return -1;
	if (opt_has(&c->opt, OPT_AS))
		w->form = strcmp(forms[i], "expr") == 0 ? FORM_EXPR : report_form(forms[i]);
	else if (opt_has(&c->opt, OPT_QUIET) && c->cmd != &cmd_react && c->cmd != &cmd_serve)
		w->form = REPORT_NONE;
	struct report_opts ro = {
		.form = w->form == FORM_EXPR ? REPORT_NONE : (enum report_form)w->form,
		.color = c->color,
		.doc = opt_has(&c->opt, OPT_DOC),
		.spans = opt_has(&c->opt, OPT_SPANS),
		.bare = true,
		.fields = c->opt.v[OPT_FIELDS],
	};
	if (w->form == REPORT_JSON || w->form == REPORT_FLAT)
		ro.bare = false;
	w->report = report_open(c->reg, &ro, e);
	w->printer = w->form == FORM_EXPR ? printer_open(c->reg) : NULL;
	if (w->report && w->form == FORM_EXPR && !w->printer)
		return err_set(e, ERR_IO, "no memory");
	if (w->report && where)
		w->where = filter_parse(c->reg, where, strlen(where), e);
	return w->report && (w->where || !where) ? 0 : -1;
}

/* Does it leave, or would it? */
static bool leaves(const struct wire_event *v)
{
	return strcmp(v->what, "SENT") == 0 || strcmp(v->what, "DRY") == 0;
}

/* The JSON object gets what only the conversation knows. */
static void json_more(struct buf *b, const struct wire_event *v)
{
	if (b->n < 2 || b->p[b->n - 2] != '}')
		return;
	b->n -= 2;
	buf_fmt(b, ",\"dir\":\"%s\"", leaves(v) ? "sent" : "rcvd");
	if (v->probe)
		buf_fmt(b, ",\"probe\":%" PRIu64, v->probe);
	if (v->rtt >= 0)
		buf_fmt(b, ",\"rtt_ns\":%" PRId64, v->rtt);
	buf_str(b, "}\n");
}

static void put_head(struct wire *w, struct buf *b, const struct packet *p,
		     const struct wire_event *v)
{
	int64_t at = p->when - w->start;

	buf_fmt(b, "%s %" PRId64 ".%06" PRId64 " ", v->what, at / 1000000000,
		at % 1000000000 / 1000);
}

/* What follows the packet on its line. */
static void put_tail(struct buf *b, const struct wire_event *v)
{
	if (b->n && b->p[b->n - 1] == '\n')
		b->n--;
	while (b->n && b->p[b->n - 1] == ' ')
		b->n--;
	if (v->rtt >= 0)
		/* Rounded, as the sum at the end is. */
		buf_fmt(b, "  (%.3f ms)", (double)v->rtt / 1e6);
	if (v->note)
		buf_fmt(b, "  -- %s", v->note);
	buf_char(b, '\n');
}

int wire_text(struct wire *w, const struct packet *p, const struct wire_event *v, struct buf *b,
	      struct err *e)
{
	if (w->form == REPORT_NONE)
		return 0;
	if (!w->start)
		w->start = p->when;
	switch (w->form) {
	case FORM_EXPR:
		if (print_script_line(w->printer, p, leaves(v) ? PRINT_SENT : PRINT_EXPECT, b) < 0)
			return err_set(e, ERR_IO, "no memory");
		break;
	case REPORT_JSON:
	case REPORT_FLAT:
		report_packet(w->report, p, NULL, b);
		json_more(b, v);
		break;
	case REPORT_LINE:
		put_head(w, b, p, v);
		report_packet(w->report, p, NULL, b);
		put_tail(b, v);
		break;
	default: /* forms of several lines: a line of their own in front */
		put_head(w, b, p, v);
		put_tail(b, v);
		report_packet(w->report, p, NULL, b);
	}
	return b->failed ? err_set(e, ERR_IO, "no memory") : 0;
}

int wire_packet(struct wire *w, const struct packet *p, const struct wire_event *v, struct err *e)
{
	if (w->form == REPORT_NONE)
		return 0;
	if (!w->start)
		w->start = p->when;
	if (w->where && !filter_match(w->where, p, &w->work))
		return 0;
	return wire_text(w, p, v, &w->out.b, e) < 0 ? -1 : out_more(&w->out, e);
}

void wire_close(struct wire *w)
{
	report_close(w->report);
	printer_close(w->printer);
	filter_close(w->where);
	filter_work_done(&w->work);
	out_done(&w->out);
}

/* ---- options ---- */

int sending_options(struct sending *s, struct cli *c, struct err *e)
{
	static const char *const vias[] = { "auto", "link", "ip", "stream", "datagram", NULL };
	const struct options *o = &c->opt;
	int64_t interval = 0;

	*s = (struct sending) { .count = 1,
				.ifname = o->v[OPT_INTERFACE],
				.libnet = opt_has(o, OPT_LIBNET),
				.i_may = opt_has(o, OPT_I_MAY) };
	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &s->count, e) < 0 ||
	    opt_word(o, OPT_VIA, vias, &s->via, e) < 0 ||
	    sender_options(o, &s->has_way, &s->way, &s->via, e) < 0 ||
	    opt_rate(o, OPT_RATE, &s->rate, e) < 0 || opt_time(o, OPT_INTERVAL, &interval, e) < 0)
		return -1;
	if (s->rate.form == RATE_TIMES)
		return err_set(e, ERR_USAGE,
			       "'--rate %s': packets that are made have no times of their own; "
			       "replay has",
			       o->v[OPT_RATE]);
	s->has_rate = opt_has(o, OPT_RATE) || opt_has(o, OPT_INTERVAL);
	if (interval > 0)
		s->rate = rate_packets(1e9 / (double)interval);
	s->forever = s->count == 0;
	if (s->ifname && !if_nametoindex(s->ifname)) {
		char none[64];

		return choose_device(c, none, e) < 0
			       ? -1
			       : err_set(e, ERR_IO, "no interface %.40s", s->ifname);
	}
	return 0;
}

void take_realtime(struct cli *c)
{
	struct sched_param first = { .sched_priority = 1 };

	if (opt_has(&c->opt, OPT_REALTIME) && sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		say(c, "no real-time priority (CAP_SYS_NICE): %s", strerror(errno));
}

/* ---- pace ---- */

const char *duration_words(int64_t ns, char room[32])
{
	if (ns < 1000)
		snprintf(room, 32, "%" PRId64 " ns", ns);
	else if (ns < 1000000)
		snprintf(room, 32, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(room, 32, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(room, 32, "%.2f s", (double)ns / 1e9);
	return room;
}

int pace_words(const struct pace *p, uint64_t bytes, char *out, size_t cap)
{
	char room[3][32], asked[64] = "";
	double rate = pace_rate(p), bits = p->n ? 8.0 * (double)bytes / (double)p->n * rate : 0;
	const struct lateness *l = &p->lateness;
	int n = 0;

	if (p->rate.form == RATE_PACKETS)
		snprintf(asked, sizeof(asked), " of %.10g asked", p->rate.value);
	if (rate > 0)
		n = snprintf(out, cap, "; %.1f/s%s, %.3g Mbit/s", rate, asked, bits / 1e6);
	if (rate > 0 && p->rate.form == RATE_BITS)
		n += snprintf(out + n, cap - (size_t)n, " of %.10g asked", p->rate.value / 1e6);
	if (l->all)
		n += snprintf(out + n, cap - (size_t)n, "; late %s median, %s p99, %s at most",
			      duration_words(late_at(l, 0.5), room[0]),
			      duration_words(late_at(l, 0.99), room[1]),
			      duration_words(l->max, room[2]));
	if (p->waited)
		n += snprintf(out + n, cap - (size_t)n, "; %s waiting for neighbours",
			      duration_words(p->waited, room[0]));
	if (p->thefts)
		n += snprintf(out + n, cap - (size_t)n,
			      "; the machine was elsewhere %" PRIu64 " time%s, %s in all",
			      p->thefts, p->thefts == 1 ? "" : "s",
			      duration_words(p->stolen, room[0]));
	return n;
}

/* ---- progress ---- */

void progress_init(struct progress *p, const struct cli *c)
{
	*p = (struct progress) { .c = c, .begun = clock_mono() };
	p->tty = isatty(STDERR_FILENO) && !opt_has(&c->opt, OPT_QUIET);
}

void progress_tick(struct progress *p, uint64_t done, uint64_t total)
{
	int64_t now;

	if (!p->tty)
		return;
	now = clock_mono();
	if (now - p->begun < 2000000000 || now - p->last < 250000000)
		return;
	p->last = now;
	p->shown = true;
	double rate = (double)done * 1e9 / (double)(now - p->begun);
	if (total)
		fprintf(stderr, "\r%" PRIu64 "/%" PRIu64 ", %.0f/s, %.0f s left\033[K", done, total,
			rate, rate > 0 ? (double)(total - done) / rate : 0);
	else
		fprintf(stderr, "\r%" PRIu64 ", %.0f/s\033[K", done, rate);
}

void progress_done(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
