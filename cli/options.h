/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: one row each in a table, the same letter and name in every command. They may stand
 * anywhere among the words; "--" ends them. */
#ifndef STRATA_CLI_OPTIONS_H
#define STRATA_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "craft/pace.h"

enum option_id {
	/* every command */
	OPT_HELP,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_COLOR,
	OPT_PROTOCOL,
	OPT_DECODE_AS,
	/* some */
	OPT_INTERFACE,
	OPT_WRITE,
	OPT_SCRIPT,
	OPT_AS,
	OPT_FIELDS,
	OPT_DOC,
	OPT_SPANS,
	OPT_WHERE,
	OPT_COUNT,
	OPT_SEED,
	OPT_RESOLVE,
	OPT_DRY_RUN,
	OPT_RATE,
	OPT_INTERVAL,
	OPT_TIMEOUT,
	OPT_RETRY,
	OPT_EXPECT,
	OPT_UNTIL,
	OPT_ALL,
	OPT_VIA,
	OPT_FRAGMENT,
	OPT_LIBNET,
	OPT_SENDER,
	OPT_VERIFY,
	OPT_EXACT,
	OPT_I_MAY,
	OPT_USER,
	OPT_ALLOW_LOSS,
	OPT_SNAPLEN,
	OPT_BUFFER,
	OPT_QUEUE,
	OPT_FANOUT,
	OPT_CLOCK,
	OPT_ROTATE,
	OPT_KEEP,
	OPT_NO_PROMISC,
	OPT_DIRECTION,
	OPT_LINK,
	OPT_HEX,
	OPT_REASSEMBLE,
	OPT_FOLLOW,
	OPT_STATS,
	OPT_NOTES,
	OPT_OVERLAP,
	OPT_IGNORE,
	OPT_CHECK,
	OPT_NEW,
	OPT_EXPORT,
	OPT_TEXT,
	OPT_ANONYMISE,
	OPT_SEGMENT,
	OPT_CLIENT_IF,
	OPT_SERVER_IF,
	OPT_PACKETS,
	OPT_FROM,
	OPT_TO,
	OPT_APPEND,
	OPT_SHIFT,
	OPT_SCALE,
	OPT_DEDUP,
	OPT_SPLIT,
	OPT_COMMENT,
	OPT_STEP,
	OPT_LOOP,
	OPT_HOP,
	OPT_PAD,
	OPT_REALTIME,
	OPT_SET,
	OPT_MAP,
	OPT_SUMS,
	OPT_THREADS,
	OPT_PRINT,
	OPT_NAME,
	OPT_TABLE,
	OPT_ONLY,
	OPT_ABSOLUTE,
	OPT_RELATIVE,
	OPT_WIDTH,
	OPT_LIMIT,
	OPT_RULES,
	OPT_LEARN,
	OPT_BASELINE,
	OPT_WITHOUT,
	OPT_SURE,
	OPT_SOCKETS,
	OPT_ONCE,
	OPT_AT_ONCE,
	OPT_BE,
	OPT_REPLACE,
	OPT_DROP,
	OPT_DELAY,
	OPT_NONE,
};
#define OPT_COMMON OPT_INTERFACE /* those before it */

struct option_row {
	enum option_id id;
	char letter;      /* 0: none */
	const char *name; /* without the dashes */
	const char *arg;  /* what it takes, for the help; NULL: nothing */
	const char *help;
	bool many; /* may be given several times */
};
extern const struct option_row option_rows[];

struct command;

struct options {
	const char *v[OPT_NONE];     /* the last value given; "" for options that take none; NULL */
	unsigned n[OPT_NONE];        /* how often */
	const char **list[OPT_NONE]; /* all values of those that may be given several times */
	int ended;                   /* words before "--"; -1: that was not said */
};

/* Take the options out of argv[0..*argc); what is left are the words. */
int options_parse(struct options *o, const struct command *cmd, int *argc, char **argv,
		  struct err *e);
void options_done(struct options *o);
/* Does every option that was given say something beside the others? -1: e says which does not. */
int options_together(const struct options *o, const struct command *cmd, struct err *e);
bool command_takes(const struct command *cmd, enum option_id id);
static inline bool opt_has(const struct options *o, enum option_id id)
{
	return o->v[id] != NULL;
}

/* Typed values. *out is left alone when the option was not given. -1: e says what is wanted. */
int opt_range(const struct options *o, enum option_id id, uint64_t least, uint64_t most,
	      uint64_t *out, struct err *e);
static inline int opt_u64(const struct options *o, enum option_id id, uint64_t most, uint64_t *out,
			  struct err *e)
{
	return opt_range(o, id, 0, most, out, e);
}
/* Bytes: 512, 64k, 8M, 8MB, 8MiB; k, M and G are powers of 1024 in all of them. */
int opt_size(const struct options *o, enum option_id id, uint64_t least, uint64_t most,
	     uint64_t *out, struct err *e);
/* A time: 2s, 500ms, 10us, 1m; a bare number is seconds. Nanoseconds. */
int opt_time(const struct options *o, enum option_id id, int64_t *out, struct err *e);
/* 1000, 1000pps, 1kpps, 10mbit, 2x, max. */
int opt_rate(const struct options *o, enum option_id id, struct rate *out, struct err *e);
/* One of the words of list (NULL at the end): its number. */
int opt_word(const struct options *o, enum option_id id, const char *const *list, int *out,
	     struct err *e);
/* "--name" as the user knows it. */
const char *opt_name(enum option_id id);

#endif
