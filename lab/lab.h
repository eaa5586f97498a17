/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology made real in namespaces of one's own, as an ordinary user, and programs run in it. All
 * of it lives under one process that ends with the one that opened it, however that ends. */
#ifndef STRATA_LAB_LAB_H
#define STRATA_LAB_LAB_H

#include <sys/types.h>

#include "lab/topology.h"

struct lab;

/* A folder that is seen inside alone, in memory: bin/ (on, sniff, strata), hosts, names, topology,
 * bashrc, log/ for who wants it, and the network namespaces by name. */
#define LAB_ROOM "/run/strata-lab"

struct lab_opts {
	const char *name; /* others find it by; NULL: the first free number */
	const char *self; /* this program's path, for the words `on` and `sniff` inside; or NULL */
	bool drop;        /* we are root for somebody who is not (sudo): become that one first */
	uid_t uid;        /* who, with drop */
	gid_t gid;
};

/* What happened on a wire in one direction (from port 2 * wire: 0). Frames. */
struct lab_wire_stats {
	uint64_t in, out, bytes; /* bytes: of those that left */
	uint64_t lost;           /* as asked */
	uint64_t duplicated, corrupted, reordered;
	uint64_t full;   /* no room in the queue */
	uint64_t failed; /* the kernel did not take it, or lost it before we saw it */
	uint64_t late;   /* left more than 1 ms after its time */
	int64_t latest;  /* nanoseconds */
};

/* Make it. t must outlive it. NULL: e, which says how to allow it where it is not allowed. From one
 * thread alone; with drop this process is another user's afterwards. */
struct lab *lab_open(const struct topology *t, const struct lab_opts *o, struct err *e);
/* End everything in it. */
void lab_close(struct lab *l);
const char *lab_name(const struct lab *l);

enum lab_run_flag {
	LAB_RUN_GROUP = 1, /* a process group of its own: kill(-pid, ...) reaches all of it */
};

/* Start a program on a node, with these three descriptors. Returns the process to wait for, whose
 * exit status is the program's (128 + n when signal n ended it), once the program runs; -1: e. */
pid_t lab_run(struct lab *l, unsigned node, char *const argv[], const int fds[3], unsigned flags,
	      struct err *e);
/* Does somebody listen on that port there (TCP, or UDP)? -1: e. */
int lab_listens(struct lab *l, unsigned node, uint16_t port, struct err *e);
/* What was done on an imperfect wire until now, and the seed of its decisions; false: a cable. */
bool lab_wire_stats(const struct lab *l, unsigned wire, struct lab_wire_stats out[2],
		    uint64_t *seed);
/* Has the program that carries an imperfect wire ended, so that nothing passes any more? */
bool lab_wire_broken(const struct lab *l, unsigned wire);

/* ---- labs that run already, of this user ---- */

/* Each one's name and the text of its topology. Returns how many; -1: e. */
int labs_each(void (*tell)(void *ctx, const char *name, const char *text, size_t len), void *ctx,
	      struct err *e);
/* The text of the topology of one. 0, or -1: e. */
int labs_text(const char *name, struct buf *out, struct err *e);
/* As lab_run, in the lab of that name (NULL: the only one there is, or the one we are in). */
pid_t labs_run(const char *name, const char *node, char *const argv[], const int fds[3],
	       struct err *e);

#endif
