/* SPDX-License-Identifier: BSD-2-Clause */
/* What sender.c (where to) and sender_sock.c (through what) share. */
#ifndef STRATA_CRAFT_SENDER_IMPL_H
#define STRATA_CRAFT_SENDER_IMPL_H

#include "craft/inject.h"
#include "craft/sender.h"

#define HOPS_MAX 65536 /* destinations remembered; then it begins anew */
#define LINKS_MAX 8    /* interfaces on which libnet contexts, or queues, are open */

struct hop_slot {
	struct hop hop;
	struct addr dst;
	const struct proto *header_of; /* outermost protocol that the header was made for */
	int64_t failed;                /* monotonic ns of a failure; 0: none */
	struct err why;
	bool silent;             /* it failed because nobody answered */
	struct neigh_try *asked; /* the neighbour is being asked for; or NULL */
	struct hop_slot *next;   /* in its bucket */
};

struct sender {
	struct sender_opts o;
	struct routes *routes;
	struct iface dev; /* of opts.ifname; index 0: none was said */
	struct hop_slot **buckets;
	unsigned nhops;
	bool silent, pending; /* the last hop asked for: see sender_silent, sender_pending */
	struct resolver *resolver;
	struct hop_slot dev_slot; /* the hop without a destination */
	int packet_fd, four_fd, six_fd;
	int lent; /* packet_fd is somebody else's, and bound to this interface; 0: it is ours */
	struct burst *burst; /* what sender_burst tells the kernel; or NULL */
	struct inject *inject_four, *inject_six;
	struct {
		int index;
		struct inject *x;
	} links[LINKS_MAX];
	unsigned nlinks;
	struct {
		int index;
		struct tx *x;
	} tx[LINKS_MAX]; /* of sender_queue */
	unsigned ntx;
	struct tx_counts direct; /* what sender_queue sent at once */
	const char *by;          /* what a single packet left by; or NULL */
	struct tree tree;
	struct plan plan; /* of link headers */
	struct build build;
};

/* Without a link header. */
static inline bool bare(uint16_t link)
{
	return link == LINK_RAW || link == LINK_IPV4 || link == LINK_IPV6;
}
/* Can p leave by h, and with which header (which is made once)? -1: e. */
int hop_fits(struct sender *s, struct hop *h, const struct packet *p, struct err *e);
/* Open what a hop needs. */
int sock_ready(struct sender *s, const struct hop *h, struct err *e);
/* The queue of the hop's interface. NULL: e. */
struct tx *sock_tx(struct sender *s, const struct hop *h, struct err *e);
/* Hand n bytes to the kernel. family: of a raw IP socket. */
int sock_link(struct sender *s, const struct hop *h, const struct packet *p, struct sent *out,
	      struct err *e);
int sock_raw(struct sender *s, const struct hop *h, const struct packet *p, struct sent *out,
	     struct err *e);
void sock_close(struct sender *s);
void burst_close(struct burst *b);

#endif
