/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, and the way to one of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/source.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "core/near.h"

#ifndef STRATA_VERSION
#define STRATA_VERSION "unknown"
#endif

const struct command *const commands[] = { &cmd_craft,  &cmd_send,    &cmd_ask,       &cmd_sniff,
					   &cmd_read,   &cmd_flow,    &cmd_watch,     &cmd_edit,
					   &cmd_react,  &cmd_serve,   &cmd_bridge,    &cmd_replay,
					   &cmd_diff,   &cmd_explain, &cmd_protocols, &cmd_lab,
					   &cmd_doctor, NULL };

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const struct cli *c, const char *name)
{
	const char *best = NULL;
	unsigned least = near_limit(strlen(name)) + 1;

	for (unsigned i = 0; commands[i]; i++) {
		unsigned d = near_distance(name, strlen(name), commands[i]->name,
					   strlen(commands[i]->name), least - 1);

		if (d < least) {
			least = d;
			best = commands[i]->name;
		}
	}
	if (best)
		return fail(c, ERR_USAGE, "no command '%s'; did you mean '%s'?", name, best);
	return fail(c, ERR_USAGE, "no command '%s'; see: strata --help", name);
}

static bool wants_color(int fd, const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when && strcmp(when, "always") == 0)
		return true;
	if ((when && strcmp(when, "never") == 0) || (no && *no))
		return false;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static int run_command(struct cli *c, int argc, char **argv)
{
	static const char *const whens[] = { "auto", "always", "never", NULL };
	struct err e = { 0 };
	int when = 0, rc;

	if (options_parse(&c->opt, c->cmd, &argc, argv, &e) < 0 ||
	    opt_word(&c->opt, OPT_COLOR, whens, &when, &e) < 0) {
		rc = print_err(c, &e);
	} else if (opt_has(&c->opt, OPT_HELP)) {
		help_command(c->cmd);
		rc = EXIT_DONE;
	} else if (options_together(&c->opt, c->cmd, &e) < 0) {
		rc = print_err(c, &e);
	} else {
		c->argc = argc;
		c->argv = argv;
		c->color = wants_color(STDOUT_FILENO, c->opt.v[OPT_COLOR]);
		c->err_color = wants_color(STDERR_FILENO, c->opt.v[OPT_COLOR]);
		signals_init();
		rc = never_silent(c, c->cmd->run(c));
	}
	registry_close(c->reg);
	options_done(&c->opt);
	return rc;
}

int main(int argc, char **argv)
{
	struct cli c = { .err_color = wants_color(STDERR_FILENO, NULL) };
	const char *first = argc > 1 ? argv[1] : NULL;

	if (!first) {
		help_all(true);
		return ERR_USAGE;
	}
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
		printf("strata %s\ncompressed captures: %s\n", STRATA_VERSION,
		       source_compressions());
		return EXIT_DONE;
	}
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 ||
	    (strcmp(first, "help") == 0 && argc == 2)) {
		help_all(false);
		return EXIT_DONE;
	}
	if (strcmp(first, "help") == 0) {
		c.cmd = find_command(argv[2]);
		if (!c.cmd)
			return unknown_command(&c, argv[2]);
		help_command(c.cmd);
		return EXIT_DONE;
	}
	if (first[0] == '-')
		return fail(&c, ERR_USAGE, "a command comes first; see: strata --help");
	c.cmd = find_command(first);
	if (!c.cmd)
		return unknown_command(&c, first);
	return run_command(&c, argc - 2, argv + 2);
}
