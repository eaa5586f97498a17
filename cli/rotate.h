/* SPDX-License-Identifier: BSD-2-Clause */
/* When one file ends and the next begins, as options say it: --split, --rotate. */
#ifndef STRATA_CLI_ROTATE_H
#define STRATA_CLI_ROTATE_H

#include "capture/sink.h"
#include "cli/options.h"

/* "1000" packets, "60s", "10MB"; several at once, with commas or given again. Nothing is changed
 * where the option was not given. -1: e. */
int opt_rotate(const struct options *o, enum option_id id, struct sink_rotate *r, struct err *e);

#endif
