/* SPDX-License-Identifier: BSD-2-Clause */
/* Where captured packets are kept: pcap or pcapng, compressed if the name says so (.gz, .zst). What
 * comes from files keeps its form as far as it is not changed. Every write is checked; whatever
 * happens the file ends on a record boundary. */
#ifndef STRATA_CAPTURE_SINK_H
#define STRATA_CAPTURE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/source.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/packet.h"

struct sink;

enum sink_format {
	/* By the name's end (.pcapng; .pcap, .cap, .dmp); without one pcapng if it comes from such
	 * a file, else pcap. A second link type makes a pcapng of a pcap. */
	SINK_AUTO,
	SINK_PCAP,
	SINK_PCAPNG,
};

/* One file after the other, whenever one of these is reached; 0: not by this one. Their names are
 * that of sink_open() with a number before its first dot: out_00001.pcapng.gz. Each is complete:
 * it begins with the sections, interfaces, names and secrets of its packets. */
struct sink_rotate {
	uint64_t packets;
	uint64_t bytes; /* before compression; at least one packet, though */
	int64_t ns;     /* by the packets' times */
	unsigned keep;  /* the newest files; those before are deleted. 0: all */
	/* Packets come as time goes by: names tell the time (UTC) at which a file was begun,
	 * out_00001_20261123T104502Z.pcapng, and a file ends as soon as it is full or its time is
	 * over, not only with the next packet. Sources cannot be attached. */
	bool live;
};

struct sink_options { /* zero-initialised is fine */
	enum sink_format format;
	bool keep;     /* refuse to overwrite any file */
	bool has_link; /* write the file's header at once, for `link` */
	bool late;     /* no, only with the first packet: sources will be attached */
	uint16_t link; /* LINKTYPE_ */
	struct sink_rotate rotate;
	/* A device that is captured on, which outlives the sink; NULL. Its name goes with the file,
	 * and each file that is closed tells what was lost since the one before (pcapng: an
	 * interface statistics block). */
	struct source *live;
	/* A pipe that nobody reads is given up as gone when a signal comes and this is 2 or more;
	 * NULL: never. */
	const volatile int *stop;
	bool one_section;            /* pcapng: packets of several sources come in turns */
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
/* What will be done to the packets of a source on their way. Zero-initialised: some may be left
 * out, nothing else. */
struct sink_change {
	bool whole;    /* not even that */
	bool retime;   /* they get other times */
	bool has_link; /* all get this link type */
	uint16_t link; /* LINKTYPE_ */
};

/* Let s have what src holds beside its packets: sections, interfaces, names, secrets, statistics
 * go to it in their order, and packets that come from src are written as they stood there where
 * nothing of them was changed. To be called for all sources before the first source_next(); the
 * sink must outlive them. -1: e. */
int sink_attach(struct sink *s, struct source *src, const struct sink_change *c, struct err *e);
/* Bytes in the (last) file and on their way to it, before compression. */
uint64_t sink_bytes(const struct sink *s);
/* What had no place in the file so far, as words: "2 comments, 1 interface's name and settings".
 * Nothing is appended when nothing was lost. */
void sink_lost(const struct sink *s, struct buf *out);
/* Will it be, or is it, a pcapng? Known for sure once a packet was written. */
bool sink_is_pcapng(const struct sink *s);

/* Add a packet. It is on disk at the latest with the next sink_flush(). SINK_ERROR: e names the
 * file and how many packets are safe; the file has been cut back to its last whole record and takes
 * no more. */
int sink_write(struct sink *s, const struct packet *p, struct err *e);
int sink_flush(struct sink *s, struct err *e);
/* When sink_flush() is due (CLOCK_MONOTONIC ns), so that no packet waits for more than a second;
 * and no file stays open when its time is over; INT64_MAX: nothing waits. sink_write() flushes by
 * itself when it is due. */
int64_t sink_due(const struct sink *s);
/* Packets that are in the files (handed to the kernel). */
uint64_t sink_safe(const struct sink *s);
/* Packets accepted by sink_write. */
uint64_t sink_count(const struct sink *s);
const char *sink_name(const struct sink *s); /* of the last file */
unsigned sink_files(const struct sink *s);   /* so far */
/* Flush and close. Accepts NULL. SINK_ERROR: something could not be written. s is gone anyway. */
int sink_close(struct sink *s, struct err *e);

#endif
