/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that only ever grows by whole records. Internal to capture/. */
#ifndef STRATA_CAPTURE_SINK_FILE_H
#define STRATA_CAPTURE_SINK_FILE_H

#include "capture/pack.h"
#include "capture/sink.h"

struct out_file {
	int fd;
	char *path; /* for messages */
	bool regular;
	int64_t at;               /* bytes in the file: always the end of a record */
	int64_t wrote;            /* bytes that the kernel took */
	struct packer *pack;      /* compresses; NULL: as it is */
	bool gone;                /* the reader of the pipe went away */
	const volatile int *stop; /* see sink_options */
};

int out_open(struct out_file *f, const char *path, const struct sink_options *o, struct err *e);
/* Write all of p[0..n); *done bytes were written, also when it fails (compressed: all or nothing).
 * SINK_OK, SINK_ERROR with the reason alone in why, SINK_GONE. */
int out_write(struct out_file *f, const uint8_t *p, size_t n, size_t *done, char why[128]);
/* The first n bytes of those written last end with a record. */
void out_keep(struct out_file *f, size_t n);
/* Cut the file back to its last whole record (regular files). */
void out_cut(struct out_file *f);
/* -1: why. */
int out_close(struct out_file *f, char why[128]);
/* A new file beside f's, to take its place by out_replace(). */
int out_beside(struct out_file *tmp, const struct out_file *f, struct err *e);
int out_replace(struct out_file *f, struct out_file *tmp, struct err *e);

#endif
