/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of `strata lab` share. */
#ifndef STRATA_CLI_LAB_H
#define STRATA_CLI_LAB_H

#include "cli/cli.h"
#include "lab/lab.h"

/* The topology in a file, or that the word is. NULL: e. */
struct topology *lab_topology(const char *word, bool must_be_file, struct err *e);
/* Made real; with sudo, for who called it. NULL: e. */
struct lab *lab_start(struct cli *c, const struct topology *t, struct err *e);
/* What imperfect wires did. */
void lab_tell_wires(struct cli *c, const struct topology *t, const struct lab *l);

/* Until somebody listens where the step says; meanwhile() is called again and again. 1: yes; 0: not
 * in time (--timeout, 30 s), or stopped; -1: e. */
int lab_await(struct cli *c, struct lab *l, const struct lab_step *s, void (*meanwhile)(void *ctx),
	      void *ctx, struct err *e);
/* strata lab run FILE. The exit status. */
int lab_script(struct cli *c, const char *file);

#endif
