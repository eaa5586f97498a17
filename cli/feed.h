/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from files or from a device, whichever the user said, dissected one after the other;
 * rights given up in between. For commands that work on both alike. */
#ifndef STRATA_CLI_FEED_H
#define STRATA_CLI_FEED_H

#include "capture/source.h"
#include "cli/ahead.h"
#include "cli/cli.h"
#include "cli/words.h"
#include "core/tree.h"
#include "dissect/heard.h"
#include "notation/notation.h"

struct feed {
	struct cli *c;
	struct filter_words filter;
	struct plan pattern;
	struct source **src;
	struct file_id *ids;
	int n, at; /* sources; the one that is read */
	struct heard *heard;
	struct tree scratch;
	uint64_t before, last; /* packets of the files before; the number of the last one */
	unsigned threads;      /* files: from 2 on, one reads and dissects for feed_next() */
	struct ahead *ahead;
	/* Live: called whenever nothing is there now. Not 0: the feed ends so. */
	int (*idle)(void *arg, struct err *e);
	int64_t often; /* and so often while nothing comes, ns; 0: once */
	void *arg;
};

/* Open the files that the words name, or the device of -i; the words after them are a filter; then
 * rights are given up. The registry is loaded. -1: e. */
int feed_open(struct feed *f, struct cli *c, struct err *e);
/* All else is open: no more files, and system calls. write_path: of what is written; NULL. -1: e.
 */
int feed_start(struct feed *f, const char *write_path, struct err *e);
/* The next packet that fits, dissected. SOURCE_PACKET, SOURCE_END, SOURCE_ERROR. */
int feed_next(struct feed *f, struct packet *p, struct err *e);
static inline bool feed_live(const struct feed *f)
{
	return source_live(f->src[0]);
}
/* What was dropped, and what has to be said of the files, on stderr. True: packets were lost. */
bool feed_tell(struct feed *f);
void feed_close(struct feed *f);

#endif
