/* SPDX-License-Identifier: BSD-2-Clause */
/* One netlink question and its answer: shared by route.c and neigh.c. */
#ifndef STRATA_CRAFT_ROUTE_NL_H
#define STRATA_CRAFT_ROUTE_NL_H

#include <libmnl/libmnl.h>

#include "craft/route.h"

struct routes {
	struct mnl_socket *nl;
	unsigned seq;
	bool acked; /* the question asks for an acknowledgement */
	_Alignas(struct nlmsghdr) char buf[32768];
};

/* Begin a question in r->buf with its fixed body of n bytes; attributes may be added. */
struct nlmsghdr *routes_ask(struct routes *r, uint16_t type, uint16_t flags, void *body, size_t n);
/* Send it and hand each answer to cb. -1 with errno. */
int routes_talk(struct routes *r, struct nlmsghdr *h, int (*cb)(const struct nlmsghdr *, void *),
		void *ctx);

#endif
