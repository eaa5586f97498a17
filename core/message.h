/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in a stream: where one ends, by the `message` rule of its protocol. */
#ifndef STRATA_CORE_MESSAGE_H
#define STRATA_CORE_MESSAGE_H

#include "core/tree.h"

/* Bytes of the message of proto, which has a rule, at the front of p[0..n), the beginning of what
 * may be more. 0: more must be seen to tell; -1: nonsense, or memory is out. scratch is reused.
 * Thread-safe for distinct scratch. */
int64_t message_length(const struct proto *proto, const uint8_t *p, uint32_t n,
		       struct tree *scratch);

#endif
