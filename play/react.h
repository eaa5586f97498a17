/* SPDX-License-Identifier: BSD-2-Clause */
/* React: for each packet that fits a pattern, packets are sent, told, counted. */
#ifndef STRATA_PLAY_REACT_H
#define STRATA_PLAY_REACT_H

#include "craft/tx.h"
#include "play/careful.h"
#include "play/hush.h"

#define REACT_ACTS 8
#define REACT_RULES 64

enum react_do {
	REACT_SEND,  /* text: a packet with {names} of the one that fits (fill.h) */
	REACT_REPLY, /* what the `reply` rules make of it; text: packets of which what is said is
			set in the answer, with {names}; or NULL */
	REACT_LOG,
	REACT_COUNT,
	REACT_RUN, /* text: a program and its arguments, with {names} (command.h) */
};

struct react_act {
	enum react_do what;
	const char *text;
	uint32_t lineno; /* in the file that it stands in; 0: that of the rule */
};

struct react_rule {
	const char *pattern;       /* in the notation; NULL: every packet that asks something */
	const struct proto *proto; /* pattern NULL: in a layer of this protocol; NULL: of any */
	struct react_act act[REACT_ACTS];
	unsigned n;
	unsigned skip;    /* where it fits, so many of those behind it are passed over */
	bool aside;       /* packets that fit it alone do not count as fitting */
	const char *name; /* of the file that it stands in; NULL: none */
	uint32_t lineno;
};

enum react_event {
	REACT_FITS, /* a packet that is to be told; packet */
	REACT_SENT, /* with opts.told: packet, just built; dry runs: it would be sent */
	REACT_NOT,  /* why: something could not be done with packet */
	REACT_NOTE, /* why: what is worth saying */
};

struct react_told {
	enum react_event event;
	const struct packet *packet; /* dissected; valid during the call */
	const char *why;
};

struct names;
struct react_opts {
	const struct registry *reg;
	const struct names *names; /* an index of it, or NULL */
	const char *ifname;        /* packets come from here and leave here */
	const struct react_rule *rule;
	unsigned nrules;
	const struct addr
		*be; /* with them, a rule without a pattern holds for packets to them alone */
	unsigned nbe;
	bool told;        /* tell what is sent */
	bool dry;         /* do everything but sending */
	bool i_may;       /* careful.h is not asked */
	bool no_listener; /* the kernel may answer, too */
	const volatile int *stop;
	/* Answers are handed over, and no interface is opened; or NULL. 1: e, it could not be done;
	 * -1: e. */
	int (*deliver)(void *ctx, const struct packet *p, const struct packet *answer,
		       struct err *e);
	/* REACT_RUN: n words, each with a NUL behind it. 1: e, it could not be done; -1: e. */
	int (*run)(void *ctx, const struct packet *p, const char *words, size_t size, unsigned n,
		   struct err *e);
	void (*tell)(void *ctx, const struct react_told *t);
	void *ctx;
};

struct react_counts {
	uint64_t seen, fits;
	uint64_t sent, failed; /* what the kernel took, and refused */
	uint64_t unfit;        /* something could not be done: a value that the packet has not */
	uint64_t held;         /* answers over 1,000 a second, where --i-may was not said */
	uint64_t rule[REACT_RULES];
};

struct react;

/* Read the rules, open what sending takes, reserve the ports that patterns name. NULL: e; places in
 * a pattern or a text of an action are in it. */
struct react *react_open(const struct react_opts *o, struct err *e);
/* What is to be done with a packet, which is dissected. What is sent waits for react_flush (or
 * until it is much). -1: e: nothing more can be done. */
int react_packet(struct react *r, const struct packet *p, struct err *e);
int react_flush(struct react *r, struct err *e);
/* Of the interface, bytes. What is captured should hold whole packets of it: a packet that was cut
 * is not answered. */
uint32_t react_mtu(const struct react *r);
void react_counts(const struct react *r, struct react_counts *c);
void react_close(struct react *r); /* accepts NULL */
/* The ports at which packets that fit this pattern arrive (NULL: those that ask something of
 * proto), as far as it names them: the transport's number, the port. One may be told twice. */
void react_ports(const struct registry *reg, const char *pattern, size_t len,
		 const struct proto *proto, void (*each)(void *ctx, int number, uint16_t port),
		 void *ctx);

#endif
