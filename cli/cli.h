/* SPDX-License-Identifier: BSD-2-Clause */
/* The tool's frame: the table of commands, and what every command has at hand. */
#ifndef STRATA_CLI_CLI_H
#define STRATA_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "core/err.h"
#include "core/registry.h"

/* Exit codes besides those of enum err_code (2 usage, 3 permission, 4 device, file, network). */
#define EXIT_DONE 0
#define EXIT_NO 1   /* nothing came, an expectation failed, a difference */
#define EXIT_LOST 4 /* we lost something: dropped, not sent, not written */

struct cli {
	const struct command *cmd;
	struct options opt;
	struct registry *reg; /* after load_registry() */
	int argc;             /* words that are no options */
	char **argv;
	bool color;     /* stdout takes colours */
	bool err_color; /* stderr does */
};

struct command {
	const char *name;
	const char *line;             /* what it does, for the list */
	const char *usage;            /* the words after the name */
	const char *const *example;   /* pairs: a command line, what it does; NULL at the end */
	const enum option_id *option; /* besides the common ones; OPT_NONE at the end */
	const char *form;             /* --as where it is not said; NULL: line, or none */
	int (*run)(struct cli *c);    /* the exit code */
	const char *more;             /* a paragraph for the help, or NULL */
	/* After these n words all others are for another program; NULL: never. */
	bool (*passes)(int n, char *const *word);
};

extern const struct command *const commands[]; /* NULL at the end */

/* ---- print_err.c ---- */

/* Print e on stderr, with the line and a caret when it has a place, and what helps when rights are
 * missing. Returns the exit code. */
int print_err(const struct cli *c, const struct err *e);
/* "strata: ..." on stderr, unless -q. For what is worth saying and no error. */
void say(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of what makes the exit code EXIT_LOST: with -q, too. */
void say_lost(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* With -q nobody may have said yet why the code is EXIT_LOST: then something is said. Returns it.
 */
int never_silent(const struct cli *c, int code);
/* An error without a place; returns code. */
int fail(const struct cli *c, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- load.c ---- */

/* All protocols: the built-in ones, the user's folder, $STRATA_PROTOCOLS, -p; then -d; frozen.
 * Redefinitions are told. -1: e. */
int load_registry(struct cli *c, struct err *e);
/* The same and one file more (or NULL), and one binding more, as of -d (or NULL). */
int load_with(struct cli *c, const char *file, const char *bind, struct err *e);

/* ---- help.c ---- */

void help_all(bool to_stderr);
void help_command(const struct command *cmd);

/* ---- one file each ---- */

extern const struct command cmd_craft, cmd_send, cmd_ask, cmd_sniff, cmd_read, cmd_flow, cmd_edit,
	cmd_explain, cmd_react, cmd_serve, cmd_bridge, cmd_replay, cmd_diff, cmd_watch,
	cmd_protocols, cmd_lab, cmd_doctor;

#endif
