/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets on their way out: dissected, chosen (--where, a pattern), printed in the form that was
 * asked for, written to a capture file, and counted. Shared by every command that shows packets. */
#ifndef STRATA_CLI_SHOW_H
#define STRATA_CLI_SHOW_H

#include "capture/sink.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "core/packet.h"
#include "core/plan.h"
#include "core/tree.h"
#include "dissect/filter.h"
#include "dissect/report.h"
#include "notation/notation.h"

/* Forms beyond those of dissect/report.h. */
#define FORM_EXPR 100

struct showing {
	struct cli *c;
	struct out out;
	int form; /* enum report_form or FORM_EXPR */
	bool bare, script;
	bool blind; /* nobody asks for layers: packets are not taken apart */
	struct report *report;
	struct printer *printer;
	struct filter *where; /* --where; NULL */
	struct filter_work work;
	struct plan pattern;
	bool has_pattern;
	struct sink_rotate rotate; /* of the sink, before it is opened */
	struct source *live;       /* likewise, what is captured on; NULL */
	struct sink *sink;
	struct tree scratch;
	struct heard *heard; /* what packets said of later ones */
	/* counted */
	uint64_t seen, chosen, printed;
	uint64_t cut, malformed, guessed, deep;
};

struct show_opts {
	int form;            /* without --as */
	bool bare;           /* without number and time (craft) */
	bool script;         /* expr: with time, as a line of a script */
	const char *pattern; /* packets must fit this; NULL: all */
	/* With -w and without --as: print nothing, and take packets apart only where --where, the
	 * pattern or `layers` asks for it. */
	bool quiet_file;
	bool layers; /* of each packet the caller wants them */
};

/* Reads --as, --fields, --doc, --spans, --where, --color. The registry is loaded. -1: e. */
int show_open(struct showing *s, struct cli *c, const struct show_opts *o, struct err *e);
/* -w, if it was given. Files being read are not overwritten. link: of the packets that are to come
 * (LINK_NONE: not known), for a file that gets none. */
int show_sink(struct showing *s, const struct file_id *avoid, unsigned navoid, uint16_t link,
	      struct err *e);
enum show_result { SHOW_OK = 0, SHOW_ERROR = -1, SHOW_END = -2 };
/* Dissect p unless nobody asks, and show it if it is chosen (*shown). SHOW_END: the reader went
 * away, quietly. */
int show_packet(struct showing *s, struct packet *p, const char *ifname, bool *shown,
		struct err *e);
/* The same without showing it: 1 it is chosen; enum show_result. */
int show_choose(struct showing *s, struct packet *p, struct err *e);
/* The same of one that is dissected, and was learnt from. */
int show_dissected(struct showing *s, const struct packet *p, struct err *e);
/* The same in two steps. The first, in the packets' order: dissect p, learn from it. */
int show_look(struct showing *s, struct packet *p, struct err *e);
/* The second: append what is printed of it to s->out, if it is chosen, without writing anything. */
int show_print(struct showing *s, const struct packet *p, const char *ifname, struct err *e);
struct since {
	bool known;
	int64_t when;
};
/* What is printed next: times count from `first`, where all began, or from the packet before. */
void show_since(struct showing *s, const struct since *first, const struct since *before);
/* Write s->out. enum show_result. */
int show_flush(struct showing *s, struct err *e);
/* What `from` counted is s's. */
void show_add(struct showing *s, struct showing *from);
/* Write a packet that was chosen, where there is -w: enum show_result. */
int show_write(struct showing *s, const struct packet *p, struct err *e);
/* Show a packet that was put together from others, and dissected, if it is chosen. */
int show_whole(struct showing *s, struct packet *p, struct err *e);
/* Show a packet of our own, whose layers are known already: no choosing, no counting of faults. */
int show_crafted(struct showing *s, struct packet *p, struct err *e);
/* What was not asked for but has to be known: how many were cut, malformed, guessed. On stderr. */
void show_tell(const struct showing *s);
/* What was in the files read but could not be written. On stderr. */
void tell_lost(const struct cli *c, const struct sink *sink);
/* Flush and close everything. SHOW_ERROR: e. Accepts what show_open left half open. */
int show_close(struct showing *s, struct err *e);

#endif
