/* SPDX-License-Identifier: BSD-2-Clause */
/* strata flow: conversations as ladder diagrams, and what went wrong in them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/feed.h"
#include "cli/flowing.h"
#include "cli/signals.h"
#include "cli/table.h"

#define LIMIT 500 /* packets of a ladder */
#define SMALL 100 /* packets that are drawn though they are of several conversations */

static const char *const examples[] = {
	"flow http.pcap",
	"the ladder of a conversation; the list of many",
	"flow http.pcap --only tcp:0",
	"of the first TCP connection: numbers, states, what was lost",
	"flow http.pcap --only tcp:0 --as svg > http.svg",
	"as a picture; --as mermaid for a text document",
	"flow big.pcap --stats",
	"retransmissions, loss, round trips, service times, a row each",
	"flow trace.pcap --as text udp port 53",
	"questions and answers between hosts",
	"flow -p sensor.protocol capture.pcap",
	"an own protocol, by its summaries",
	"flow -i eth0 tcp port 80",
	"arrows as the packets come",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_ONLY,       OPT_TABLE,    OPT_AS,      OPT_WHERE,
	OPT_COUNT,     OPT_RELATIVE,   OPT_ABSOLUTE, OPT_WIDTH,   OPT_LIMIT,
	OPT_RESOLVE,   OPT_NO_PROMISC, OPT_USER,     OPT_THREADS, OPT_NONE,
};

/* ---- what is asked for ---- */

static const char *const forms[] = { "text", "ascii", "svg", "mermaid", "json", NULL };

static int table_options(struct flowing *w, const char *as, struct err *e)
{
	w->form = FLOW_TABLE;
	w->show.form = as ? report_form(as) : REPORT_LINE;
	if (as && !table_form(w->show.form))
		return err_set(e, ERR_USAGE, "--stats prints line, json, flat or csv");
	return 0;
}

static bool utf8_terminal(void)
{
	const char *v = getenv("LC_ALL");

	if (!v || !*v)
		v = getenv("LC_CTYPE");
	if (!v || !*v)
		v = getenv("LANG");
	return v && (strstr(v, "UTF-8") || strstr(v, "utf8"));
}

