/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of strata edit: duplicates. */
#ifndef STRATA_CLI_EDIT_H
#define STRATA_CLI_EDIT_H

#include "capture/sink.h"
#include "cli/choice.h"

struct dedup; /* the packets before, to know them again */
/* "5" packets or "10ms". */
struct dedup *dedup_open(const char *text, struct err *e);
/* Is p the same, byte for byte and of the same link type and length, as one before? -1: memory. */
int dedup_seen(struct dedup *d, const struct packet *p);
/* Packets that were forgotten before the window was over, for want of room. */
uint64_t dedup_forgot(const struct dedup *d);
void dedup_close(struct dedup *d);

#endif
