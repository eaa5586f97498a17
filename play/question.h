/* SPDX-License-Identifier: BSD-2-Clause */
/* A message from a socket as the packet that it would be on a wire, so that patterns, names in
 * answers and reply rules hold for both alike; and what of an answer goes back into the socket. */
#ifndef STRATA_PLAY_QUESTION_H
#define STRATA_PLAY_QUESTION_H

#include "play/server.h"

struct question;

/* headers: by IPv4 and by IPv6, in the notation, with any src, dst, sport, dport, seq, ack and
 * bytes in them. NULL: e. */
struct question *question_open(const struct registry *reg, const char *const headers[2],
			       struct err *e);
void question_close(struct question *q); /* accepts NULL */

/* IP, the transport with the ports of both ends (in a stream with sequence numbers that count from
 * 1), the message. Dissected as any packet. Borrowed until the next call. NULL: e. */
const struct packet *question_packet(struct question *q, const struct server_message *m,
				     struct err *e);
/* Does what is said above the transport not fit its description? */
bool question_bad(struct question *q, const struct packet *p);
/* The bytes of an answer (dissected) that travel in the socket: what its transport carries, or all
 * of one that has no addresses. 1: e, it is not for who asked. */
int question_answer(const struct server_message *m, const struct packet *answer, const uint8_t **p,
		    uint32_t *n, struct err *e);

#endif
