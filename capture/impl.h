/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source is made of. Internal to capture/. */
#ifndef STRATA_CAPTURE_IMPL_H
#define STRATA_CAPTURE_IMPL_H

#include <stdatomic.h>

#include "capture/bpf.h"
#include "capture/source.h"
#include "capture/stream.h"

struct file_if { /* one interface of a capture file */
	uint16_t link;
	uint32_t snaplen;
	uint8_t tsresol;  /* if_tsresol: negative power of 10, or of 2 with the top bit set */
	int64_t tsoffset; /* seconds */
	char *name;
};

struct source_file {
	struct stream st;
	int (*next)(struct source *s, struct packet *p, struct err *e);
	struct file_if *ifs;
	uint32_t nifs, cap;
	uint32_t first; /* the first interface of this section */
	bool swap;      /* the file's byte order is not ours */
	/* classic pcap */
	bool nano;           /* fractions are nanoseconds, else microseconds */
	uint8_t record;      /* bytes of a record header: 16, or 24 in the modified form */
	uint8_t length_swap; /* old versions: 1 the two lengths change places, 2 perhaps */
	struct hex_text *hex;
	uint64_t eat; /* bytes of the last packet, to be eaten before the next */
};

struct live;

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
	p->nlayers = 0;
	p->number = ++s->number;
}

/* live.c */
int live_next(struct source *s, struct packet *p, struct err *e);
int live_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e);
int live_fd(const struct source *s);
void live_close(struct source *s);
void live_stats(struct source *s);
struct source *source_new(const char *name, struct err *e);

static inline uint32_t file_u32(const struct source_file *f, const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, 4);
	return f->swap ? __builtin_bswap32(v) : v;
}
static inline uint16_t file_u16(const struct source_file *f, const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, 2);
	return f->swap ? __builtin_bswap16(v) : v;
}

#endif
