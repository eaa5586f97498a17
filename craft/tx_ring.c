/* SPDX-License-Identifier: BSD-2-Clause */
/* Bursts through a ring of frames that is shared with the kernel (PACKET_TX_RING, packet(7)): the
 * kernel takes a frame's bytes from where they stand, and gives the slot back when it has left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "craft/tx_impl.h"
/* After the project's headers: it defines PACKET_OUTGOING as a macro, which is not used here. */
#include <linux/if_packet.h>

#define BURSTS 4 /* of slots */
/* The frame's bytes behind the slot's header (packet_mmap in the kernel's documentation). */
#define DATA (TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))

struct ring {
	uint8_t *at; /* mapped */
	size_t size;
	unsigned head; /* the slot that the kernel looks at next */
};

static struct tpacket2_hdr *header(const struct tx *t, uint32_t slot)
{
	return (struct tpacket2_hdr *)(t->room - DATA + (size_t)slot * t->stride);
}

static int no_ring(const struct tx *t, struct err *e)
{
	return err_set(e, ERR_IO, "no PACKET_TX_RING on %s: %s", t->name, strerror(errno));
}

static int ring_open(struct tx *t, struct err *e)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE), slot = (uint32_t)(DATA + t->frame);
	int version = TPACKET_V2;
	struct tpacket_req q;
	struct ring *r;

	r = t->own = calloc(1, sizeof(*r));
	if (!r)
		return err_set(e, ERR_IO, "out of memory");
	if (tx_socket(t, e))
		return -1;
	/* Slots are powers of two up to a page, then whole pages; a block is a slot at least. */
	t->stride = 256;
	while (t->stride < slot)
		t->stride += t->stride < page ? t->stride : page;
	t->nslots = BURSTS * TX_BURST;
	q.tp_frame_size = t->stride;
	q.tp_block_size = t->stride < page ? page : t->stride;
	q.tp_frame_nr = t->nslots;
	q.tp_block_nr = (uint32_t)((uint64_t)t->nslots * t->stride / q.tp_block_size);
	if (setsockopt(t->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(t->fd, SOL_PACKET, PACKET_TX_RING, &q, sizeof(q)) < 0)
		return no_ring(t, e);
	r->size = (size_t)q.tp_block_nr * q.tp_block_size;
	r->at = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (r->at == MAP_FAILED) {
		r->at = NULL;
		return no_ring(t, e);
	}
	t->room = r->at + DATA;
	return 0;
}

static void ring_close(struct tx *t)
{
	struct ring *r = t->own;

	if (r && r->at)
		munmap(r->at, r->size);
	free(r);
}

static uint32_t status(const struct tx *t, uint32_t slot)
{
	return __atomic_load_n(&header(t, slot)->tp_status, __ATOMIC_ACQUIRE);
}

static void set_status(const struct tx *t, uint32_t slot, uint32_t s)
{
	__atomic_store_n(&header(t, slot)->tp_status, s, __ATOMIC_RELEASE);
}

/* In the order of the ring, up to the first that has not come back. */
static unsigned ring_ready(struct tx *t)
{
	struct ring *r = t->own;
	unsigned n = 0;

	while (n < TX_BURST) {
		uint32_t slot = (r->head + n) % t->nslots;

		if (status(t, slot) != TP_STATUS_AVAILABLE)
			break;
		t->slot[n++] = slot;
	}
	return n;
}

/* The kernel stays at a frame that it does not take: those behind it move up. */
static void skip(struct tx *t, unsigned at, unsigned n)
{
	for (unsigned i = at; i < at + n; i++)
		set_status(t, t->slot[i], TP_STATUS_AVAILABLE);
	for (unsigned i = at; i + 1 < at + n; i++) {
		memcpy(tx_slot(t, i), tx_slot(t, i + 1), t->len[i + 1]);
		t->holds[t->slot[i]] = 0;
	}
	/* judge() goes on behind `at`: so the slots move on, too. */
	memmove(&t->slot[at + 1], &t->slot[at], (n - 1) * sizeof(t->slot[0]));
}

static int ring_push(struct tx *t, unsigned at, unsigned n)
{
	struct ring *r = t->own;
	unsigned done = 0;
	int rc;

	for (unsigned i = at; i < at + n; i++) {
		header(t, t->slot[i])->tp_len = t->len[i];
		set_status(t, t->slot[i], TP_STATUS_SEND_REQUEST);
	}
	rc = (int)send(t->fd, NULL, 0, MSG_DONTWAIT);
	/* What it says counts neither frames nor those before one that failed: the slots do. */
	while (done < n && (status(t, t->slot[at + done]) &
			    (TP_STATUS_SEND_REQUEST | TP_STATUS_WRONG_FORMAT)) == 0)
		done++;
	r->head = (r->head + done) % t->nslots;
	if (done)
		return (int)done;
	if (rc >= 0)
		errno = EAGAIN;
	if (status(t, t->slot[at]) & TP_STATUS_WRONG_FORMAT) {
		skip(t, at, n);
		errno = EMSGSIZE;
	}
	return -1;
}

const struct tx_ops tx_ring = {
	.name = "tx-ring",
	.line = "packet socket, a ring shared with the kernel (PACKET_TX_RING)",
	.open = ring_open,
	.ready = ring_ready,
	.push = ring_push,
	.close = ring_close
};
