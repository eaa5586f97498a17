/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of what should not be there: which packets are looked at, what is counted of them, from how
 * many on that is a finding. Read from text (docs/watch.md); after loading the rules that are
 * shipped and a user's own are the same. */
#ifndef STRATA_WATCH_RULE_H
#define STRATA_WATCH_RULE_H

#include "core/arena.h"
#include "core/err.h"
#include "dissect/names.h"
#include "dissect/pick.h"

enum watch_op {
	WATCH_EACH,     /* every one */
	WATCH_COUNT,    /* so many within a time */
	WATCH_DISTINCT, /* so many different ones */
	WATCH_CHANGES,  /* another one than before */
	WATCH_REGULAR,  /* so many, at equal distances */
	WATCH_NEW,      /* one that was not there while it was learnt what is usual */
};

enum rule_event { /* what a rule is about when it is not about packets as they come */
		  EVENT_NONE,
		  EVENT_OVERLAP, /* pieces that overlap and say different bytes */
		  EVENT_OUTSIDE, /* a segment with a number that its receiver does not wait for */
		  EVENT_AFTER_RESET, /* who reset a conversation goes on in it */
		  EVENT_SECRET,      /* a field that its protocol calls secret */
};

enum rule_sure { SURE_LOW, SURE_MEDIUM, SURE_HIGH };

#define RULE_ABOUT 8u     /* protocols of a rule */
#define RULE_KEYS 8u      /* names in a list */
#define RULE_MOST 100000u /* of what is counted */
#define RULE_ALSO 16u     /* of what is counted beside it */
#define RULE_UNTIL 4u     /* lines that take something back */

enum key_form {
	KEY_FROM, /* the address of who sent it: of the nearest layer that has addresses */
	KEY_TO,
	KEY_PICK,     /* a field */
	KEY_SECRET,   /* the name of a field that is secret; */
	KEY_PROTOCOL, /* of its protocol */
};

struct rule_key {
	enum key_form form;
	const char *name; /* as it was written */
	struct pick *pick;
};

struct rule_keys {
	struct rule_key v[RULE_KEYS];
	unsigned n;
};

enum piece_form {
	PIECE_TEXT,
	PIECE_KEY,
	PIECE_N,      /* {n}: how many there were */
	PIECE_TIME,   /* {time}: in how long */
	PIECE_VALUES, /* {values}: which ones, when they are numbers */
	PIECE_WAS,    /* {was}: changes: the value before */
	PIECE_NOW,    /* {now}: and the one that it is */
	PIECE_EVERY,  /* {every}: regular: the distance */
};

struct rule_piece {
	enum piece_form form;
	const char *text; /* PIECE_TEXT */
	size_t len;
	struct rule_key key; /* PIECE_KEY */
};

struct watch_text {
	const char *p;
	size_t n;
};

struct rule_until { /* which packets take something back, and its values in them */
	struct filter *filter;
	struct watch_text text; /* of the filter */
	struct rule_keys by;
};

struct rule_text { /* a sentence with names in braces */
	struct rule_piece *v;
	unsigned n;
};

struct watch_rule {
	const char *name, *title;
	const char *source; /* its own text, all lines, for whoever wants to see it */
	size_t source_len;
	const struct proto *about[RULE_ABOUT];
	unsigned nabout;
	enum rule_event event;
	struct filter *when; /* NULL: all */
	struct watch_text when_text;
	struct rule_until until[RULE_UNTIL];
	unsigned nuntil;
	struct rule_keys by;
	struct rule_keys of; /* what is distinct, or changes */
	enum watch_op op;
	uint32_t most;         /* from how many on */
	struct rule_keys also; /* DISTINCT: and of these so many different ones among them */
	uint32_t also_most;
	int64_t within;  /* ns; 0: however long it takes */
	unsigned jitter; /* REGULAR: of 100 */
	enum rule_sure sure;
	/* Not told while this one was, of the same: its `by` has other names of the same values.
	 * NULL: always. */
	const struct watch_rule *unless;
	int64_t again;                    /* ns until the same is told again */
	struct rule_text say, look, todo; /* what is told; how to look further; what to do */
};

struct ruleset {
	const struct registry *reg;
	struct names *names; /* an index; made with the first rule */
	struct arena mem;
	struct watch_rule **v;
	unsigned n, cap;
	/* By proto id: some rule is about its secrets, so that those about all leave it alone;
	 * NULL: there is none. */
	bool *claimed;
};

/* reg: frozen; outlives the rules. */
void ruleset_init(struct ruleset *rs, const struct registry *reg);
void ruleset_free(struct ruleset *rs);
/* Read a text of rules, and add them; a rule of a name that is there takes its place. name: of the
 * file, for errors; text need not live on. -1: e, with the place. */
int ruleset_read(struct ruleset *rs, const char *name, const char *text, size_t len, struct err *e);
struct watch_rule *ruleset_find(const struct ruleset *rs, const char *name, size_t n);
/* The one whose name is nearest; NULL: none is near. */
const char *ruleset_near(const struct ruleset *rs, const char *name, size_t n);
/* Leave only those for which keep holds. */
void ruleset_keep(struct ruleset *rs, bool (*keep)(const struct watch_rule *r, void *arg),
		  void *arg);

extern const char *const rule_sure_names[]; /* NULL at the end */

#endif
