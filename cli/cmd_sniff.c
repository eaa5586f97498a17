/* SPDX-License-Identifier: BSD-2-Clause */
/* strata sniff: packets of a device, as they come. */
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "cli/counts.h"
#include "cli/follow.h"
#include "cli/privs.h"
#include "cli/rotate.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "cli/words.h"
#include "craft/pace.h"

static const char *const examples[] = {
	"sniff",
	"the first device that is up, one line a packet",
	"sniff -i eth0 -c 10 tcp port 80",
	"ten packets, pcap-filter as in tcpdump",
	"sniff -i eth0 tcp dport=80 flags=S",
	"a pattern in the notation of packets",
	"sniff -i lo --where 'ip.ttl < 5'",
	"a display filter over every field",
	"sniff -i eth0 -w trace.pcap",
	"write a file; what the kernel has is kept on Ctrl-C",
	"sniff -i eth0 -w day.pcapng.zst --rotate 1h --rotate 1GB --keep 24",
	"file after file, the newest 24 of them",
	"sniff -i list",
	"the devices",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_COUNT,      OPT_WRITE,    OPT_AS,         OPT_FIELDS, OPT_DOC,
	OPT_SPANS,     OPT_WHERE,      OPT_SNAPLEN,  OPT_BUFFER,     OPT_QUEUE,  OPT_ROTATE,
	OPT_KEEP,      OPT_FANOUT,     OPT_CLOCK,    OPT_DIRECTION,  OPT_LINK,   OPT_NO_PROMISC,
	OPT_RESOLVE,   OPT_ALLOW_LOSS, OPT_USER,     OPT_REASSEMBLE, OPT_FOLLOW, OPT_STATS,
	OPT_NOTES,     OPT_OVERLAP,    OPT_INTERVAL, OPT_NONE,
};

/* Bytes. What waits in either is memory that is used, at most so much; the kernel's cannot be
 * swapped. A million packets a second are 16 MiB for 100 ms. */
#define BUFFER (16u << 20)
#define QUEUE (64u << 20)

struct sniffing {
	struct cli *c;
	struct showing show;
	struct following follow;
	struct filter_words filter;
	struct source *src;
	uint64_t most;
	bool queued;
	int told; /* signals_progress that were answered */
};

static int read_rotate(struct sniffing *s, struct err *e)
{
	const struct options *o = &s->c->opt;
	struct sink_rotate r = { .live = true };
	uint64_t keep = 0;

	if (opt_rotate(o, OPT_ROTATE, &r, e) < 0 ||
	    opt_range(o, OPT_KEEP, 1, 1u << 20, &keep, e) < 0)
		return -1;
	r.keep = (unsigned)keep;
	s->show.rotate = r;
	return 0;
}

static int read_options(struct sniffing *s, struct source_options *so, struct err *e)
{
	static const char *const ways[] = { "both", "in", "out", NULL };
	const struct options *o = &s->c->opt;
	uint64_t fanout = 1, snaplen = 0, buffer = BUFFER, queue = QUEUE, link = 0;
	int way = 0;

	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &s->most, e) < 0 ||
	    opt_range(o, OPT_SNAPLEN, 1, PACKET_MAX, &snaplen, e) < 0 ||
	    opt_size(o, OPT_BUFFER, 4096, 1u << 30, &buffer, e) < 0 ||
	    opt_size(o, OPT_QUEUE, 0, UINT64_C(1) << 40, &queue, e) < 0 ||
	    opt_range(o, OPT_FANOUT, 1, SOURCE_FANOUT, &fanout, e) < 0 ||
	    opt_u64(o, OPT_LINK, 0xfffe, &link, e) < 0 ||
	    opt_word(o, OPT_DIRECTION, ways, &way, e) < 0)
		return -1;
	so->snaplen = (unsigned)snaplen;
	so->buffer = (unsigned)buffer;
	so->queue = (size_t)queue;
	s->queued = queue > 0;
	so->direction = (enum source_direction)way;
	so->want_link = opt_has(o, OPT_LINK);
	so->link = (uint16_t)link;
	so->promisc = !opt_has(o, OPT_NO_PROMISC);
	so->fanout = (unsigned)fanout;
	if (fanout > 1 && !queue)
		return err_set(e, ERR_USAGE, "--fanout needs a queue; leave '--queue 0' out");
	if (fanout > 1 && opt_has(o, OPT_CLOCK) && strcmp(o->v[OPT_CLOCK], "host") != 0)
		return err_set(e, ERR_USAGE,
			       "--fanout puts packets in order by the host's clock, --clock %s is "
			       "another one",
			       o->v[OPT_CLOCK]);
	so->clock = o->v[OPT_CLOCK];
	so->resolve = opt_has(o, OPT_RESOLVE);
	so->filter = s->filter.pattern ? NULL : s->filter.text;
	return 0;
}

