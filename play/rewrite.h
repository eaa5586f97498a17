/* SPDX-License-Identifier: BSD-2-Clause */
/* Captured packets changed on their way to a file or a wire: fields set, addresses and ports
 * replaced, and what depends on them. */
#ifndef STRATA_PLAY_REWRITE_H
#define STRATA_PLAY_REWRITE_H

#include "core/err.h"
#include "core/packet.h"
#include "core/registry.h"

struct rewrite_opts {
	const struct registry *reg;
	const char *const *set; /* packets in the notation, of which only what is said counts:
				   "ip ttl=9", "ip / udp dport=53" */
	unsigned nset;
	const char *const *map; /* OLD=NEW: addresses ("10.0.0.0/24=10.9.9.0/24", MACs too), or
				   ports of a protocol ("PROTOCOL:80=8080") */
	unsigned nmap;
	const char *anonymise; /* a seed: every address becomes another one (anonymise.h), but for
				  those that a map has replaced; or NULL */
	bool anew; /* every --set builds the packet anew, also where it could be changed in place:
		      to compare the two */
	bool sums; /* every checksum is made right, also those that were wrong before */
};

struct rewrite;

/* NULL: e, with the place in the option's text. */
struct rewrite *rewrite_open(const struct rewrite_opts *o, struct err *e);
void rewrite_close(struct rewrite *w); /* accepts NULL */

/* Change *p, which is dissected anew, in place: p->data then is the rewriter's, until the next
 * call. A --set holds for a packet that has its layers, in this order (others may stand between);
 * it changes the first ones that fit, none in a packet that another one quotes. A --map changes
 * every address field of every layer (prefixes and parts of addresses, too: with a mapped network
 * that is no smaller), in quoted packets and by templates seen before, too; ports in
 * the layers of their protocol. Checksums that were right are right again, and those that a card
 * was to fill in are filled in; others stay as they are (to those that cannot be told, as in a
 * fragment or a quote that was cut, what was changed is added: RFC 1624). Lengths follow when a
 * --set makes a field longer. 1: changed; 0: not; -1: memory is out, e. Not thread-safe. */
int rewrite_packet(struct rewrite *w, struct packet *p, struct err *e);
/* How often a --set found its layers and could not be done (a field that this packet has not): the
 * packet is as it was. *number: of the first such packet, *why: in words. */
uint64_t rewrite_unfit(const struct rewrite *w, uint64_t *number, const char **why);
/* Did the --map or --set number i fit any packet so far, whether it changed it or not? */
bool rewrite_fitted(const struct rewrite *w, bool map, unsigned i);
/* Packets in which a checksum did not follow a change: one over bytes that are not all here, and no
 * Internet checksum, or its layer has another size now. *number: the first. */
uint64_t rewrite_untold(const struct rewrite *w, uint64_t *number);
/* Addresses that are written without the zeros at their end (RFC 3123) and end in one now: they are
 * right, but longer than they may be. *number: of the first packet. */
uint64_t rewrite_tails(const struct rewrite *w, uint64_t *number);
/* Addresses that were anonymised. *unread: packets that hold bytes that no description reads, and
 * not only zeros. */
uint64_t rewrite_anonymised(const struct rewrite *w, uint64_t *unread);

#endif
