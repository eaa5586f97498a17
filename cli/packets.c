/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets that a user's words or script mean. */
#include "cli/packets.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

static int choose_seed(struct packets *ps, struct err *e)
{
	if (getrandom(&ps->seed, sizeof(ps->seed), 0) != (ssize_t)sizeof(ps->seed))
		ps->seed = 1;
	ps->seed &= 0xffffffff; /* short enough to be typed again */
	if (opt_u64(&ps->c->opt, OPT_SEED, UINT64_MAX, &ps->seed, e) < 0)
		return -1;
	if (opt_has(&ps->c->opt, OPT_VERBOSE))
		say(ps->c, "--seed %" PRIu64 " repeats it", ps->seed);
	return 0;
}

int packets_open(struct packets *ps, struct cli *c, struct err *e)
{
	const char *path = c->opt.v[OPT_SCRIPT];

	*ps = (struct packets) { .c = c };
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
		rc = script_next(ps->script, &ps->line, e);
		if (rc == 1 && script_plan(ps->script, &ps->plan, ps->c->reg, 0, e) < 0)
			return -1;
	}
	if (rc == 1)
		ps->count = plan_count(&ps->plan);
	return rc;
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
