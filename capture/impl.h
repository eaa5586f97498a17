/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source is made of. Internal to capture/. */
#ifndef STRATA_CAPTURE_IMPL_H
#define STRATA_CAPTURE_IMPL_H

#include <stdatomic.h>
#include <string.h>

#include "capture/block.h"
#include "capture/bpf.h"
#include "capture/source.h"
#include "capture/stream.h"

struct file_if { /* one interface of a capture file */
	uint16_t link;
	uint32_t snaplen;
	struct file_units units;
	char *name; /* IF_NAME_MOST bytes at most; NULL */
};

struct source_file {
	struct stream st;
	int (*next)(struct source *s, struct packet *p, struct err *e);
	struct file_if *ifs;
	uint32_t nifs, cap;
	uint32_t first; /* the first interface of this section */
	bool swap;      /* the file's byte order is not ours */
	bool ng;        /* pcapng */
	/* classic pcap */
	bool nano;           /* fractions are nanoseconds, else microseconds */
	uint8_t record;      /* bytes of a record header: 16, or 24 in the modified form */
	uint8_t length_swap; /* old versions: 1 the two lengths change places, 2 perhaps */
	bool plain;          /* a record can be written again as it stands */
	struct hex_text *hex;
	/* pcapng: what came before the first packet was asked for */
	struct buf head;
	/* what p->said points to */
	struct packet_said said;
	struct packet_record last;
	struct block_tap *tap; /* who takes what is no packet; NULL */
	bool begun;            /* the head went to the tap */
	uint64_t eat;          /* bytes of the last packet, to be eaten before the next */
	/* A pcap in our byte order of which nothing but the packets is asked: source_next may take
	 * the next one from the window by itself. */
	bool quick;
};

struct live;
struct fanout;

struct source {
	char *name;
	bool is_live;
	int wake; /* eventfd, readable after source_break */
	atomic_int breaks;
	uint16_t link;
	unsigned snaplen;
	struct bpf *filter; /* files */
	struct source_stats stats;
	uint64_t number;
	char note[256];
	bool ended;
	struct source_file file;
	struct live *live;
	struct fanout *fanout; /* several of these; live is NULL then */
};

/* file_pcap.c, file_pcapng.c: look at the window's first bytes; 1: mine, 0: not, -1: e. */
int file_pcap_open(struct source *s, struct err *e);
int file_pcapng_open(struct source *s, struct err *e);
/* file_hex.c: any text is taken. */
int file_hex_open(struct source *s, uint16_t link, struct err *e);
void file_hex_close(struct source *s);
/* The end came at `what` ("packet 7"): note it and return SOURCE_END. */
int file_cut(struct source *s, const char *what);
/* The file cannot be read further. SOURCE_ERROR. */
int file_damaged(struct source *s, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Interface for the current section; NULL: no memory. */
struct file_if *file_add_if(struct source *s, struct err *e);
/* Fill p but for the time: captured bytes data[0..caplen) of a packet that was wire bytes long. */
static inline void file_packet(struct source *s, struct packet *p, const uint8_t *data,
			       uint32_t caplen, uint32_t wire, uint32_t ifindex)
{
	uint32_t most = s->snaplen < PACKET_MAX ? s->snaplen : PACKET_MAX;

	if (wire < caplen) {
		s->stats.odd++;
		wire = caplen;
	}
	s->stats.cut += caplen > PACKET_MAX;
	p->data = data;
	p->len = caplen < most ? caplen : most;
	p->wire_len = wire;
	p->link = s->file.ifs[ifindex].link;
	p->ifindex = ifindex;
	p->ifname = s->file.ifs[ifindex].name;
	p->nlayers = 0;
	p->number = ++s->number;
	p->said = NULL;
}

/* Give p what its file says of it: a list of options, and the record for a sink to write again. */
static inline void file_said(struct source *s, struct packet *p, const uint8_t *raw, uint32_t n,
			     uint32_t type, const uint8_t *options, uint32_t options_len)
{
	struct source_file *f = &s->file;

	f->last = (struct packet_record) { .tap = f->tap,
					   .raw = raw,
					   .n = n,
					   .type = type,
					   .swap = f->swap,
					   .micro = !f->nano,
					   .data = p->data,
					   .options = options,
					   .options_len = options_len,
					   .len = p->len,
					   .wire_len = p->wire_len,
					   .when = p->when,
					   .link = p->link };
	f->said = (struct packet_said) { options, options_len, f->swap, &f->last };
	p->said = &f->said;
}

#define PCAP_RECORD 16u /* bytes before each packet of a plain pcap */

/* The next packet of a file that is `quick`, if all of it is in the window and nothing about it is
 * odd; else false, and nothing was done. */
static inline bool file_quick(struct source *s, struct packet *p)
{
	struct source_file *f = &s->file;
	struct stream *st = &f->st;
	uint32_t most = s->snaplen < PACKET_MAX ? s->snaplen : PACKET_MAX, head[4];
	const uint8_t *h = st->buf + st->pos + f->eat;
	size_t left = st->len - st->pos;

	if (left < f->eat + PCAP_RECORD)
		return false;
	left -= f->eat + PCAP_RECORD;
	memcpy(head, h, sizeof(head));
	if (head[2] > most || head[3] < head[2] || left < head[2])
		return false;
	st->pos += f->eat;
	f->eat = PCAP_RECORD + head[2];
	p->data = h + PCAP_RECORD;
	p->len = head[2];
	p->wire_len = head[3];
	p->when = (int64_t)head[0] * 1000000000 + (int64_t)head[1] * (f->nano ? 1 : 1000);
	p->link = f->ifs[0].link;
	p->ifname = NULL;
	p->ifindex = 0;
	p->nlayers = 0;
	p->flags = 0;
	p->number = ++s->number;
	p->said = NULL;
	s->stats.packets++;
	return true;
}

/* live.c */
int live_next(struct source *s, struct packet *p, struct err *e);
int live_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e);
int live_fd(const struct source *s);
void live_close(struct source *s);
/* fanout.c: as those without it */
struct source *fanout_open(const char *device, const struct source_options *o, struct err *e);
int fanout_start(struct source *s, struct err *e);
int fanout_next(struct source *s, struct packet *p, struct err *e);
int fanout_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e);
void fanout_break(struct source *s); /* safe in a signal handler */
void fanout_stats(struct source *s);
void fanout_close(struct source *s);
void live_stats(struct source *s);
struct source *source_new(const char *name, struct err *e);

static inline uint32_t file_u32(const struct source_file *f, const uint8_t *p)
{
	return said_u32(f->swap, p);
}
static inline uint16_t file_u16(const struct source_file *f, const uint8_t *p)
{
	return said_u16(f->swap, p);
}

#endif
