/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets of a plan, sent or shown: what `send` does with each line it is given. */
#ifndef STRATA_CLI_DISPATCH_H
#define STRATA_CLI_DISPATCH_H

#include "cli/packets.h"
#include "cli/reasons.h"
#include "cli/verifying.h"
#include "cli/wire.h"
#include "craft/aim.h"
#include "craft/fragment.h"
#include "craft/sender.h"
#include "craft/template.h"

struct dispatch {
	struct cli *c;
	struct packets ps;
	struct wire wire;
	struct sending so;
	struct fragment_opts frag;
	bool fragments, dry, exact, ready;
	bool mute;            /* another one tells what there is to be told of the plan */
	uint64_t first, step; /* of a plan's packets: every step-th from this one on */
	int64_t patience;     /* ns for a neighbour or a connection; 0: not said */
	struct pace pace;
	int64_t due; /* when the current line of a script was to leave, monotonic ns; 0: at once */
	bool waited; /* for the current packet: it leaves at once */
	struct verifying verify;
	struct progress progress;
	struct tree scratch;
	/* of the current plan */
	struct sender *sender;
	char ifname[64]; /* for which it was opened; "": none was said */
	struct aim *aim;
	struct template *tmpl;
	struct frames frames; /* of the template; tx NULL: none yet */
	int checked_index;    /* interface about which careful.h has been asked */
	/* of all */
	struct later later;
	struct reasons reasons;
	uint64_t sent, bytes, number;
	char ways[64];   /* of several threads */
	const char *way; /* sender_way of those that are closed */
	uint32_t cut;    /* packets that were sent in fragments */
	char note[200];  /* what the kernel changes: told once */
};

/* Send the packets of d->ps.plan. -1: e, or the output's reader went away. */
int dispatch_plan(struct dispatch *d, struct err *e);
/* The same by n threads, each with its share of the packets; nothing is shown of them. */
int dispatch_crew(struct dispatch *d, unsigned n, struct err *e);
/* Give up rights. dispatch_plan does so itself, where d->ready is not set. */
int dispatch_privs(struct dispatch *d, struct err *e);
/* Hand over what is queued, and what is shown: before anything that takes its time. */
int dispatch_flush(struct dispatch *d, struct err *e);
/* What was queued leaves, and the sender is closed; d->sent and its kin are complete. */
int dispatch_end(struct dispatch *d, struct err *e);

#endif
