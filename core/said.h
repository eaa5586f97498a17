/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capture file says of a packet beside its bytes and its time: comments, direction, hashes,
 * drops. It stays the option list of pcapng (draft-ietf-opsawg-pcapng section 3.5) that it was, so
 * that what nobody here knows is kept too. */
#ifndef STRATA_CORE_SAID_H
#define STRATA_CORE_SAID_H

#include "core/buf.h"
#include "core/packet.h"

enum said_code { /* options of a packet */
		 SAID_END = 0,
		 SAID_COMMENT = 1, /* text; may be there several times */
		 SAID_FLAGS = 2,   /* 32 bits: direction, length of the FCS, link errors */
		 SAID_DROPS = 4,   /* 64 bits: packets lost between this one and the one before */
};

struct packet_record; /* how a packet stands in its file; capture/ knows it */

struct packet_said {
	const uint8_t *options; /* code, length, value, zeros up to a multiple of four; no end */
	uint32_t len;
	bool swap;                          /* its numbers are not in our byte order */
	const struct packet_record *record; /* for a sink; NULL */
};

struct said_option {
	uint16_t code, len;
	const uint8_t *p;
};

/* The option at *at, which moves on. False: there are no more whole ones. */
bool said_next(const struct packet_said *s, uint32_t *at, struct said_option *o);
#define SAID_SHOWN (1u << 18) /* bytes of options in which comments are looked for, to be shown */
/* The next comment of a packet, not NUL-terminated and not escaped. */
bool said_comment(const struct packet *p, uint32_t *at, const char **text, uint32_t *n);
/* Append an option; n is at most 65535. */
void said_put(struct buf *b, bool swap, uint16_t code, const void *p, size_t n);

static inline uint16_t said_u16(bool swap, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return swap ? __builtin_bswap16(v) : v;
}
static inline uint32_t said_u32(bool swap, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return swap ? __builtin_bswap32(v) : v;
}

#endif
