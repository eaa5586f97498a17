/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in a stream: where one ends, by the `message` rule of its protocol. */
#ifndef STRATA_CORE_MESSAGE_H
#define STRATA_CORE_MESSAGE_H

#include "core/tree.h"

/* Bytes of the message of proto, which has a rule, at the front of p[0..n), the beginning of what
 * may be more. 0: more must be seen to tell; -1: nonsense, or memory is out; MESSAGE_REST: all that
 * comes. request: the fields of what it may answer; or NULL. scratch is reused, and holds the
 * fields. Thread-safe for distinct scratch. */
int64_t message_length(const struct proto *proto, const uint8_t *p, uint32_t n,
		       struct tree *scratch, const struct tree *request);
/* The same for a header that was decoded into t. */
int64_t message_claims(const struct proto *proto, const struct tree *t, const struct tree *request);
/* By the `reply` lines of their protocol, as far as these name kinds of messages: is t an answer to
 * q? q NULL: may t be asked? */
bool message_answers(const struct proto *proto, const struct tree *t, const struct tree *q);
/* Does whoever sends t wait for an answer, so that one that does not come is missed? */
bool message_waits(const struct proto *proto, const struct tree *t);
/* Is t, by what it says alone, of a kind that answers something? */
bool message_told(const struct proto *proto, const struct tree *t);

#endif
