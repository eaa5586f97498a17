/* SPDX-License-Identifier: BSD-2-Clause */
/* Between cli/cmd_flow.c, what it prints of arrows, and its table. */
#ifndef STRATA_CLI_FLOWING_H
#define STRATA_CLI_FLOWING_H

#include "cli/show.h"
#include "flow/ladder.h"

enum flow_form { FLOW_TEXT, FLOW_ASCII, FLOW_SVG, FLOW_MERMAID, FLOW_JSON, FLOW_TABLE };

struct flowing {
	struct cli *c;
	struct showing show;
	struct ladder *ladder;
	struct ladder_pick *only;
	unsigned nonly;
	enum flow_form form;
	bool said;   /* --as or --stats, not our choice */
	bool stream; /* arrows are printed as they come */
	bool heads;  /* of the table, printed */
	struct ladder_text text;
	struct ladder_lanes lanes; /* stream, text: of the conversation printed last */
	const struct proto *proto;
	uint32_t conv;
	char title[200];
	struct err *e;
};

/* ---- flow_print.c ---- */

/* The arrows that came with the last packet. enum show_result. */
int flow_stream(struct flowing *w, struct err *e);
/* The whole ladder. */
int flow_draw(struct flowing *w, struct err *e);
/* As ladder_opts.unanswered. */
void flow_unanswered(void *arg, uint64_t number, const struct ladder_conv *c);

/* ---- flow_table.c ---- */

int flow_table(struct flowing *w, struct err *e);
/* As ladder_opts.over: its row, while there is room for no more. */
void flow_over(void *arg, const struct flow_seen *s, const struct ladder_conv *c);

#endif
