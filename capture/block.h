/* SPDX-License-Identifier: BSD-2-Clause */
/* What capture files hold beside the packets, on its way from a source to a sink: blocks as they
 * stand in the file, and how each packet stood there. Internal to capture/. */
#ifndef STRATA_CAPTURE_BLOCK_H
#define STRATA_CAPTURE_BLOCK_H

#include "core/err.h"
#include "core/said.h"

enum block_type {                 /* draft-ietf-opsawg-pcapng section 11.1 */
		  BLOCK_NONE = 0, /* reserved; ours: a record of a pcap file */
		  BLOCK_INTERFACE = 1,
		  BLOCK_OLD_PACKET = 2,
		  BLOCK_SIMPLE_PACKET = 3,
		  BLOCK_NAMES = 4,
		  BLOCK_STATISTICS = 5,
		  BLOCK_PACKET = 6,
		  BLOCK_JOURNAL = 9,
		  BLOCK_SECRETS = 10,
		  BLOCK_CUSTOM = 0xbad,
		  BLOCK_CUSTOM_KEPT =
			  0x40000bad, /* not to be copied by tools that change packets */
		  BLOCK_SECTION = 0x0a0d0d0a,
};
#define ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_MAX (16u << 20) /* bytes; as libpcap */

enum { IF_NAME = 2, IF_TSRESOL = 9, IF_TSOFFSET = 14 }; /* options of an interface */
#define IF_NAME_MOST 255u                               /* bytes of a name that are kept */

struct file_block {
	bool pcap;         /* no block: the header of a pcap file */
	uint32_t type;     /* enum block_type, or unknown */
	const uint8_t *p;  /* all of it, with both lengths */
	uint32_t n;        /* bytes */
	bool swap;         /* its numbers are not in our byte order */
	uint32_t ifindex;  /* BLOCK_INTERFACE: its number in the source, from 0 */
	uint32_t if_first; /* the first interface of its section */
};

/* The block at *at of blocks that lie one after the other (whole, the first one a section);
 * *b must be zero at first, and tells the byte order, the number of the interface and the first one
 * of the section from call to call. False: no more. */
bool block_at(const struct buf *blocks, size_t *at, struct file_block *b);

struct block_tap { /* somebody who takes them */
	int (*take)(struct block_tap *t, const struct file_block *b, struct err *e);
};

struct packet_record {               /* how a packet stood in its file, and what was read from it */
	const struct block_tap *tap; /* where the blocks around it went; NULL */
	const uint8_t *raw;
	uint32_t n;
	uint32_t type; /* enum block_type */
	bool swap;
	bool micro; /* BLOCK_NONE: its time is in microseconds */
	const uint8_t *data, *options;
	uint32_t len, wire_len, options_len;
	int64_t when;
	uint16_t link;
};

struct file_units {       /* how an interface counts time */
	uint8_t tsresol;  /* if_tsresol: negative power of 10, or of 2 with the top bit set */
	int64_t tsoffset; /* seconds */
};
/* Nanoseconds since the epoch, as far as 64 bits hold them. */
int64_t units_to_ns(const struct file_units *u, uint64_t units);
/* The other way; false: the units have no such time. */
bool units_from_ns(const struct file_units *u, int64_t ns, uint64_t *units);

/* Append block b in the other byte order to out. *kept: how many options or blocks of unknown kind
 * kept the order of their bytes. */
void block_swap(const struct file_block *b, struct buf *out, uint64_t *kept);
/* The same for a list of options of a block of this type. */
void options_swap(uint32_t type, const struct packet_said *from, struct buf *out, uint64_t *kept);

#endif
