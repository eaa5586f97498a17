/* SPDX-License-Identifier: BSD-2-Clause */
/* What a sink is made of. Internal to capture/. */
#ifndef STRATA_CAPTURE_SINK_IMPL_H
#define STRATA_CAPTURE_SINK_IMPL_H

#include "capture/block.h"
#include "capture/sink_file.h"

#define SINK_RECORDS 8192u /* records in the buffer, at most */

struct out_if { /* an interface of the section that is being written */
	uint16_t link;
	bool ours; /* made for packets that bring none */
	struct file_units units;
	uint32_t snaplen;
	char *name; /* ours: of the interface; NULL */
};

struct feed { /* an attached source */
	struct block_tap tap;
	struct sink *sink;
	struct source *src; /* may be closed once it was read */
	struct sink_change change;
	struct { /* for each interface of the source: which one of which section it is here */
		uint32_t section, id;
	} * map;
	uint32_t nmap;
	uint64_t sections; /* so far */
	struct buf kept;   /* for the next file: what the section began with */
	bool kept_swap;
	uint32_t kept_first; /* number of its first interface */
	struct feed *next;
};

enum lost { /* what had no place in the file */
	    LOST_COMMENT,
	    LOST_OPTION,
	    LOST_INTERFACE,
	    LOST_NAMES,
	    LOST_SECRETS,
	    LOST_STATISTICS,
	    LOST_SECTION,
	    LOST_OTHER,
	    LOST_NO_TIME,
	    LOST_FRACTION,
	    LOST_ORDER,
	    LOST_KINDS,
};

struct sink {
	struct out_file f;
	enum sink_format format; /* PCAP or PCAPNG once the header is written */
	bool started, failed;
	bool fixed;         /* the format was asked for: a second link type is an error */
	bool one_section;   /* see sink_options */
	uint16_t link;      /* of the packets to come; pcap: of the file */
	struct err err;     /* the first failure, told again */
	bool swap;          /* the file (pcapng: the section) is not in our byte order */
	bool micro;         /* pcap: microseconds */
	uint8_t header[24]; /* of the pcap file that comes in; zeros: none */
	bool header_swap;
	struct out_if *ifs;
	uint32_t nifs, cap_ifs, section;
	struct sink_options opt;
	struct feed *feeds;
	unsigned nfeeds;
	bool ng_feed; /* one of them is a pcapng */
	uint64_t lost[LOST_KINDS];
	struct buf scratch;
	/* Options that go before those in scratch as they stand, borrowed; of one packet they may
	 * be 16 MiB. ng_end() forgets them. */
	const uint8_t *said;
	uint32_t nsaid;
	uint64_t count, safe; /* packets accepted; in the file */
	/* one file after the other */
	bool follow;                   /* what sources say is remembered */
	bool rotates, between;         /* between: the next file waits for its first packet */
	char *path;                    /* as it was said */
	unsigned files;                /* number of this one */
	char **kept;                   /* names, rotate.keep of them */
	uint64_t before, count_before; /* safe, and accepted, in the files before */
	int64_t begun;                 /* time of the file's first packet */
	int64_t ends_at;               /* CLOCK_MONOTONIC */
	uint64_t bytes;                /* flushed, before compression */
	/* what opt.live lost until the file before was closed, and when that was, or it all began
	 */
	struct source_stats told;
	int64_t told_at;
	int64_t due; /* CLOCK_MONOTONIC; INT64_MAX: the buffer is empty */
	size_t n, cap, nends;
	size_t block;                /* where the block begins that ng_begin() began */
	uint32_t ends[SINK_RECORDS]; /* where each record in buf ends */
	bool is_packet[SINK_RECORDS];
	uint8_t *buf;
};

/* Write the buffer into the file. enum sink_result. */
int sink_empty(struct sink *s, struct err *e);
/* Complete the file and close it. */
int sink_finish(struct sink *s, struct err *e);
/* What sources call for everything that is no packet. */
int take_block(struct block_tap *t, const struct file_block *b, struct err *e);

/* sink_rotate.c: enum sink_result */
int rotate_open(struct sink *s, struct err *e);                           /* the next file */
int rotate_before(struct sink *s, const struct packet *p, struct err *e); /* p is written */
int rotate_after(struct sink *s, struct err *e);                          /* it was */
bool rotate_due(const struct sink *s);         /* the file's time is over */
int rotate_end(struct sink *s, struct err *e); /* it is whole; the next packet opens another */
void rotate_done(struct sink *s);

/* Room for n more bytes and for `records` more records. SINK_OK, or what to return. */
int sink_room(struct sink *s, size_t n, unsigned records, struct err *e);
void sink_end_record(struct sink *s, bool packet);

static inline void sink_put(struct sink *s, const void *p, size_t n)
{
	if (n)
		memcpy(s->buf + s->n, p, n);
	s->n += n;
}
static inline void sink_put32(struct sink *s, uint32_t v)
{
	if (s->swap)
		v = __builtin_bswap32(v);
	sink_put(s, &v, 4);
}
static inline void sink_put16(struct sink *s, uint16_t v)
{
	if (s->swap)
		v = __builtin_bswap16(v);
	sink_put(s, &v, 2);
}

/* The record that p was read from, if it came through a feed of s and nothing of it was changed
 * since (*same). NULL: it did not. */
const struct packet_record *sink_record(const struct sink *s, const struct packet *p, bool *same);
static inline struct feed *record_feed(const struct packet_record *r)
{
	return r ? (struct feed *)(uintptr_t)r->tap : NULL;
}

/* sink_pcap.c */
int pcap_start(struct sink *s, struct err *e);
int pcap_put(struct sink *s, const struct packet *p, struct err *e);
/* sink_pcapng.c */
int ng_start(struct sink *s, struct err *e);      /* a section of our own */
int ng_first_link(struct sink *s, struct err *e); /* an interface for s->link */
/* An interface for packets of this link type that bring none: its number, or -1. */
int64_t ng_interface(struct sink *s, uint16_t link, const char *name, struct err *e);
int ng_put(struct sink *s, const struct packet *p, struct err *e);
int ng_block(struct sink *s, struct feed *f, const struct file_block *b, struct err *e);
/* Begin a block of `body` bytes beside its type, its lengths and s->scratch, which holds its
 * options; then, once the bytes were put, end it. enum sink_result. */
int ng_begin(struct sink *s, uint32_t type, uint32_t body, struct err *e);
void ng_end(struct sink *s, bool packet);
/* sink_losses.c: an interface statistics block for what opt.live has lost since the one before, as
 * the last of a pcapng; else nothing is done. enum sink_result. */
#define LOSSES_ROOM 128u /* bytes that it has, at most */
int losses_put(struct sink *s, struct err *e);
/* sink_lost.c: count what a block or a packet brings that a pcap file has no room for. */
void lost_block(struct sink *s, const struct file_block *b);
void lost_packet(struct sink *s, const struct packet *p);

#endif
