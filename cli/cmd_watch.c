/* SPDX-License-Identifier: BSD-2-Clause */
/* strata watch: what should not be there, live or in a file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/sink.h"
#include "cli/feed.h"
#include "cli/out.h"
#include "cli/signals.h"
#include "cli/socket_join.h"
#include "cli/told.h"
#include "cli/watch_sockets.h"
#include "watch/builtin.h"
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
	"watch --sockets -i eth0",
	"what changes in sockets, with the packets that did it; findings with the process",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE, OPT_AS,         OPT_WRITE,    OPT_RULES, OPT_ONLY,       OPT_WITHOUT,
	OPT_SURE,      OPT_LEARN,      OPT_BASELINE, OPT_COUNT, OPT_NO_PROMISC, OPT_RESOLVE,
	OPT_USER,      OPT_ALLOW_LOSS, OPT_SOCKETS,  OPT_ONCE,  OPT_INTERVAL,   OPT_NONE
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
	enum rule_sure sure;
	uint64_t unsure; /* findings that are less sure */
	struct baseline usual;
	FILE *learn;                 /* where it is written; NULL */
	struct err *e;               /* of found() */
	struct joined *joined;       /* with this machine's sockets; NULL */
	const struct packet *packet; /* of found() */
};

/* ---- which rules ---- */

/* All of a file that is open; 0 or e. */
static int read_all(FILE *f, const char *path, size_t most, struct buf *b, struct err *e)
{
	while (!feof(f) && !ferror(f) && b->n <= most && buf_grow(b, 65536))
		b->n += fread(b->p + b->n, 1, b->cap - b->n, f);
	if (ferror(f) || b->failed)
		return err_set(e, ERR_IO, "%s: %s", path,
			       b->failed ? "no memory" : strerror(errno));
	return b->n > most ? err_set(e, ERR_USAGE, "%s: more than %zu MiB", path, most >> 20) : 0;
}

static FILE *open_file(const char *path, const char *mode, struct err *e)
{
	FILE *f = fopen(path, mode);

	if (!f)
		err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path, strerror(errno));
	return f;
}

static int read_rules(struct watching *w, const char *path, struct err *e)
{
	FILE *f = open_file(path, "re", e);
	struct buf b = { 0 };
	int rc = -1;

	if (!f)
		return -1;
	if (read_all(f, path, 1u << 20, &b, e) == 0)
		rc = ruleset_read(&w->rules, path, b.p, b.n, e);
	buf_done(&b);
	fclose(f);
	return rc;
}

struct chosen {
	const char *list;
	bool in; /* those in the list are kept */
};

static bool is_chosen(const struct watch_rule *r, void *arg)
{
	const struct chosen *c = arg;
	size_t n = strlen(r->name);

	for (const char *s = c->list; *s;) {
		size_t len = strcspn(s, ",");

		if (len == n && !strncmp(s, r->name, n))
			return c->in;
		s += len + (s[len] == ',');
	}
	return !c->in;
}

static int choose(struct watching *w, enum option_id id, bool in, struct err *e)
{
	struct chosen c = { w->c->opt.v[id], in };

	if (!c.list)
		return 0;
	for (const char *s = c.list; *s;) {
		size_t len = strcspn(s, ",");
		const char *near;

		if (!ruleset_find(&w->rules, s, len)) {
			near = ruleset_near(&w->rules, s, len);
			return err_set(e, ERR_USAGE, "no rule is called '%.*s'%s%s%s", (int)len, s,
				       near ? "; did you mean '" : "; --rules list shows them",
				       near ? near : "", near ? "'?" : "");
		}
		s += len + (s[len] == ',');
	}
	ruleset_keep(&w->rules, is_chosen, &c);
	return 0;
}

static bool wants_list(const struct options *o)
{
	return o->n[OPT_RULES] && !strcmp(o->v[OPT_RULES], "list");
}

static int load_rules(struct watching *w, struct err *e)
{
	const struct options *o = &w->c->opt;
	int sure = SURE_MEDIUM;

	ruleset_init(&w->rules, w->c->reg);
	if (opt_word(o, OPT_SURE, rule_sure_names, &sure, e) < 0)
		return -1;
	w->sure = (enum rule_sure)sure;
	for (const struct builtin_file *b = builtin_rules; b->name; b++) {
		if (ruleset_read(&w->rules, b->name, b->text, b->len, e) < 0)
			return -1;
	}
	for (unsigned i = 0; i < o->n[OPT_RULES]; i++) {
		if (strcmp(o->list[OPT_RULES][i], "list") &&
		    read_rules(w, o->list[OPT_RULES][i], e) < 0)
			return -1;
	}
	return choose(w, OPT_ONLY, true, e) < 0 ? -1 : choose(w, OPT_WITHOUT, false, e);
}

static int list_rules(struct cli *c)
{
	struct watching w = { .c = c };
	struct out out = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (load_registry(c, &e) == 0 && load_rules(&w, &e) == 0) {
		for (unsigned i = 0; i < w.rules.n; i++) {
			buf_put(&out.b, w.rules.v[i]->source, w.rules.v[i]->source_len);
			buf_str(&out.b, i + 1 < w.rules.n ? "\n\n" : "\n");
		}
		rc = out_flush(&out, &e) < 0 && !out.gone ? -1 : 0;
	}
	out_done(&out);
	ruleset_free(&w.rules);
	return rc < 0 ? print_err(c, &e) : EXIT_DONE;
}

