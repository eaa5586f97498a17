/* SPDX-License-Identifier: BSD-2-Clause */
/* strata watch: what should not be there, live or in a file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/sink.h"
#include "cli/feed.h"
#include "cli/out.h"
#include "cli/signals.h"
#include "cli/socket_join.h"
#include "cli/told.h"
#include "cli/watch_rules.h"
#include "cli/watch_sockets.h"
#include "watch/watch.h"

static const char *const examples[] = {
	"watch trace.pcap",
	"scans, floods, takeovers, secrets in clear: a finding a line",
	"watch -i eth0",
	"the same as it happens",
	"watch trace.pcap -v",
	"how to look further, and what to do about it, too",
	"watch trace.pcap --as json -w proof.pcapng",
	"findings for a program; the packets that prove them in a file",
	"watch trace.pcap --only tcp-scan,syn-flood",
	"these rules alone",
	"watch trace.pcap --rules mine.rules --sure low",
	"rules of your own beside those built in; also what may be harmless",
	"watch -i eth0 --learn usual.txt",
	"servers and stations that are there now are the usual ones",
	"watch -i eth0 --baseline usual.txt",
	"and these are new",
	"watch --rules list",
	"the rules, as text to copy and change",
	"watch --sockets",
	"this machine's sockets and their processes, then what changes",
	"watch --sockets --once tcp listen",
	"who listens; other words: port 80, host 10.0.0.1, process nginx, pid 812",
	"watch --sockets -i eth0",
	"what changes in sockets, with the packets that did it; findings with the process",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE,  OPT_AS,       OPT_WRITE,   OPT_RULES,      OPT_ONLY,
	OPT_WITHOUT,    OPT_SURE,     OPT_LEARN,   OPT_BASELINE,   OPT_COUNT,
	OPT_NO_PROMISC, OPT_RESOLVE,  OPT_USER,    OPT_ALLOW_LOSS, OPT_SOCKETS,
	OPT_ONCE,       OPT_INTERVAL, OPT_THREADS, OPT_NONE
};

struct watching {
	struct cli *c;
	struct feed feed;
	struct ruleset rules;
	struct watch *watch;
	struct told told;
	struct sink *sink;
	uint64_t most;
	uint64_t gone; /* packets that prove something, and were not kept */
	struct usual usual;
	struct err *e;               /* of found() */
	struct joined *joined;       /* with this machine's sockets; NULL */
	const struct packet *packet; /* of found() */
};

/* ---- findings ---- */

/* The packets that prove it, those that were not written for another one. */
static int write_proof(struct watching *w, const struct finding *f)
{
	struct packet p;

	for (unsigned i = 0; i < f->npackets && w->sink; i++) {
		switch (watch_proof(w->watch, f->packet[i], &p)) {
		case PROOF_GONE: w->gone++; break;
		case PROOF_AGAIN: break;
		case PROOF_HERE: {
			int rc = sink_write(w->sink, &p, w->e);

			if (rc != SINK_OK)
				return rc;
		}
		}
	}
	return 0;
}

static bool enough(const struct watching *w)
{
	return w->most && w->told.n >= w->most;
}

static int found(void *arg, const struct finding *f)
{
	struct watching *w = arg;

	if (!told_wants(&w->told, f))
		return 0;
	if (w->joined && w->packet)
		w->told.process = joined_process(w->joined, w->packet);
	told_finding(&w->told, f);
	w->told.process = NULL;
	/* It is told also where what proves it has no room. */
	if (write_proof(w, f) < 0)
		return w->e->code ? SOURCE_ERROR : SOURCE_END;
	if (w->told.out.b.failed)
		return err_set(w->e, ERR_IO, "no memory");
	if (out_more(&w->told.out, w->e) < 0)
		return w->told.out.gone ? SOURCE_END : SOURCE_ERROR;
	return enough(w) ? SOURCE_END : 0;
}

/* Nothing more is there now. */
static int idle(void *arg, struct err *e)
{
	struct watching *w = arg;

	if (w->joined && (joined_take(w->joined, false, e) < 0 || enough(w)))
		return 1;
	return out_flush(&w->told.out, e) < 0 || (w->sink && sink_flush(w->sink, e) != SINK_OK);
}

/* Now and then, however many packets come. */
static int join(struct watching *w, const struct packet *p)
{
	joined_packet(w->joined, p);
	if (p->number % 256)
		return 0;
	return joined_take(w->joined, false, w->e) < 0 || enough(w) ? -1 : 0;
}

