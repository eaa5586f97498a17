/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from files or from a device. */
#include "cli/feed.h"

#include <stdlib.h>

#include "cli/counts.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/signals.h"
#include "cli/threads.h"
#include "core/clock.h"
#include "dissect/pattern.h"
#include "dissect/report.h"

/* As sniff has them. */
#define BUFFER (16u << 20)
#define QUEUE (64u << 20)

static int open_sources(struct feed *f, char **paths, bool live, struct err *e)
{
	struct source_options so = { .resolve = opt_has(&f->c->opt, OPT_RESOLVE) };
	char device[64];

	so.filter = f->filter.pattern ? NULL : f->filter.text;
	f->src = calloc((size_t)f->n, sizeof(struct source *));
	f->ids = calloc((size_t)f->n, sizeof(*f->ids));
	if (!f->src || !f->ids)
		return err_set(e, ERR_IO, "no memory");
	if (live) {
		so.promisc = !opt_has(&f->c->opt, OPT_NO_PROMISC);
		so.buffer = BUFFER;
		so.queue = QUEUE;
		if (choose_device(f->c, device, e) < 0)
			return -1;
		f->src[0] = source_open_live(device, &so, e);
		return f->src[0] ? 0 : -1;
	}
	for (int i = 0; i < f->n; i++) {
		f->src[i] = source_open_file(paths[i], &so, e);
		if (!f->src[i])
			return -1;
		f->ids[i] = source_file_id(f->src[i]);
	}
	return 0;
}

int feed_open(struct feed *f, struct cli *c, struct err *e)
{
	bool live = opt_has(&c->opt, OPT_INTERFACE);
	int files = live ? 0 : words_files(c->argc, c->argv);

	*f = (struct feed) { .c = c, .n = live ? 1 : files };
	if (!live && !files)
		return err_set(e, ERR_USAGE,
			       "which file? strata %s FILE... [FILTER], or -i IF [FILTER]",
			       c->cmd->name);
	if (filter_words(&f->filter, c->argc - files, c->argv + files, e) < 0 ||
	    filter_hosts(&f->filter, c->reg, e) < 0)
		return -1;
	if (f->filter.pattern && plan_parse(&f->pattern, c->reg, f->filter.text,
					    strlen(f->filter.text), PLAN_PATTERN, e) < 0)
		return -1;
	if (open_sources(f, c->argv, live, e) < 0)
		return -1;
	if (live)
		signals_watch(f->src[0]);
	else if (threads_for(c, c->argv, f->ids, f->n, &f->threads, e) < 0)
		return -1;
	struct privs_opts po = {
		.user = c->opt.v[OPT_USER],
		/* nobody could not write where root wants the file; who called sudo can. */
		.keep_uid = opt_has(&c->opt, OPT_WRITE) && !getenv("SUDO_UID"),
	};
	return privs_drop(&po, e);
}

static int next_live(struct feed *f, struct packet *p, struct err *e)
{
	int rc = source_next(f->src[0], p, e);

	while (rc == SOURCE_NOTHING) {
		if (f->idle && f->idle(f->arg, e))
			return e->code ? SOURCE_ERROR : SOURCE_END;
		rc = source_wait(f->src[0], p, f->often ? clock_mono() + f->often : INT64_MAX, e);
	}
	return rc;
}

static int next_of_files(struct feed *f, struct packet *p, struct err *e)
{
	int rc = SOURCE_END;

	while (f->at < f->n && rc == SOURCE_END && !signals_stop) {
		signals_watch(f->src[f->at]);
		rc = source_next(f->src[f->at], p, e);
		if (rc == SOURCE_END) {
			f->at++;
			f->before = f->last;
		}
	}
	return rc;
}

static int take(struct feed *f, struct packet *p, struct err *e)
{
	int rc = feed_live(f) ? next_live(f, p, e) : next_of_files(f, p, e);

	if (rc == SOURCE_PACKET) /* several files count on */
		f->last = p->number += f->before;
	return rc;
}

static int next_dissected(void *arg, struct packet *p, struct err *e)
{
	struct feed *f = arg;

	for (;;) {
		int rc = take(f, p, e), fits = 1;

		if (rc != SOURCE_PACKET)
			return rc;
		dissect_heard(f->c->reg, p, &f->scratch, f->heard);
		if (heard_learn(&f->heard, p, &f->scratch) < 0 ||
		    (f->filter.pattern && (fits = pattern_match(&f->pattern, p, NULL)) < 0))
			return err_set(e, ERR_IO, "no memory");
		if (fits)
			return SOURCE_PACKET;
	}
}

int feed_start(struct feed *f, const char *write_path, struct err *e)
{
	struct seal_opts sealed = { .write_path = write_path };
	const struct source *s = f->src[0];
	const char *link = link_name(source_link(s));

	seal_files(&sealed);
	if (source_start(f->src[0], e) < 0 ||
	    (f->threads > 1 && !(f->ahead = ahead_open(next_dissected, f, e))))
		return -1;
	seal_calls(&sealed);
	if (feed_live(f))
		say(f->c, "listening on %s (%s)%s%s", source_name(s),
		    link ? link : "unknown link type", source_note(s) ? "; " : "",
		    source_note(s) ? source_note(s) : "");
	return 0;
}

int feed_next(struct feed *f, struct packet *p, struct err *e)
{
	return f->ahead ? ahead_next(f->ahead, p, e) : next_dissected(f, p, e);
}

bool feed_tell(struct feed *f)
{
	struct count v[1 + COUNT_LOSSES] = { 0 };
	struct source_stats st;

	f->ahead = ahead_close(f->ahead);
	if (f->src && f->src[0] && feed_live(f)) {
		source_stats(f->src[0], &st);
		v[0] = (struct count) { NULL, "# captured", st.packets, .quiet = false };
		count_losses(v + 1, &st, true);
		say_counts(f->c, REPORT_LINE, v, 1 + COUNT_LOSSES);
		return st.dropped || st.if_dropped || st.queue_dropped || st.left;
	}
	for (int i = 0; i < f->n && f->src && f->src[i]; i++) {
		if (source_note(f->src[i]))
			say(f->c, "%s: %s", source_name(f->src[i]), source_note(f->src[i]));
	}
	return false;
}

void feed_close(struct feed *f)
{
	ahead_close(f->ahead);
	signals_watch(NULL);
	for (int i = 0; i < f->n && f->src; i++)
		source_close(f->src[i]);
	free(f->src);
	free(f->ids);
	filter_words_done(&f->filter);
	plan_done(&f->pattern);
	heard_close(f->heard);
	tree_done(&f->scratch);
}
