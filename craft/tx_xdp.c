/* SPDX-License-Identifier: BSD-2-Clause */
/* Bursts through an AF_XDP socket in copying mode (the kernel's Documentation/networking/af_xdp):
 * frames stand in memory of our own, a ring says which of them are to leave. Sending needs no XDP
 * program, and so none of the libraries that load one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "craft/tx_impl.h"
/* After the project's headers, as <linux/if_packet.h> elsewhere. */
#include <linux/if_xdp.h>

#define BURSTS 4 /* of slots */
#define SLOTS (BURSTS * TX_BURST)
#define CHUNK 2048u     /* the least that a slot may be */
#define CHUNK_MAX 4096u /* and the most: a page */

/* A ring in memory that is shared with the kernel. */
struct shared {
	void *map;
	size_t size;
	uint32_t *producer, *consumer;
	void *entry;
};

struct xdp {
	struct shared out,
		back;         /* descriptors to be sent; addresses of slots that are free again */
	uint32_t idle[SLOTS]; /* slots that are free */
	unsigned nidle;
	uint32_t produced; /* into `out`, in all */
	uint32_t begin;    /* produced when this burst began */
	unsigned given;    /* frames of it that are in the ring */
	unsigned drawn;    /* slots that it has */
};

static int no_xdp(const struct tx *t, const char *what, struct err *e)
{
	if (errno == EPERM || errno == EACCES)
		return err_set(e, ERR_PERM, "sending raw packets needs CAP_NET_RAW");
	return err_set(e, ERR_IO, "no AF_XDP on %s: %s: %s", t->name, what,
		       errno == ENOBUFS ? "more locked memory than is allowed (ulimit -l)"
					: strerror(errno));
}

static int share(struct tx *t, struct shared *s, const struct xdp_ring_offset *off, size_t each,
		 off_t which)
{
	uint8_t *p;

	s->size = off->desc + SLOTS * each;
	p = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, t->fd, which);
	if (p == MAP_FAILED)
		return -1;
	s->map = p;
	s->producer = (uint32_t *)(void *)(p + off->producer);
	s->consumer = (uint32_t *)(void *)(p + off->consumer);
	s->entry = p + off->desc;
	return 0;
}

static int rings_open(struct tx *t, struct xdp *x, struct err *e)
{
	struct xdp_umem_reg umem = { .addr = (uint64_t)(uintptr_t)t->room,
				     .len = (uint64_t)SLOTS * t->stride,
				     .chunk_size = t->stride };
	struct xdp_mmap_offsets off;
	socklen_t n = sizeof(off);
	int slots = SLOTS, few = 2;

	if (setsockopt(t->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) < 0)
		return no_xdp(t, "its memory", e);
	/* A ring for receiving has to be there; nothing is put in. */
	if (setsockopt(t->fd, SOL_XDP, XDP_UMEM_FILL_RING, &few, sizeof(few)) < 0 ||
	    setsockopt(t->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &slots, sizeof(slots)) < 0 ||
	    setsockopt(t->fd, SOL_XDP, XDP_TX_RING, &slots, sizeof(slots)) < 0 ||
	    getsockopt(t->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &n) < 0 || n != sizeof(off))
		return no_xdp(t, "its rings", e);
	if (share(t, &x->out, &off.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING) ||
	    share(t, &x->back, &off.cr, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING))
		return no_xdp(t, "its rings", e);
	return 0;
}

static int xdp_open(struct tx *t, struct err *e)
{
	struct sockaddr_xdp at = { .sxdp_family = AF_XDP,
				   .sxdp_flags = XDP_COPY,
				   .sxdp_ifindex = (uint32_t)t->o.ifindex };
	struct xdp *x = t->own = calloc(1, sizeof(*x));

	if (!x)
		return err_set(e, ERR_IO, "out of memory");
	if (t->frame > CHUNK_MAX)
		return err_set(e, ERR_IO, "no AF_XDP on %s: its frames are longer than %u bytes",
			       t->name, CHUNK_MAX);
	t->nslots = SLOTS;
	t->stride = t->frame > CHUNK ? CHUNK_MAX : CHUNK;
	t->room = mmap(NULL, (size_t)SLOTS * t->stride, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->room == MAP_FAILED) {
		t->room = NULL;
		return err_set(e, ERR_IO, "out of memory");
	}
	for (x->nidle = 0; x->nidle < SLOTS; x->nidle++)
		x->idle[x->nidle] = x->nidle;
	t->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return no_xdp(t, "a socket", e);
	if (rings_open(t, x, e))
		return -1;
	return bind(t->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? no_xdp(t, "binding", e) : 0;
}

static void xdp_close(struct tx *t)
{
	struct xdp *x = t->own;

	if (x && x->out.map)
		munmap(x->out.map, x->out.size);
	if (x && x->back.map)
		munmap(x->back.map, x->back.size);
	/* The kernel holds the pages until its last frame has left. */
	if (t->room)
		munmap(t->room, (size_t)SLOTS * t->stride);
	free(x);
}

static unsigned xdp_ready(struct tx *t)
{
	struct xdp *x = t->own;
	uint32_t from = *x->back.consumer;
	uint32_t to = __atomic_load_n(x->back.producer, __ATOMIC_ACQUIRE);
	unsigned n = 0;

	/* Those of the burst before that no frame came for: it was handed over before it was full.
	 */
	for (; x->given < x->drawn; x->given++)
		x->idle[x->nidle++] = t->slot[x->given];
	for (; from != to && x->nidle < SLOTS; from++) {
		uint64_t at = ((uint64_t *)x->back.entry)[from & (SLOTS - 1)];

		x->idle[x->nidle++] = (uint32_t)(at / t->stride) & (SLOTS - 1);
	}
	__atomic_store_n(x->back.consumer, from, __ATOMIC_RELEASE);
	while (n < TX_BURST && x->nidle)
		t->slot[n++] = x->idle[--x->nidle];
	x->drawn = n;
	x->begin = x->produced;
	x->given = 0;
	return n;
}

static void give(struct tx *t, struct xdp *x, unsigned upto)
{
	struct xdp_desc *d = x->out.entry;

	for (; x->given < upto; x->given++)
		d[x->produced++ & (SLOTS - 1)] =
			(struct xdp_desc) { .addr = (uint64_t)t->slot[x->given] * t->stride,
					    .len = t->len[x->given] };
	__atomic_store_n(x->out.producer, x->produced, __ATOMIC_RELEASE);
}

/* A call takes 32 frames or so; EAGAIN: there are more. */
static int xdp_push(struct tx *t, unsigned at, unsigned n)
{
	struct xdp *x = t->own;
	int done = 0, before, why;

	give(t, x, at + n);
	do {
		before = done;
		why = send(t->fd, NULL, 0, MSG_DONTWAIT) < 0 ? errno : 0;
		done = (int)(__atomic_load_n(x->out.consumer, __ATOMIC_ACQUIRE) - x->begin) -
		       (int)at;
		if (done < before)
			done = before;
		if (why == EBUSY) {
			/* The last one was taken and then dropped. The ring says so only after the
			 * next that is not. */
			if (done == before)
				done++;
			t->lost = 1;
			strcpy(t->why, "dropped on its way to the other side");
			return done;
		}
	} while (done < (int)n && done > before && (!why || why == EAGAIN));
	if (done > 0)
		return done;
	errno = why ? why : EAGAIN;
	return -1;
}

const struct tx_ops tx_xdp = { .name = "af-xdp",
			       .line = "AF_XDP socket, copying mode",
			       .open = xdp_open,
			       .ready = xdp_ready,
			       .push = xdp_push,
			       .close = xdp_close };