/* ---- what is usual ---- */

/* What is learnt is written at the end, into a file that is opened now: nothing can be later. */
static int open_baseline(struct watching *w, struct err *e)
{
	const struct options *o = &w->c->opt;
	const char *learn = o->v[OPT_LEARN], *path = learn ? learn : o->v[OPT_BASELINE];
	struct buf b = { 0 };
	FILE *f;
	int rc = -1;

	if (!path)
		return 0;
	f = open_file(path, learn ? "a+e" : "re", e);
	if (!f)
		return -1;
	rewind(f);
	if (read_all(f, path, 2u * BASELINE_MOST, &b, e) == 0)
		rc = baseline_read(&w->usual, path, b.p, b.n, e);
	buf_done(&b);
	if (learn && rc == 0)
		w->learn = f;
	else
		fclose(f);
	return rc;
}

/* The file, anew: with what it had, sorted. */
static int write_baseline(struct watching *w, struct err *e)
{
	struct buf b = { 0 };
	int fd, rc = 0;

	if (!w->learn)
		return 0;
	fd = fileno(w->learn);
	baseline_print(&w->usual, &b);
	if (b.failed)
		rc = err_set(e, ERR_IO, "no memory");
	else if (ftruncate(fd, 0) < 0 || fwrite(b.p, 1, b.n, w->learn) != b.n ||
		 fflush(w->learn) != 0)
		rc = err_set(e, ERR_IO, "cannot write %s: %s", w->c->opt.v[OPT_LEARN],
			     strerror(errno));
	else
		say(w->c, "%" PRIu32 " lines of what is usual in %s%s", w->usual.n,
		    w->c->opt.v[OPT_LEARN], w->usual.full ? "; there is no room for more" : "");
	buf_done(&b);
	return rc;
}

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

static int found(void *arg, const struct finding *f)
{
	struct watching *w = arg;

	if (f->rule->sure < w->sure) {
		w->unsure++;
		return 0;
	}
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
	return w->most && w->told.n >= w->most ? SOURCE_END : 0;
}

/* Nothing more is there now. */
static int idle(void *arg, struct err *e)
{
	struct watching *w = arg;

	if (w->joined && joined_take(w->joined, false, e) < 0)
		return 1;
	return out_flush(&w->told.out, e) < 0 || (w->sink && sink_flush(w->sink, e) != SINK_OK);
}

/* Now and then, however many packets come. */
static int join(struct watching *w, const struct packet *p)
{
	joined_packet(w->joined, p);
	return p->number % 256 ? 0 : joined_take(w->joined, false, w->e);
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
	if (w->joined && rc == SOURCE_END)
		joined_take(w->joined, true, e);
	if (rc == SOURCE_END && !w->told.out.gone)
		rc = watch_end(w->watch) == SOURCE_ERROR ? SOURCE_ERROR : rc;
	if (out_flush(&w->told.out, rc == SOURCE_ERROR ? NULL : e) < 0 && !w->told.out.gone)
		rc = SOURCE_ERROR;
	return rc;
}

static void tell(const struct watching *w)
{
	struct watch_counts n;

	watch_counts(w->watch, &n);
	say(w->c, "%" PRIu64 " packets, %" PRIu64 " finding%s", n.packets, w->told.n,
	    w->told.n == 1 ? "" : "s");
	if (w->unsure)
		say(w->c, "%" PRIu64 " that may be harmless: --sure low shows them", w->unsure);
	if (n.repeats)
		say(w->c, "%" PRIu64 " packet%s more of what was told", n.repeats,
		    n.repeats == 1 ? " is" : "s are");
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
	    load_rules(w, e) < 0 || open_baseline(w, e) < 0)
		return -1;
	if (opt_has(&w->c->opt, OPT_SOCKETS) && !(w->joined = joined_open(w->c, &w->told, e)))
		return -1;
	if (feed_open(&w->feed, w->c, e) < 0)
		return -1;
	w->feed.often = w->joined ? joined_often(w->joined) : 0;
	w->feed.idle = idle;
	w->feed.arg = w;
	o.keep = path != NULL;
	if (w->learn || opt_has(&w->c->opt, OPT_BASELINE))
		o.baseline = &w->usual;
	o.learn = w->learn != NULL;
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
	if (wants_list(&c->opt))
		return list_rules(c);
	if (open_all(&w, &e) == 0) {
		rc = watch_all(&w, &e);
		tell(&w);
		if (rc != SOURCE_ERROR && write_baseline(&w, &e) < 0)
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
	baseline_done(&w.usual);
	if (w.learn)
		fclose(w.learn);
	ruleset_free(&w.rules);
	feed_close(&w.feed);
	told_close(&w.told);
	return rc == SOURCE_ERROR ? print_err(c, &e) : code;
}

const struct command cmd_watch = {
	.name = "watch",
	.line = "scans, floods, takeovers, secrets in clear: what should not be there",
	.usage = "FILE... [FILTER] | -i IF [FILTER] | --sockets [KIND|STATE|port N|pid N]...",
	.example = examples,
	.option = options,
	.run = run_watch,
	.more = "A finding is a line: time, how sure, the rule, who and what, the packets that "
		"prove "
		"it.\nWhat is the same is told again after the rule's time. What is counted takes "
		"at "
		"most 64 MiB,\nshared equally by the rules; what was used least recently is "
		"forgotten first, and told.\nExit 1 when there was a finding.",
};
