/* SPDX-License-Identifier: BSD-2-Clause */
/* What the packet socket (packet(7)) under a capture is asked and told beside libpcap. Its header
 * and core/packet.h use the same names, so they never meet. Internal to capture/. */
#ifndef STRATA_CAPTURE_PACKET_SOCKET_H
#define STRATA_CAPTURE_PACKET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Packets that passed the filter since the last call, dropped ones included, and those for which
 * the ring had no room: added to the two. False: this is no packet socket. */
bool packet_socket_counts(int fd, uint64_t *let_in, uint64_t *dropped);
/* No copies of what this machine sends. */
void packet_socket_ignore_outgoing(int fd);
/* Share what comes with the sockets of a group, by a hash of addresses and ports; *group -1: a new
 * one, which it is set to. outgoing: no copies of what this machine sends. False: errno. */
bool packet_socket_join(int fd, int *group, bool ignore_outgoing);
/* Let nothing more into the ring. */
bool packet_socket_shut(int fd);

/* The counters of all interfaces of this network namespace: a descriptor to be kept, -1. */
int interface_counters(void);
/* Frames that the interface (NULL: all of them) or its driver lost so far. False: not known, or it
 * is gone. */
bool interface_lost(int counters, const char *name, uint64_t *out);

#endif
