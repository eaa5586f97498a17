/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a command line: which are files, which a filter, and of which kind. */
#ifndef STRATA_CLI_WORDS_H
#define STRATA_CLI_WORDS_H

#include <stdbool.h>

#include "cli/cli.h"

/* How many of argv[0..argc) are files: the first one is; further ones if they exist or look like
 * it. */
int words_files(int argc, char **argv);

struct filter_words {
	char *text;   /* joined by blanks; NULL: there are none */
	bool pattern; /* holds NAME=: packet notation, else pcap-filter */
};
int filter_words(struct filter_words *f, int argc, char **argv, struct err *e);
void filter_words_done(struct filter_words *f);
/* In a lab: names of hosts in a pcap-filter become their addresses. -1: e. */
int filter_hosts(struct filter_words *f, const struct registry *r, struct err *e);

/* -i list: print the devices. The exit code. */
int list_devices(struct cli *c);
/* The device of -i, else the default one, into name. -1: e. */
int choose_device(struct cli *c, char name[64], struct err *e);

#endif
