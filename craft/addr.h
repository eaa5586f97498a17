/* SPDX-License-Identifier: BSD-2-Clause */
/* A network address of either family, and the two ends of a packet as its description tells them.
 */
#ifndef STRATA_CRAFT_ADDR_H
#define STRATA_CRAFT_ADDR_H

#include <sys/socket.h>

#include "core/plan.h"

struct addr {
	int family;     /* AF_INET, AF_INET6; 0: none */
	uint8_t b[16];  /* network order; 4 or 16 bytes count */
	uint32_t scope; /* interface index of a link-local address; 0: none */
};

static inline unsigned addr_len(const struct addr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}
bool addr_eq(const struct addr *a, const struct addr *b); /* scope ignored */
bool addr_zero(const struct addr *a);                     /* none, or all bytes zero */
bool addr_multicast(const struct addr *a);
bool addr_link_local(const struct addr *a);
bool addr_set(struct addr *a, const uint8_t *p, size_t n); /* n 4 or 16, else false */
/* In words, with %IF when it has a scope. out: at least 64 bytes. Returns out. */
const char *addr_words(const struct addr *a, char out[64]);
/* As the kernel wants it. Returns the length. */
socklen_t addr_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *out);
/* The other way; of another family: none, port 0. */
void addr_of_sockaddr(const struct sockaddr_storage *s, struct addr *a, uint16_t *port);

/* Is t, or an arm of the `choose` t, a fixed address of this many bits? */
bool type_addr(const struct type *t, unsigned bits);

enum end_kind {
	END_NET,  /* a pair of ip4 or ip6 addresses */
	END_LINK, /* a pair of mac addresses */
	END_PORT, /* a pair of numbers that select the layer above */
};
/* The fields in which p says where a packet comes from and where it goes, of this kind: the first
 * such pair of its `swap` rules, then of its `pseudo` line; for link addresses the fields named src
 * and dst. False: it has none. */
bool proto_ends(const struct proto *p, enum end_kind kind, const struct field **src,
		const struct field **dst);

/* The source and destination of the outermost layer of p that has a pair of network addresses.
 * Returns the layer's number; -1: none has. Memory from t (reused by the caller). */
int packet_ends(const struct packet *p, struct tree *t, struct addr *src, struct addr *dst);

#endif
