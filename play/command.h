/* SPDX-License-Identifier: BSD-2-Clause */
/* A program and its arguments in one text, in which {names} stand for values of a packet. No shell:
 * a value is a part of one argument, whatever is in it. */
#ifndef STRATA_PLAY_COMMAND_H
#define STRATA_PLAY_COMMAND_H

#include "dissect/filter.h"

#define COMMAND_WORDS 32
#define COMMAND_MOST 32768 /* bytes of all arguments of one packet */

struct names;
struct command_text;

/* Words stand between blanks; '...' and "..." hold blanks together. A name is any that a display
 * filter takes; the program itself has none. NULL: e, with the place in text. */
struct command_text *command_open(const struct registry *reg, const struct names *names,
				  const char *text, struct err *e);
void command_close(struct command_text *c); /* accepts NULL */

/* The words for p, which is dissected and what w was last begun with, each with a NUL behind it,
 * appended to out; *n: how many. Values are escaped as for a terminal. 1: e: p has not a value, or
 * one that the program could take for an option (it begins with -); -1: memory. */
int command_words(struct command_text *c, const struct packet *p, struct filter_work *w,
		  struct buf *out, unsigned *n, struct err *e);

#endif
