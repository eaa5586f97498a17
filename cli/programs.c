/* SPDX-License-Identifier: BSD-2-Clause */
/* What the helper says of the programs, in words. */
#include "cli/programs.h"

#include <inttypes.h>
#include <string.h>

#include "cli/privs.h"
#include "cli/signals.h"
#include "core/clock.h"
#include "core/stop.h"
#include "dissect/escape.h"

#define AT_ONCE 8
#define LIMIT 10000000000ll /* ns */
#define LOOK 20000000ll     /* ns between two looks while packets come */

/* Nothing is kept: a program needs no raw sockets. */
static int give_up(void *ctx, struct err *e)
{
	const struct cli *c = ctx;
	struct privs_opts po = { .user = c->opt.v[OPT_USER] };

	return privs_drop(&po, e);
}

int programs_open(struct programs *s, struct cli *c, struct err *e)
{
	struct runner_opts o = { .most = AT_ONCE, .limit = LIMIT, .enter = give_up, .ctx = c };
	uint64_t most = AT_ONCE;

	s->c = c;
	if (opt_u64(&c->opt, OPT_AT_ONCE, RUNNER_MOST, &most, e) < 0 ||
	    opt_time(&c->opt, OPT_TIMEOUT, &o.limit, e) < 0)
		return -1;
	if (!most)
		return err_set(e, ERR_USAGE, "--at-once 0 runs nothing: 1 to %d", RUNNER_MOST);
	o.most = (unsigned)most;
	if (opt_has(&c->opt, OPT_DRY_RUN))
		return 0;
	s->runner = runner_open(&o, e);
	return s->runner ? 0 : -1;
}

static void tell_words(const struct programs *s, uint64_t number, const char *words, size_t size)
{
	struct buf line = { 0 };

	for (const char *w = words; w < words + size; w += strlen(w) + 1) {
		buf_char(&line, ' ');
		escape_term((const uint8_t *)w, strlen(w), &line);
	}
	say(s->c, "packet %" PRIu64 " would run:%s", number, buf_cstr(&line));
	buf_done(&line);
}

int programs_run(struct programs *s, uint64_t number, const char *words, size_t size, unsigned n,
		 struct err *e)
{
	struct err no = { 0 };
	int rc;

	if (!s->runner) {
		tell_words(s, number, words, size);
		return 0;
	}
	if (clock_coarse() - s->looked > LOOK && programs_look(s, 0, e) < 0)
		return -1;
	rc = runner_run(s->runner, number, words, size, n, s->in.p, s->in.n, &no);
	if (rc < 0)
		return err_set(e, no.code, "%s", no.msg);
	s->run += rc == 0;
	s->refused += rc == 1;
	if (rc == 1 && !s->told_refused)
		say(s->c, "packet %" PRIu64 ": nothing was run: %s (told once; counted)", number,
		    no.msg);
	s->told_refused |= rc == 1;
	return 0;
}

/* Each with -v, else the first of its kind. */
static bool to_tell(const struct programs *s, bool *told)
{
	bool all = opt_has(&s->c->opt, OPT_VERBOSE), first = !*told;

	*told = true;
	return all || first;
}

static void ended(struct programs *s, const struct run_result *r)
{
	const char *once = opt_has(&s->c->opt, OPT_VERBOSE) ? "" : " (told once; counted)";

	switch (r->end) {
	case RUN_EXIT:
	case RUN_SIGNAL:
		if (r->end == RUN_EXIT && !r->detail) {
			s->well++;
			if (opt_has(&s->c->opt, OPT_VERBOSE))
				say(s->c, "packet %" PRIu64 ": its program ended well", r->number);
			return;
		}
		s->badly++;
		if (to_tell(s, &s->told_badly))
			say(s->c, "packet %" PRIu64 ": its program ended with %s %d%s", r->number,
			    r->end == RUN_EXIT ? "exit status" : "signal", r->detail, once);
		return;
	case RUN_LATE:
		s->late++;
		if (to_tell(s, &s->told_late))
			say(s->c, "packet %" PRIu64 ": its program took too long and was killed%s",
			    r->number, once);
		return;
	default:
		s->not_started++;
		if (to_tell(s, &s->told_not))
			say(s->c, "packet %" PRIu64 ": its program cannot be started: %s%s",
			    r->number, strerror(r->detail), once);
	}
}

int programs_look(struct programs *s, int ms, struct err *e)
{
	struct run_result r;
	int rc;

	if (!s->runner)
		return 0;
	s->looked = clock_coarse();
	while ((rc = runner_next(s->runner, ms, &r, e)) > 0) {
		ended(s, &r);
		ms = 0;
	}
	return rc;
}

bool programs_pending(const struct programs *s)
{
	return s->runner && runner_pending(s->runner);
}

void programs_finish(struct programs *s)
{
	struct err none = { 0 };
	int signals = stop_asked(&signals_stop);

	if (programs_pending(s) && !signals)
		say(s->c, "waiting for the programs that run");
	while (programs_pending(s) && stop_asked(&signals_stop) == signals)
		if (programs_look(s, 100, &none) < 0)
			return;
}

bool programs_sum(const struct programs *s)
{
	uint64_t left = s->runner ? runner_pending(s->runner) : 0;

	if (s->run)
		say(s->c,
		    "%" PRIu64 " programs were run: %" PRIu64 " ended well, %" PRIu64
		    " with an exit status or a signal, %" PRIu64 " took too long",
		    s->run - s->not_started, s->well, s->badly, s->late);
	if (left)
		say(s->c, "%" PRIu64 " did not end, and are killed", left);
	if (s->not_started)
		say(s->c, "%" PRIu64 " could not be started", s->not_started);
	if (s->refused)
		say(s->c, "%" PRIu64 " packets had no program: too many ran", s->refused);
	return !s->not_started && !s->refused;
}

void programs_close(struct programs *s)
{
	runner_close(s->runner);
	buf_done(&s->in);
}