static int watch_all(struct watching *w, struct err *e)
{
	struct packet p;
	int rc;

	w->e = e;
	while ((rc = feed_next(&w->feed, &p, e)) == SOURCE_PACKET) {
		told_first(&w->told, &p);
		w->packet = &p;
		if (w->joined && join(w, &p) < 0) {
			rc = e->code ? SOURCE_ERROR : SOURCE_END;
			break;
		}
		rc = watch_packet(w->watch, &p);
		if (rc == -1 && !e->code)
			err_set(e, ERR_IO, "no memory");
		if (rc)
			break;
	}
	w->packet = NULL; /* its bytes are gone */
	if (w->joined && rc == SOURCE_END && !enough(w) && joined_take(w->joined, true, e) < 0 &&
	    e->code)
		rc = SOURCE_ERROR;
	if (rc == SOURCE_END && !w->told.out.gone)
		rc = watch_end(w->watch) == SOURCE_ERROR ? SOURCE_ERROR : rc;
	if (out_flush(&w->told.out, rc == SOURCE_ERROR ? NULL : e) < 0 && !w->told.out.gone)
		rc = SOURCE_ERROR;
	return rc;
}

static void tell(const struct watching *w)
{
	struct watch_counts n;
	char packets[40];

	watch_counts(w->watch, &n);
	snprintf(packets, sizeof(packets), "%" PRIu64 " packets, ", n.packets);
	told_counts(&w->told, packets);
	if (n.repeats)
		say(w->c, "what was told came %" PRIu64 " time%s more", n.repeats,
		    n.repeats == 1 ? "" : "s");
	if (n.forgotten)
		say(w->c,
		    "%" PRIu64 " times something was forgotten before it was many: there was no "
		    "room for all",
		    n.forgotten);
	if (w->gone)
		say(w->c, "%" PRIu64 " packets that prove something were too old to be written",
		    w->gone);
}

static int open_all(struct watching *w, struct err *e)
{
	struct watch_opts o = { .rules = &w->rules, .found = found, .arg = w };
	const char *path = w->c->opt.v[OPT_WRITE];

	if (opt_u64(&w->c->opt, OPT_COUNT, UINT64_MAX, &w->most, e) < 0 ||
	    told_open(&w->told, w->c, e) < 0 || load_registry(w->c, e) < 0 ||
	    watch_rules(w->c, &w->rules, e) < 0 || usual_open(&w->usual, w->c, e) < 0)
		return -1;
	if (opt_has(&w->c->opt, OPT_SOCKETS) && !(w->joined = joined_open(w->c, &w->told, e)))
		return -1;
	if (feed_open(&w->feed, w->c, e) < 0)
		return -1;
	w->feed.often = w->joined ? joined_often(w->joined) : 0;
	w->feed.idle = idle;
	w->feed.arg = w;
	o.keep = path != NULL;
	if (w->usual.path)
		o.baseline = &w->usual.lines;
	o.learn = w->usual.learn != NULL;
	w->watch = watch_open(&o, e);
	if (!w->watch)
		return -1;
	if (path) {
		struct sink_options so = { .avoid = w->feed.ids,
					   .navoid = (unsigned)w->feed.n,
					   .has_link = true,
					   .link = source_link(w->feed.src[0]),
					   .stop = &signals_stop };

		w->sink = sink_open(path, &so, e);
		if (!w->sink)
			return -1;
	}
	return feed_start(&w->feed, path ? path : w->c->opt.v[OPT_LEARN], e);
}

static int run_watch(struct cli *c)
{
	struct watching w = { .c = c };
	struct err e = { 0 };
	int rc = SOURCE_ERROR, code = EXIT_DONE;

	if (opt_has(&c->opt, OPT_SOCKETS) && !opt_has(&c->opt, OPT_INTERFACE))
		return watch_sockets(c);
	if (watch_rules_wanted(c))
		return watch_rules_list(c);
	if (open_all(&w, &e) == 0) {
		rc = watch_all(&w, &e);
		tell(&w);
		if (rc != SOURCE_ERROR && usual_write(&w.usual, c, &e) < 0)
			rc = SOURCE_ERROR;
		if (feed_tell(&w.feed) && !opt_has(&c->opt, OPT_ALLOW_LOSS))
			code = EXIT_LOST;
		else if (w.told.n)
			code = EXIT_NO;
	}
	if (sink_close(w.sink, &e) == SINK_ERROR)
		rc = SOURCE_ERROR;
	joined_close(w.joined);
	watch_close(w.watch);
	usual_close(&w.usual);
	ruleset_free(&w.rules);
	feed_close(&w.feed);
	told_close(&w.told);
	return rc == SOURCE_ERROR ? print_err(c, &e) : code;
}

const struct command cmd_watch = {
	.name = "watch",
	.line = "scans, floods, takeovers, secrets in clear: what should not be there",
	.usage = "FILE... [FILTER] | -i IF [FILTER] | --sockets [KIND|STATE|port N|...]...",
	.example = examples,
	.option = options,
	.run = run_watch,
	.more = "A finding is a line: time, how sure, the rule, who and what, the packets that "
		"prove "
		"it.\nWhat is the same is told again after the rule's time. What is counted takes "
		"at "
		"most 128 MiB,\nshared equally by the rules; what was used least recently is "
		"forgotten first, and told.\nExit 1 when there was a finding.",
};
