/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames onto the wire: which socket, which interface, which header around them. Local destinations
 * go through raw IP sockets, all others through a packet socket with the next hop's address. */
#ifndef STRATA_CRAFT_SENDER_H
#define STRATA_CRAFT_SENDER_H

#include "craft/route.h"
#include "craft/tx.h"

enum sender_via {
	VIA_AUTO, /* link, or ip for a local destination */
	VIA_LINK, /* packet socket */
	VIA_IP,   /* raw IP socket: the kernel routes */
};

struct sender_opts {
	const struct registry *reg;
	const char *ifname; /* -i; NULL: the routing table decides */
	enum sender_via via;
	const char *mtu_hint;  /* ends the sentence about a packet over the MTU; or NULL */
	enum tx_way way;       /* TX_LIBNET: through libnet's contexts instead of our own sockets */
	int64_t neigh_timeout; /* ns to wait for a neighbour's address; 0: one second */
	/* sender_queue: see tx.h; what raw IP sockets would send is refused then */
	void (*watch)(void *ctx, const uint8_t *frame, uint32_t n, uint16_t link, int64_t when);
	void *watch_ctx;
	bool direct; /* sender_queue: past the queueing discipline (tx.h) */
	const volatile int *stop;
};

/* How frames to one destination leave. Owned by the sender; valid until sender_close. */
struct hop {
	struct route route; /* route.dev is the interface */
	bool raw;           /* through a raw IP socket; the kernel finds the way */
	bool resolved;      /* mac holds the next hop's address */
	uint8_t mac[8];
	uint8_t header[64]; /* link header in front of a packet that has none */
	uint8_t header_len;
};

struct sent {
	int64_t when;          /* ns since the epoch, just before the call */
	const struct hop *hop; /* how it left */
	uint32_t len;          /* bytes handed to the kernel, link header included */
	char note[200];        /* what the kernel changes on the way, in words; "" nothing */
};

struct sender;

/* Opens no socket yet but rtnetlink's. */
struct sender *sender_open(const struct sender_opts *o, struct err *e);
void sender_close(struct sender *s);

/* Not by raw IP sockets alone (VIA_IP): packets may begin with a link header. */
bool sender_takes_frames(const struct sender *s);

enum hop_mac {
	HOP_ANY,  /* the neighbour's address is not needed */
	HOP_MAC,  /* resolve it now */
	HOP_SOON, /* begin to; see sender_pending */
	HOP_ONCE, /* resolve it now; who was silent is asked again, but not waited for: until an
		     answer is there he is as silent as before */
};
/* The way to dst (NULL: only the interface of opts.ifname). Remembered for each destination; so is
 * a neighbour's silence, for three seconds. */
const struct hop *sender_hop(struct sender *s, const struct addr *dst, const struct addr *src,
			     enum hop_mac mac, struct err *e);

/* Did the last sender_hop fail because the neighbour on the way did not answer? */
bool sender_silent(const struct sender *s);
/* Or because it is still being asked (HOP_SOON): call sender_hop again later. e is not set. */
bool sender_pending(const struct sender *s);
/* Wait for news of neighbours, 2 ms at most. */
void sender_nap(struct sender *s);

/* Open the sockets that frames of this link type by this hop need, so that privilege can be dropped
 * before the first one leaves. sender_send opens what is missing. */
int sender_ready(struct sender *s, const struct hop *h, uint16_t link, struct err *e);

/* Send through this packet socket, which somebody else has open and keeps open as long as s, bound
 * to this interface, and not through another one: the kernel takes 12 ms to close each. One that is
 * no raw packet socket is left alone. */
void sender_lend(struct sender *s, int fd, int ifindex);

/* Send one packet: of link type Ethernet (or what the interface has) as it is; raw IP with the
 * header of its next hop in front, or through a raw IP socket. Over the MTU is refused (-1, ERR_IO)
 * before the kernel is asked. out may be NULL. Not thread-safe. */
int sender_send(struct sender *s, const struct packet *p, struct sent *out, struct err *e);
/* The same by a hop that the caller has already. */
int sender_send_by(struct sender *s, const struct hop *h, const struct packet *p, struct sent *out,
		   struct err *e);

/* Make the header in front of packets like p on this hop, once for all copies of it that are taken
 * from then on. What is wrong with p is said when it is sent. */
void sender_prepare(struct sender *s, const struct hop *h, const struct packet *p);

#define SENDER_BURST 64
struct burst_item {
	const struct hop *hop;
	const struct packet *packet;
	struct sent *sent; /* filled in; when: just before the call that took them all */
};
/* Some of v[0..n), from the first on, in one call: how many left. The next one is then for
 * sender_send_by, which waits, or says why it cannot be sent. Where sender_ready was not called,
 * and on ways that take no bursts, that is 0. */
unsigned sender_burst(struct sender *s, const struct burst_item *v, unsigned n);

/* Bytes of such a packet that the MTU of this way lets pass. */
uint32_t sender_most(const struct hop *h, const struct packet *p);

/* The same in bursts: frames are queued for their interface, and leave when the queue is full, or
 * at sender_flush (tx.h). What a raw IP socket or libnet takes leaves at once. 1: e says why this
 * packet cannot be sent, and it is not counted; -1: e: nothing more can. */
int sender_queue(struct sender *s, const struct hop *h, const struct packet *p, struct err *e);
int sender_flush(struct sender *s, struct err *e);
/* Packets that differ from p, whose layout they have, only where the caller writes: prepare f for
 * them, so that tx_frame(f->tx) + f->head is where p would stand. As sender_queue; f->tx is NULL
 * where there is no queue on that way. Holds until the next call or sender_close. */
struct frames {
	const struct hop *hop;
	struct tx *tx;
	uint32_t head, len; /* bytes in front of the packet; of the whole */
};
int sender_form(struct sender *s, const struct hop *h, const struct packet *p, struct frames *f,
		struct err *e);
/* The way that packets took, by name; of single ones the last one's. NULL: none so far. */
const char *sender_way(const struct sender *s);
/* What sender_queue sent so far, and what the kernel refused of it. */
void sender_counts(const struct sender *s, struct tx_counts *sum);

struct routes *sender_routes(struct sender *s); /* borrowed */

#endif
