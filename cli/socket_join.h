/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and this machine's sockets, joined: which packets a change came with, and whose the
 * socket is that a packet went to or came from. */
#ifndef STRATA_CLI_SOCKET_JOIN_H
#define STRATA_CLI_SOCKET_JOIN_H

#include "cli/told.h"

struct joined;

/* Before anything else is opened. told: where changes go. NULL: e. */
struct joined *joined_open(struct cli *c, struct told *told, struct err *e);
struct joined *joined_close(struct joined *j); /* NULL */
/* A dissected packet, in order. */
void joined_packet(struct joined *j, const struct packet *p);
/* Take what is new, and tell what has waited for its packets; all: however short a time. -1: e. */
int joined_take(struct joined *j, bool all, struct err *e);
/* How often, at least, ns. */
int64_t joined_often(const struct joined *j);
/* Whose the socket is: "nginx[12]". NULL: not known. Until the next call. */
const char *joined_process(struct joined *j, const struct packet *p);

#endif
