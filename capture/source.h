/* SPDX-License-Identifier: BSD-2-Clause */
/* Where packets come from: a device (libpcap) or a capture file (pcap, pcapng, also compressed),
 * opened by two functions and read by the same ones. */
#ifndef STRATA_CAPTURE_SOURCE_H
#define STRATA_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/packet.h"

struct source;

#define SOURCE_FANOUT 64u

enum source_direction {
	SOURCE_BOTH,
	SOURCE_IN,  /* only what this machine received */
	SOURCE_OUT, /* only what it sent */
};

struct source_options { /* zero-initialised: bulk capture of whole packets, no filter */
	bool immediate; /* hand over each packet at once (request and reply); else in bulk */
	bool promisc;
	bool resolve;        /* names of hosts in the filter may be looked up (network traffic) */
	bool hex;            /* files: hex text, of packets of link type `link` (or Ethernet) */
	bool want_link;      /* ask the device for link type `link` */
	uint16_t link;       /* LINKTYPE_ number */
	unsigned timeout_ms; /* bulk: longest time a packet waits in the kernel; 0: 100 */
	unsigned buffer;     /* bytes of kernel buffer; 0: 8 MiB */
	size_t queue;        /* bytes of queue behind it; 0: none. See source_start() */
	unsigned snaplen;    /* bytes of each packet; 0: PACKET_MAX */
	enum source_direction direction;
	/* Share the device's packets among so many captures, each with a thread of its own, a part
	 * of buffer and queue; at most SOURCE_FANOUT, and only with a queue. 0 or 1: one. Their
	 * packets come in the order of their times, at most 100 ms later for it. */
	unsigned fanout;
	const char *clock;  /* who tells the time, by pcap-tstamp(7); NULL: "host" */
	const char *filter; /* pcap-filter(7) text; NULL or "": everything */
};

struct source_stats {
	uint64_t packets;       /* handed over by source_next */
	uint64_t filtered;      /* files: read, but the filter did not want them */
	uint64_t dropped;       /* kernel: no room in the buffer */
	uint64_t if_dropped;    /* interface or driver */
	uint64_t queue_dropped; /* no room in the queue: whoever reads it was too slow */
	uint64_t left;          /* were in queue or ring when source_break() ended it at once */
	uint64_t cut;           /* longer than PACKET_MAX, the rest was left out */
	uint64_t odd;  /* files: original length below the captured one (was raised to it) */
	bool known;    /* dropped could be asked */
	bool if_known; /* and if_dropped */
};

struct file_id { /* which file, however it is called */
	dev_t dev;
	ino_t ino;
	bool set;
};

enum source_result {
	SOURCE_PACKET = 1,
	SOURCE_NOTHING = 0,
	SOURCE_ERROR = -1,
	SOURCE_END = -2, /* end of file; or after source_break() all that had arrived was read */
};

/* Open a device ("eth0", "lo", "any"). Needs CAP_NET_RAW: else ERR_PERM. Takes about 12 ms. An
 * error in the filter has a place (name "filter"). NULL: e. */
struct source *source_open_live(const char *device, const struct source_options *o, struct err *e);
/* Open a capture file; "-" is standard input. Of the options filter, resolve, snaplen,
 * hex and link count.
 * Needs no rights beyond reading the file. */
struct source *source_open_file(const char *path, const struct source_options *o, struct err *e);
/* Accepts NULL; returns NULL. */
struct source *source_close(struct source *s);

/* A device with a queue: from now on a thread moves packets from the kernel's buffer into the queue
 * as they come, so that a slow reader does not keep the kernel's buffer full; source_next() takes
 * them from there. When the queue is full, packets are dropped and counted, but none after
 * source_break(). The thread has the rights of its creator: call it once they are dropped, and
 * before the next packet is asked for. Nothing to do for other sources. -1: e. */
int source_start(struct source *s, struct err *e);

/* The next packet. p->data is valid until the next call on s. Files: never SOURCE_NOTHING. Live:
 * SOURCE_NOTHING when none is there now; does not block. -1: e. One thread at a time. */
int source_next(struct source *s, struct packet *p, struct err *e);
/* The same, but waits until deadline_ns (CLOCK_MONOTONIC; INT64_MAX: for ever) for a packet. A file
 * that is a pipe waits likewise for the beginning of a packet (compressed: without heeding the
 * deadline); source_next waits for ever. */
int source_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e);

/* End the capture. Safe in a signal handler and from another thread. The first call closes the
 * entrance: what the kernel had received by then is still handed over, then SOURCE_END. The second
 * ends at once. */
void source_break(struct source *s);
/* A descriptor for poll(): readable when source_next may have something; what was read already is
 * not told, so look until source_wait with a deadline of 0 has nothing. -1: always (files). */
int source_fd(const struct source *s);

uint16_t source_link(const struct source *s); /* LINKTYPE_; of the first interface of a file */
bool source_live(const struct source *s);
const char *source_name(const struct source *s); /* device or path */
/* Name of interface p->ifindex, NULL: the source does not tell. */
const char *source_if_name(const struct source *s, uint32_t ifindex);
void source_stats(struct source *s, struct source_stats *st);
/* What has to be said about the file once it is read ("cut off in packet 7"); NULL: nothing. */
const char *source_note(const struct source *s);
struct file_id source_file_id(const struct source *s);
/* Replace the filter while running. Packets in the kernel's buffer do not slip through. Not after
 * source_start() of a source with a queue. */
int source_set_filter(struct source *s, const char *filter, bool resolve, struct err *e);

/* libpcap's DLT_ numbers differ from the LINKTYPE_ numbers in files for a few types. -1: none. */
int link_from_dlt(int dlt);
int link_to_dlt(unsigned link);
/* "EN10MB" for 1; NULL: unknown. */
const char *link_name(unsigned link);
const char *link_description(unsigned link);

/* Which compressions this build reads: ".gz .zst", ".gz", "none". */
const char *source_compressions(void);

#endif
