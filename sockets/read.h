/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's answers as sockets. */
#ifndef STRATA_SOCKETS_READ_H
#define STRATA_SOCKETS_READ_H

#include "sockets/sockets.h"

/* Netlink messages, n bytes of them: what is cut or too short is counted as odd. kind: what was
 * asked for; a message that says its protocol itself is believed. gone: they are events of closed
 * sockets. seq, port: of the question; 0: any. 1: more comes; 0: this was the end; -1 with errno:
 * the kernel refuses. */
int read_messages(const void *buf, size_t n, unsigned seq, unsigned port, enum socket_kind kind,
		  bool gone, struct socket_list *out);
/* A line of the tables in /proc/net. False: it is none (the head). */
bool read_line(const char *line, enum socket_kind kind, uint8_t version, struct socket_list *out);
/* Add one; out->left where there is no room. */
void socket_list_add(struct socket_list *l, const struct socket_info *s);
/* Sort by id; of the same id those that are there come first. */
void socket_list_sort(struct socket_list *l);

#endif