static int read_width(struct flowing *w, struct err *e)
{
	struct winsize size;
	uint64_t n = 0;

	if (opt_range(&w->c->opt, OPT_WIDTH, 60, 400, &n, e) < 0)
		return -1;
	if (!n && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	w->text.width = (unsigned)n;
	return 0;
}

/* tcp:3,udp:0 */
static int read_only(struct flowing *w, struct err *e)
{
	const char *s = w->c->opt.v[OPT_ONLY];

	while (s && *s) {
		size_t n = strcspn(s, ","), name = strcspn(s, ":,");
		struct ladder_pick *v = realloc(w->only, (w->nonly + 1) * sizeof(*v));
		unsigned long number = 0;
		char *end = NULL;

		if (!v)
			return err_set(e, ERR_IO, "no memory");
		w->only = v;
		v[w->nonly].proto = registry_find(w->c->reg, s, name);
		if (name < n && s[name + 1] >= '0' && s[name + 1] <= '9')
			number = strtoul(s + name + 1, &end, 10);
		if (!v[w->nonly].proto || !v[w->nonly].proto->flow || end != s + n ||
		    number > UINT32_MAX)
			return err_set(e, ERR_USAGE,
				       "'%.*s' is no conversation: PROTOCOL:NUMBER, as in tcp:0; "
				       "--stats lists them",
				       (int)(n < 60 ? n : 60), s);
		v[w->nonly++].number = (uint32_t)number;
		s += n + (s[n] == ',');
	}
	return 0;
}

static int read_options(struct flowing *w, struct err *e)
{
	struct options *o = &w->c->opt;
	const char *as = o->v[OPT_AS];
	int form = utf8_terminal() ? FLOW_TEXT : FLOW_ASCII;

	w->said = as || opt_has(o, OPT_TABLE) || opt_has(o, OPT_ONLY);
	if (read_width(w, e))
		return -1;
	if (opt_has(o, OPT_TABLE))
		return table_options(w, as, e);
	if (opt_word(o, OPT_AS, forms, &form, e) < 0)
		return -1;
	w->form = (enum flow_form)form;
	w->text.ascii = form == FLOW_ASCII;
	w->text.color = w->c->color;
	w->stream = form == FLOW_JSON || (opt_has(o, OPT_INTERFACE) && form <= FLOW_ASCII);
	return 0;
}

/* Everything but the source. */
static int open_flow(struct flowing *w, struct err *e)
{
	struct show_opts so = { .form = REPORT_LINE };
	struct ladder_opts lo = { .over = flow_over, .unanswered = flow_unanswered, .arg = w };
	int form = w->show.form;
	uint64_t limit = LIMIT;

	if (opt_range(&w->c->opt, OPT_LIMIT, 1, 1000000, &limit, e) < 0)
		return -1;
	w->c->opt.v[OPT_AS] = NULL; /* it was ours */
	if (show_open(&w->show, w->c, &so, e) < 0 || read_only(w, e))
		return -1;
	w->show.form = form;
	w->show.out.b.n = 0;
	lo.reg = w->c->reg;
	lo.only = w->only;
	lo.nonly = w->nonly;
	lo.absolute = opt_has(&w->c->opt, OPT_ABSOLUTE);
	lo.whole = w->form != FLOW_TABLE;
	lo.stream = w->stream;
	lo.most = w->form == FLOW_TABLE ? 0 : w->stream ? UINT32_MAX : (uint32_t)limit;
	w->ladder = ladder_open(&lo, e);
	return w->ladder ? 0 : -1;
}

/* ---- packets ---- */

/* enum show_result. */
static int take(struct flowing *w, struct packet *p, struct err *e)
{
	int rc = show_dissected(&w->show, p, e);

	if (rc <= 0)
		return rc;
	if (ladder_packet(w->ladder, p))
		return err_set(e, ERR_IO, "no memory");
	return w->stream ? flow_stream(w, e) : SHOW_OK;
}

/* Nothing is there now. */
static int flush(void *arg, struct err *e)
{
	struct flowing *w = arg;

	return out_flush(&w->show.out, e);
}

static int take_all(struct flowing *w, struct feed *f, uint64_t most, struct err *e)
{
	struct packet p;
	int rc = SHOW_OK, got = SOURCE_PACKET;

	while (rc == SHOW_OK && (got = feed_next(f, &p, e)) == SOURCE_PACKET) {
		rc = take(w, &p, e);
		if (rc == SHOW_OK && most && w->show.chosen >= most)
			rc = SHOW_END;
	}
	if (rc == SHOW_OK && got == SOURCE_ERROR)
		rc = SHOW_ERROR;
	if (feed_tell(f))
		say(w->c, "what is marked lost may be what was dropped");
	return rc == SHOW_OK && signals_stop ? SHOW_END : rc;
}

/* ---- at the end ---- */

/* Without --as a few conversations are drawn, many are listed. */
static int finish(struct flowing *w, struct err *e)
{
	struct ladder_counts n;
	bool list;

	if (ladder_finish(w->ladder))
		return err_set(e, ERR_IO, "no memory");
	ladder_counts(w->ladder, &n);
	list = w->form == FLOW_TABLE ||
	       (!w->stream && !w->said && n.convs > 1 && n.packets > SMALL);
	if (!n.packets)
		say(w->c, w->nonly ? "there is no such conversation" : "there is no conversation");
	if (n.flows.forgotten)
		say(w->c, "%" PRIu64 " conversations were forgotten for want of room%s",
		    n.flows.forgotten, w->form == FLOW_TABLE ? ": their rows came first" : "");
	if (list && w->form != FLOW_TABLE)
		w->show.form = REPORT_LINE;
	if (list) {
		int rc = n.packets ? flow_table(w, e) : SHOW_OK;

		if (w->form != FLOW_TABLE)
			say(w->c,
			    "%" PRIu64 " conversations; --only tcp:0 draws one, --as text all",
			    n.convs);
		return rc;
	}
	if (w->stream)
		return SHOW_OK;
	if (n.left_out)
		say(w->c, "%" PRIu64 " packets more are not drawn (--limit)", n.left_out);
	return flow_draw(w, e);
}

static void make_title(struct flowing *w, const char *what)
{
	const char *name = strrchr(what, '/');

	snprintf(w->title, sizeof(w->title), "%s%s%s", name ? name + 1 : what,
		 opt_has(&w->c->opt, OPT_ONLY) ? "  " : "",
		 opt_has(&w->c->opt, OPT_ONLY) ? w->c->opt.v[OPT_ONLY] : "");
}

static int run_flow(struct cli *c)
{
	struct flowing w = { .c = c };
	struct feed feed = { 0 };
	struct err e = { 0 };
	uint64_t most = 0;
	int rc = -1;

	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	if (opt_u64(&c->opt, OPT_COUNT, UINT64_MAX, &most, &e) < 0 || read_options(&w, &e) < 0 ||
	    load_registry(c, &e) < 0 || feed_open(&feed, c, &e) < 0 || open_flow(&w, &e) < 0)
		goto out;
	make_title(&w, source_name(feed.src[0]));
	feed.idle = flush;
	feed.arg = &w;
	rc = feed_start(&feed, NULL, &e);
	if (rc == 0)
		rc = take_all(&w, &feed, most, &e);
	if (rc != SHOW_ERROR && !w.show.out.gone)
		rc = finish(&w, &e);
	if (rc != SHOW_ERROR)
		show_tell(&w.show);
out:
	if (show_close(&w.show, &e) == SHOW_ERROR)
		rc = -1;
	ladder_close(w.ladder);
	free(w.only);
	feed_close(&feed);
	return rc == -1 ? print_err(c, &e) : EXIT_DONE;
}

const struct command cmd_flow = {
	.name = "flow",
	.line = "conversations as ladder diagrams; what was lost, sent again, answered late",
	.usage = "FILE... [FILTER] | -i IF [FILTER]",
	.example = examples,
	.option = options,
	.run = run_flow,
	.more = "Forms: text, ascii, svg, mermaid, json; of --stats line, json, flat, csv.\n"
		"FILTER is in the syntax of pcap-filter(7); with NAME= in it, it is a pattern in "
		"the\nnotation of packets. What it leaves out is missing from the conversations, "
		"too.\nAt most 128 MiB are used for conversations; of --stats the rows of the "
		"oldest "
		"are\nprinted first when there are more.",
};
