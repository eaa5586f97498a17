/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet: borrowed bytes plus a short array of layers. Captured packets are read-only by type. */
#ifndef STRATA_CORE_PACKET_H
#define STRATA_CORE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_MAX 262144u /* largest packet, bytes */
#define PACKET_LAYERS 32   /* deepest stack that is looked into */

struct proto;
struct packet_said;
struct layouts;

enum layer_flag {
	LAYER_CUT = 1, /* the capture holds fewer bytes than were on the wire, and this header needs
			  more */
	LAYER_BAD_LENGTH =
		2,        /* a length field says less than its own header, or more than there is */
	LAYER_OPAQUE = 4, /* payload not looked into (fragments) */
	LAYER_EXCERPT =
		8, /* payload is only a piece: missing bytes are no fault, sums not verified */
	LAYER_BAD_HEADER =
		16,      /* the bytes do not fit the description (not for want of captured bytes) */
	LAYER_DEEP = 32, /* the depth or work limit was reached; the rest is bytes */
	LAYER_GUESS = 64,   /* chosen by its looks alone */
	LAYER_QUOTED = 128, /* inside a quote of another packet (ICMP error) */
	LAYER_ABOVE = 256, /* its payload was put together from several packets: it is the header of
			      one of them, and was judged there */
};

struct layer { /* one header of a packet */
	const struct proto *proto;
	uint32_t off;   /* first byte of the header */
	uint32_t end;   /* first byte after its payload and trailer; never past packet.len */
	uint32_t hlen;  /* bytes of header; off + hlen <= end */
	uint16_t flags; /* enum layer_flag */
	uint16_t tail;  /* bytes of fields after the payload (FCS), just before end */
};

struct origin {                    /* of a packet that was put together from others */
	const struct proto *proto; /* whose stream it stood in (tcp:1); NULL: none, pieces alone */
	uint32_t stream;
	uint8_t side;         /* 0: of who was seen first */
	bool conflict;        /* pieces that overlap said different bytes */
	const uint64_t *from; /* numbers of the packets that its bytes came in, in their order */
	uint32_t nfrom;
	uint32_t more; /* how many packets more there were */
};

struct packet {
	const uint8_t *data; /* borrowed: valid until the next source_next() */
	uint32_t len;        /* bytes we have */
	uint32_t wire_len;   /* bytes there were */
	int64_t when;        /* nanoseconds since the epoch */
	uint16_t link;       /* LINKTYPE_ number of the outermost header */
	uint8_t nlayers;
	uint8_t flags;      /* enum packet_flag */
	uint32_t ifindex;   /* interface number within the source, from 0 */
	uint64_t number;    /* from 1, as the source counted; 0: none */
	const char *ifname; /* of its interface, as the source has it (any bytes); NULL: not told */
	/* What else its file says of it (core/said.h); NULL: nothing. Borrowed like data. */
	const struct packet_said *said;
	const struct origin *origin;        /* with PACKET_WHOLE only; as long as data */
	struct layer layers[PACKET_LAYERS]; /* from the second cache line on */
	/* What earlier packets taught of its records (core/layouts.h); NULL: nothing. Set by who
	 * dissects, and as long as what was heard. */
	const struct layouts *learnt;
};

enum packet_flag {
	PACKET_NO_TIME = 1,   /* the source gave no time */
	PACKET_OUTGOING = 2,  /* sent by this machine (live capture) */
	PACKET_LIVE = 4,      /* captured live: sums may be not filled in yet (offload) */
	PACKET_DEEP = 8,      /* more than PACKET_LAYERS layers */
	PACKET_INCOMING = 16, /* received by the machine that captured it (its file says so) */
	PACKET_WHOLE = 32,    /* put together from others; number and time are the last one's */
};

#define LAYER_NONE (-1)
/* The innermost layer whose payload holds layer i; LAYER_NONE: it is outermost. */
int packet_parent(const struct packet *p, unsigned i);

struct field;
/* The *n bytes of a field of layer i that always stands at one place, without decoding. NULL: it is
 * no such field, or it is cut off. */
const uint8_t *packet_field(const struct packet *p, unsigned i, const struct field *f, unsigned *n);

/* Bytes of payload that no inner layer took: [*from, *to) of layer i. See dissect/. */
struct extent_bytes {
	uint32_t from, to;
};

#define LINK_NULL 0
#define LINK_ETHERNET 1
#define LINK_RAW 101
#define LINK_IPV4 228
#define LINK_IPV6 229
#define LINK_NONE 0xffff

#endif
