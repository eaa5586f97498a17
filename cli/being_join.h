/* SPDX-License-Identifier: BSD-2-Clause */
/* What an interface is asked to let in. Its header and core/packet.h use the same names. */
#ifndef STRATA_CLI_BEING_JOIN_H
#define STRATA_CLI_BEING_JOIN_H

#include <stdbool.h>
#include <stdint.h>

/* Has it link addresses as Ethernet has? */
bool join_ethernet(const char *ifname);
/* Is this address (4 or 16 bytes) one of this machine's? */
bool join_own(const uint8_t *addr, unsigned len, unsigned ifindex);
/* Let frames for this link address in, as long as the descriptor is open (packet(7)). -1: errno. */
int join_mac(unsigned ifindex, const uint8_t mac[6]);
/* The group in which neighbours look for this address (RFC 4291 section 2.7.1): joined by the
 * kernel, so that switches hear of it. -1: errno. */
int join_solicited(unsigned ifindex, const uint8_t addr[16]);

#endif
