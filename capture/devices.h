/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices one can capture on: names, addresses, link type, up or down. Needs no rights. */
#ifndef STRATA_CAPTURE_DEVICES_H
#define STRATA_CAPTURE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

struct device {
	const char *name;
	const char *about;       /* libpcap's description, or NULL */
	const char *mac;         /* hardware address, or NULL */
	const char *const *addr; /* "10.0.0.1/24", "fe80::1/64", naddr of them */
	unsigned naddr;
	unsigned ifindex; /* 0: not a network interface ("any") */
	unsigned mtu;     /* bytes; 0: unknown */
	int link;         /* LINKTYPE_ number; -1: unknown until opened */
	bool up, running, loopback, wireless;
};

struct devices {
	struct device *v;
	unsigned n;
	struct arena mem;
};

/* All devices in libpcap's order (usable ones first). Thread-safe. */
int devices_list(struct devices *d, struct err *e);
void devices_done(struct devices *d);
/* The one that is up, running and no loopback and comes first; else the first up; NULL: none. */
const struct device *devices_default(const struct devices *d);
/* The nearest name, for "did you mean"; NULL: none is near. */
const char *devices_suggest(const struct devices *d, const char *name);

#endif
