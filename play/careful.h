/* SPDX-License-Identifier: BSD-2-Clause */
/* What is not done by accident: rules for sending on an interface that holds the default route. */
#ifndef STRATA_PLAY_CAREFUL_H
#define STRATA_PLAY_CAREFUL_H

#include "craft/aim.h"
#include "craft/pace.h"

enum careful_rule {
	CAREFUL_FINE = 0,
	CAREFUL_SPOOF,        /* a source address that is not ours */
	CAREFUL_FORGE,        /* a message by which others learn addresses or routes */
	CAREFUL_DESTINATIONS, /* more than 256 */
	CAREFUL_RATE,         /* more than 1,000 packets a second */
	CAREFUL_REPLAY,       /* a capture sent again */
};

struct careful_facts {
	const struct iface *dev;   /* default_route decides; NULL: not sent on a device */
	const struct build *build; /* what is sent; NULL: a replay */
	bool spoofed;              /* aim_spoofs */
	uint64_t destinations;     /* how many different ones, at most */
	uint64_t packets;          /* in all; 0: until stopped */
	struct rate rate;          /* what was asked for */
	bool replay;
	bool handed_on; /* packets of other machines */
};

/* The first rule that is hit, with a sentence in why (what, and how to allow it). FINE when dev has
 * no default route or is the loopback. */
enum careful_rule careful_check(const struct careful_facts *f, char why[240]);

/* Destinations of a sweep: the number of values of the fields in which its network destination
 * varies. */
uint64_t careful_destinations(const struct plan *p);

#endif