/* Open the device, give up rights, then open the file as who we are then. */
static int open_all(struct sniffing *s, struct err *e)
{
	struct source_options so = { 0 };
	char device[64];

	if (read_options(s, &so, e) < 0 || read_rotate(s, e) < 0 ||
	    choose_device(s->c, device, e) < 0)
		return -1;
	s->src = source_open_live(device, &so, e);
	if (!s->src)
		return -1;
	s->show.live = s->src;
	signals_watch(s->src);
	struct privs_opts po = {
		.user = s->c->opt.v[OPT_USER],
		/* nobody could not write where root wants the file; who called sudo can. */
		.keep_uid = opt_has(&s->c->opt, OPT_WRITE) && !getenv("SUDO_UID"),
	};
	if (privs_drop(&po, e) < 0 || follow_open(&s->follow, &s->show, e) < 0 ||
	    (s->follow.mode != FOLLOW_STREAM &&
	     show_sink(&s->show, NULL, 0, source_link(s->src), e) < 0))
		return -1;
	struct seal_opts sealed = { .write_path = s->c->opt.v[OPT_WRITE] };
	seal_files(&sealed);
	if (source_start(s->src, e) < 0)
		return -1;
	seal_calls(&sealed);
	const char *link = link_name(source_link(s->src));
	say(s->c, "listening on %s (%s)%s%s", device, link ? link : "unknown link type",
	    source_note(s->src) ? "; " : "", source_note(s->src) ? source_note(s->src) : "");
	return 0;
}

static void tell_counts(const struct sniffing *s)
{
	const struct sink *sink = s->show.sink;
	struct source_stats st;

	source_stats(s->src, &st);
	struct count v[5 + COUNT_LOSSES] = {
		{ "captured", "# captured", st.packets, .quiet = false },
		{ "chosen", "# chosen", s->show.chosen, .quiet = s->show.chosen == st.packets },
		{ "printed", "# printed", s->show.printed, .quiet = s->show.form == REPORT_NONE },
		/* not what a full disk refused */
		{ "written", "# written", sink ? sink_safe(sink) : 0, .quiet = !sink },
		{ "files", " in # files", sink ? sink_files(sink) : 0,
		  .quiet = !sink || sink_files(sink) == 1 },
	};

	count_losses(v + 5, &st, s->queued);
	say_counts(s->c, s->show.form, v, sizeof(v) / sizeof(v[0]));
}

/* Nothing is there now: print what waits, then wait for more, or until the file is due; and look
 * once a second whether anybody still reads. */
static int idle(struct sniffing *s, struct packet *p, struct err *e)
{
	int64_t due = s->show.sink ? sink_due(s->show.sink) : INT64_MAX,
		look = clock_mono() + 1000000000;

	if (s->show.form != REPORT_NONE && look < due)
		due = look;
	if (out_idle(&s->show.out, e) < 0)
		return s->show.out.gone ? SOURCE_END : SOURCE_ERROR;
	if (signals_progress != s->told) {
		s->told = signals_progress;
		if (s->show.sink && sink_flush(s->show.sink, e) == SINK_ERROR)
			return SOURCE_ERROR;
		tell_counts(s);
	}
	int rc = source_wait(s->src, p, due, e);
	if (rc == SOURCE_NOTHING && s->show.sink) {
		int w = sink_flush(s->show.sink, e);
		if (w != SINK_OK)
			return w == SINK_GONE ? SOURCE_END : SOURCE_ERROR;
	}
	return rc;
}

