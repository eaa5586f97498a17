/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames onto one interface in bursts: many for one call of the kernel. There are several ways into
 * the kernel; all give and take the same. */
#ifndef STRATA_CRAFT_TX_H
#define STRATA_CRAFT_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum tx_way {
	TX_AUTO,     /* sendmmsg; past the queueing discipline af-xdp where it can be had */
	TX_SENDMMSG, /* packet socket, sendmmsg(2) */
	TX_RING,     /* packet socket, PACKET_TX_RING */
	TX_XDP,      /* AF_XDP socket, copying mode */
	TX_LIBNET,   /* libnet's link context, a call for each frame */
	TX_WAYS
};

struct tx_opts {
	enum tx_way way;
	int ifindex;
	const char *name; /* of the interface, for errors */
	uint32_t mtu;     /* of the interface: frames are at most 64 bytes longer; 0: 64 KiB */
	uint16_t link;    /* LINKTYPE_ that it takes */
	bool direct; /* past the queueing discipline (PACKET_QDISC_BYPASS, packet(7)): faster, but
			who captures on this interface does not see them */
	const volatile int *stop;
	/* Called for each frame that was taken: when it was handed over, ns since the epoch; and
	 * with NULL behind those that were handed over together. */
	void (*watch)(void *ctx, const uint8_t *frame, uint32_t n, uint16_t link, int64_t when);
	void *watch_ctx;
};

struct tx_counts {
	uint64_t sent, bytes; /* frames that the kernel took */
	uint64_t failed;      /* frames that it refused */
	uint64_t first;       /* id of the first of them */
	char why[160];        /* and why; "" none */
};

struct tx;

/* "sendmmsg": the name that users say; and what it is. */
const char *tx_way_name(enum tx_way way);
const char *tx_way_line(enum tx_way way);
/* Open a way onto the interface. Needs CAP_NET_RAW (ERR_PERM). NULL: e. */
struct tx *tx_open(const struct tx_opts *o, struct err *e);
/* Queue a frame: head[0..nhead), which may be empty, and p[0..n). The bytes are copied; id is the
 * caller's. A full queue is flushed first. -1: e, as tx_flush; 1: e: it is too long for the
 * interface. Not thread-safe. */
int tx_put(struct tx *t, uint64_t id, const uint8_t *head, uint32_t nhead, const uint8_t *p,
	   uint32_t n, struct err *e);
/* From now on tx_frame gives frames that hold head[0..nhead) and p[0..n), but for what the caller
 * wrote into this one before. As tx_put. */
int tx_form(struct tx *t, const uint8_t *head, uint32_t nhead, const uint8_t *p, uint32_t n,
	    struct err *e);
/* Queue such a frame; its bytes, to be written over before the next call. NULL: as tx_flush. */
uint8_t *tx_frame(struct tx *t, uint64_t id, struct err *e);
/* Hand over what is queued. A frame that the kernel refuses is counted, and the others go on; a
 * full device queue is waited for. -1: e: the interface is gone or down, rights are missing, or
 * *stop was set while waiting; what is queued still is dropped, and counts as failed. */
int tx_flush(struct tx *t, struct err *e);
/* The name of the way that was opened. */
const char *tx_name(const struct tx *t);
unsigned tx_queued(const struct tx *t);
const struct tx_counts *tx_counts(const struct tx *t);
void tx_close(struct tx *t); /* without flushing; accepts NULL */

#endif
