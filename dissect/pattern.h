/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet as text, held against packets: expectations of tests, patterns of sniff. */
#ifndef STRATA_DISSECT_PATTERN_H
#define STRATA_DISSECT_PATTERN_H

#include "core/buf.h"
#include "core/packet.h"
#include "core/plan.h"

/* Does the dissected packet fit the pattern (a plan read with PLAN_PATTERN)? Every layer that was
 * said must be there, in order, with any others between; every field that was said must be equal,
 * or one of the alternatives; `any` is whatever is there, `auto` what the rules ask for, `bad`
 * anything else. 1 yes; 0 no, and a sentence is appended to why (or NULL): "tcp.flags is RA,
 * expected SA"; -1 memory is out. Thread-safe. */
int pattern_match(const struct plan *pattern, const struct packet *p, struct buf *why);

#endif
