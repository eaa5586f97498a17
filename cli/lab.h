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
/* Wait for a program of the lab: its exit status. */
int lab_wait(pid_t pid);
/* What imperfect wires did. */
void lab_tell_wires(struct cli *c, const struct topology *t, const struct lab *l);

/* strata lab run FILE. The exit status. */
int lab_script(struct cli *c, const char *file);

#endif