static int sniff(struct sniffing *s, struct err *e)
{
	struct packet p;
	bool shown;

	for (;;) {
		int rc = source_next(s->src, &p, e);
		if (rc == SOURCE_NOTHING)
			rc = idle(s, &p, e);
		if (rc == SOURCE_ERROR || rc == SOURCE_END)
			return rc;
		if (rc != SOURCE_PACKET)
			continue;
		rc = follow_packet(&s->follow, &p, source_name(s->src), &shown, e);
		if (rc != SHOW_OK || (s->most && s->show.chosen >= s->most))
			return rc;
	}
}

/* What was captured is kept also where capturing failed; the first error is the one told. */
static int finish(struct sniffing *s, int *code, int rc, struct err *e)
{
	struct sink *sink = s->show.sink;
	struct source_stats st;
	struct err more = { 0 };

	if (rc == SOURCE_ERROR)
		e = &more;
	source_stats(s->src, &st);
	if (out_flush(&s->show.out, e) < 0 && !s->show.out.gone)
		rc = SOURCE_ERROR;
	if (sink && sink_flush(sink, e) == SINK_ERROR)
		rc = SOURCE_ERROR;
	show_tell(&s->show);
	tell_counts(s);
	if ((st.dropped || st.if_dropped || st.queue_dropped || st.left) &&
	    !opt_has(&s->c->opt, OPT_ALLOW_LOSS))
		*code = EXIT_LOST;
	return rc;
}

static int run_sniff(struct cli *c)
{
	struct sniffing s = { .c = c };
	struct err e = { 0 };
	int rc = -1, code = EXIT_DONE;

	if (opt_has(&c->opt, OPT_INTERFACE) && strcmp(c->opt.v[OPT_INTERFACE], "list") == 0)
		return list_devices(c);
	if (filter_words(&s.filter, c->argc, c->argv, &e) < 0 ||
	    follow_mode(&s.follow, c, &e) < 0 || load_registry(c, &e) < 0 ||
	    filter_hosts(&s.filter, c->reg, &e) < 0)
		goto out;
	struct show_opts so = { .form = s.follow.mode == FOLLOW_STREAM ? REPORT_TEXT : REPORT_LINE,
				.script = true,
				.quiet_file = s.follow.mode <= FOLLOW_REASSEMBLE,
				.layers = s.follow.mode != FOLLOW_NOT,
				.pattern = s.filter.pattern ? s.filter.text : NULL };
	if (show_open(&s.show, c, &so, &e) < 0 || open_all(&s, &e) < 0)
		goto out;
	rc = sniff(&s, &e);
	signals_watch(NULL);
	if (rc != SOURCE_ERROR && !s.show.out.gone && follow_end(&s.follow, &e) == SHOW_ERROR)
		rc = -1;
	rc = finish(&s, &code, rc, &e);
out:
	signals_watch(NULL);
	follow_done(&s.follow);
	if (show_close(&s.show, &e) == SHOW_ERROR)
		rc = -1;
	source_close(s.src);
	filter_words_done(&s.filter);
	return rc == -1 ? print_err(c, &e) : code;
}

const struct command cmd_sniff = {
	.name = "sniff",
	.line = "capture live, print or write",
	.usage = "[FILTER]",
	.example = examples,
	.option = options,
	.run = run_sniff,
	.more = "FILTER is in the syntax of pcap-filter(7); with NAME= in it, it is a pattern in "
		"the "
		"notation of\npackets. Ctrl-C keeps what the kernel had received; a second one "
		"ends "
		"at once; SIGUSR1 tells\nthe counts. Exit 4 when packets were dropped.",
};
