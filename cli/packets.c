/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets that a user's words or script mean. */
#include "cli/packets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

static int choose_seed(struct packets *ps, struct err *e)
{
	if (getrandom(&ps->seed, sizeof(ps->seed), 0) != (ssize_t)sizeof(ps->seed))
		ps->seed = 1;
	ps->seed &= 0xffffffff; /* short enough to be typed again */
	if (opt_u64(&ps->c->opt, OPT_SEED, UINT64_MAX, &ps->seed, e) < 0)
		return -1;
	ps->first_seed = ps->seed;
	if (opt_has(&ps->c->opt, OPT_VERBOSE))
		say(ps->c, "--seed %" PRIu64 " repeats it", ps->seed);
	return 0;
}

int packets_open(struct packets *ps, struct cli *c, struct err *e)
{
	const char *path = c->opt.v[OPT_SCRIPT];

	*ps = (struct packets) { .c = c, .last_time = INT64_MIN };
	if (choose_seed(ps, e) < 0)
		return -1;
	if (!path) {
		if (c->argc == 0)
			return err_set(e, ERR_USAGE, "which packet? strata %s %s", c->cmd->name,
				       c->cmd->usage);
		return notation_join(&ps->joined, c->argc, c->argv, e);
	}
	if (c->argc)
		return err_set(e, ERR_USAGE, "-f %s and a packet ('%s ...'): one of them", path,
			       c->argv[0]);
	ps->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!ps->file)
		return err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path,
			       strerror(errno));
	ps->script = script_open(ps->file, path, NULL, 0, e);
	return ps->script ? 0 : -1;
}

static bool is_file(FILE *f)
{
	struct stat st;

	return fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
}

int packets_open_to_send(struct packets *ps, struct cli *c, struct err *e)
{
	int rc;

	/* The bytes of a file alone would be no packet that leaves: @FILE is a script. */
	if (!opt_has(&c->opt, OPT_SCRIPT) && c->argc == 1 && c->argv[0][0] == '@') {
		c->opt.v[OPT_SCRIPT] = c->argv[0] + 1;
		c->argc = 0;
	}
	rc = packets_open(ps, c, e);
	ps->sends = true;
	if (rc < 0 || !ps->script || !is_file(ps->file))
		return rc;
	while ((rc = packets_next(ps, e)) == 1)
		;
	if (rc < 0) {
		packets_place(ps, e);
		return -1;
	}
	script_close(ps->script);
	rewind(ps->file);
	ps->script = script_open(ps->file, c->opt.v[OPT_SCRIPT], NULL, 0, e);
	ps->expected = 0;
	return ps->script ? 0 : -1;
}

/* The next line that is wanted. */
static int next_line(struct packets *ps, struct err *e)
{
	int rc;

	while ((rc = script_next(ps->script, &ps->line, e)) == 1 && ps->sends &&
	       ps->line.dir == '<')
		ps->expected++;
	if (rc == 1)
		ps->seed = ps->first_seed + ps->line.lineno * UINT64_C(0x9e3779b97f4a7c15);
	return rc;
}

int packets_next(struct packets *ps, struct err *e)
{
	int rc = 1;

	if (!ps->script) {
		if (ps->done)
			return 0;
		ps->done = true;
		if (plan_parse_joined(&ps->plan, ps->c->reg, &ps->joined, 0, e) < 0)
			return -1;
	} else {
		rc = next_line(ps, e);
		if (rc == 1 && script_plan(ps->script, &ps->plan, ps->c->reg, 0, e) < 0)
			return -1;
	}
	if (rc == 1)
		ps->count = plan_count(&ps->plan);
	return rc;
}

int64_t packets_gap(struct packets *ps)
{
	int64_t gap = 0;

	if (!ps->script || ps->line.time == SCRIPT_NO_TIME)
		return 0;
	if (ps->line.time == SCRIPT_AFTER)
		gap = ps->line.when;
	else if (ps->last_time != INT64_MIN)
		gap = ps->line.when - ps->last_time;
	if (ps->line.time == SCRIPT_AT)
		ps->last_time = ps->line.when;
	else if (ps->last_time != INT64_MIN)
		ps->last_time += gap;
	return gap;
}

void packets_place(const struct packets *ps, struct err *e)
{
	if (ps->script)
		script_place(ps->script, e);
}

int packets_size(const struct packets *ps, struct err *e)
{
	const struct options *o = &ps->c->opt;

	if (ps->count > SWEEP_MOST && !opt_has(o, OPT_COUNT) && !opt_has(o, OPT_ALL))
		return err_set(e, ERR_USAGE,
			       "that is a sweep of %" PRIu64
			       " packets; say --all or -c N (times the whole sweep) if it is meant",
			       ps->count);
	if (ps->count > 1)
		say(ps->c, "a sweep of %" PRIu64 " packets", ps->count);
	return 0;
}

void packets_done(struct packets *ps)
{
	plan_done(&ps->plan);
	script_close(ps->script);
	if (ps->file && ps->file != stdin)
		fclose(ps->file);
	joined_done(&ps->joined);
}
