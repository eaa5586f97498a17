/* SPDX-License-Identifier: BSD-2-Clause */
/* --be ADDRESS[,MAC]: hosts that do not exist, played by react and serve. Who asks where they are
 * is answered by the reply rules of the descriptions. */
#ifndef STRATA_CLI_BEING_H
#define STRATA_CLI_BEING_H

#include "cli/cli.h"
#include "craft/addr.h"
#include "play/react.h"

#define BEING_MOST 16

struct being {
	struct addr addr[BEING_MOST];
	uint8_t mac[BEING_MOST][6];
	unsigned n;
	struct react_rule *rule; /* those of the addresses, then those that were given */
	unsigned nrules;
	char *text[BEING_MOST * 4];
	unsigned ntext;
	int held[2 * BEING_MOST]; /* memberships, gone with the process; below 0: none */
};

/* Read every --be. -1: e. */
int being_read(struct being *b, const struct cli *c, struct err *e);
/* Rules that say where the addresses are, in front of these: b->rule. -1: e. */
int being_rules(struct being *b, const struct react_rule *rule, unsigned n, struct err *e);
/* Frames for them are let in by the interface. -1: e: it has no link addresses, or one of the
 * addresses is this machine's own. */
int being_join(struct being *b, const char *ifname, struct err *e);
/* Tell who is played. */
void being_tell(const struct being *b, const struct cli *c);
void being_done(struct being *b);

#endif
