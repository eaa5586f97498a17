/* SPDX-License-Identifier: BSD-2-Clause */
/* A protocol's description as a table for people, and the laws tried on a user's file. */
#ifndef STRATA_CLI_PROTOCOL_TABLE_H
#define STRATA_CLI_PROTOCOL_TABLE_H

#include "cli/cli.h"
#include "core/buf.h"

/* Name, title, what it rides over, what it carries, and every field with width, default, aliases,
 * meaning and words; the structs it needs likewise. */
void protocol_table(const struct registry *reg, const struct proto *p, struct buf *out);

/* protocols --check FILE. The exit code. */
int check_protocol_file(struct cli *c, const char *path);

#endif
