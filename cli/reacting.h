/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of react and serve: packets of an interface, what is done with each, what is told. */
#ifndef STRATA_CLI_REACTING_H
#define STRATA_CLI_REACTING_H

#include "cli/cli.h"
#include "play/react.h"

/* Run these rules until stopped, or until -c packets fit. The registry is loaded. The exit code. */
int run_rules(struct cli *c, const struct react_rule *rule, unsigned n);
/* The values of --set, one a line; NULL: there are none. -1: e. To be freed. */
int joined_sets(const struct options *o, char **sets, struct err *e);

#endif
