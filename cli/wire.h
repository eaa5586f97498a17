/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves and what comes, told as it happens: SENT and RCVD. Shared by send and ask. */
#ifndef STRATA_CLI_WIRE_H
#define STRATA_CLI_WIRE_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/packet.h"
#include "craft/tx.h"
#include "dissect/filter.h"
#include "dissect/report.h"
#include "notation/notation.h"

struct wire {
	struct cli *c;
	struct out out;
	int form; /* enum report_form or FORM_EXPR of show.h */
	struct report *report;
	struct printer *printer;
	struct filter *where; /* --where: only these are told; or NULL */
	struct filter_work work;
	int64_t start; /* time of the first packet; 0: none yet */
};

struct wire_event {
	const char *what; /* "SENT", "DRY", "RCVD", "SEEN" */
	uint64_t probe;   /* 0: not said */
	int64_t rtt;      /* ns; below 0: not said */
	const char *note; /* after the packet; NULL */
};

int wire_open(struct wire *w, struct cli *c, struct err *e);
/* p is dissected; told where --where holds. -1: e, or out.gone. */
int wire_packet(struct wire *w, const struct packet *p, const struct wire_event *v, struct err *e);
/* The same, appended to b: nothing is printed, and --where is not asked. -1: e. */
int wire_text(struct wire *w, const struct packet *p, const struct wire_event *v, struct buf *b,
	      struct err *e);
void wire_close(struct wire *w);

/* ---- options of send and ask ---- */

enum via_word { VIA_WORD_AUTO, VIA_WORD_LINK, VIA_WORD_IP, VIA_WORD_STREAM, VIA_WORD_DATAGRAM };

struct sending {
	const char *ifname;
	int via;        /* enum via_word */
	uint64_t count; /* times the whole sweep; 0 with forever */
	bool forever;
	struct rate rate;
	bool has_rate; /* it was said, or --interval was */
	bool libnet, i_may;
	bool has_way; /* --sender said which */
	enum tx_way way;
};
int sending_options(struct sending *s, struct cli *c, struct err *e);

/* --sender: what is not said is left alone. raw is --via ip, in *via. */
int sender_options(const struct options *o, bool *has_way, enum tx_way *way, int *via,
		   struct err *e);
/* "--sender list": which ones this machine has on the interface (NULL: lo), and why not. */
int list_senders(struct cli *c, const char *ifname);

/* --realtime: ahead of all other programs; where that is not allowed, it is said. */
void take_realtime(struct cli *c);
/* "1.2 us". */
const char *duration_words(int64_t ns, char room[32]);
/* "; 99.8/s of 100 asked; late 0.1 us median, 20 us p99, 0.3 ms at most": the rate reached, and how
 * late packets left. As snprintf. */
int pace_words(const struct pace *p, uint64_t bytes, char *out, size_t cap);

/* ---- progress on a terminal ---- */

struct progress {
	const struct cli *c;
	int64_t begun, last;
	bool shown, tty;
};
void progress_init(struct progress *p, const struct cli *c);
/* Call it for each packet: a line is written at most four times a second, after two seconds. total
 * 0: not known. */
void progress_tick(struct progress *p, uint64_t done, uint64_t total);
void progress_done(struct progress *p); /* wipes the line */

#endif
