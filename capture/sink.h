/* SPDX-License-Identifier: BSD-2-Clause */
/* Where captured packets are kept: a pcap file with nanoseconds, or a pcapng when there are several
 * link types. Every write is checked; whatever happens the file ends on a record boundary. */
#ifndef STRATA_CAPTURE_SINK_H
#define STRATA_CAPTURE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/source.h"
#include "core/err.h"
#include "core/packet.h"

struct sink;

enum sink_format {
	SINK_AUTO, /* pcapng if the name ends in .pcapng or a second link type comes; else pcap */
	SINK_PCAP,
	SINK_PCAPNG,
};

struct sink_options { /* zero-initialised is fine */
	enum sink_format format;
	bool keep;                   /* refuse to overwrite any file */
	bool has_link;               /* write the file's header at once, for `link` */
	uint16_t link;               /* LINKTYPE_ */
	const struct file_id *avoid; /* files that are being read: refuse to overwrite them */
	unsigned navoid;
};

enum sink_result {
	SINK_OK = 0,
	SINK_ERROR = -1,
	SINK_GONE = -2, /* the reader closed the pipe: a quiet end, e is not set */
};

/* Create or overwrite a file; "-" is standard output (never a terminal). A new file has mode 0600.
 * In a directory that others may write to, symbolic links and other people's files are refused. */
struct sink *sink_open(const char *path, const struct sink_options *o, struct err *e);
/* Add a packet. It is on disk at the latest with the next sink_flush(). SINK_ERROR: e names the
 * file and how many packets are safe; the file has been cut back to its last whole record and takes
 * no more. */
int sink_write(struct sink *s, const struct packet *p, struct err *e);
int sink_flush(struct sink *s, struct err *e);
/* When sink_flush() is due (CLOCK_MONOTONIC ns), so that no packet waits for more than a second;
 * INT64_MAX: nothing waits. sink_write() flushes by itself when it is due. */
int64_t sink_due(const struct sink *s);
/* Packets that are in the file (handed to the kernel). */
uint64_t sink_safe(const struct sink *s);
/* Packets accepted by sink_write. */
uint64_t sink_count(const struct sink *s);
const char *sink_name(const struct sink *s);
/* Flush and close. Accepts NULL. SINK_ERROR: something could not be written. s is gone anyway. */
int sink_close(struct sink *s, struct err *e);

#endif
