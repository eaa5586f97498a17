/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make a lab share. */
#ifndef STRATA_LAB_IMPL_H
#define STRATA_LAB_IMPL_H

#include "lab/lab.h"

/* What a process joins: descriptors, -1 where a namespace is not the lab's own. */
struct space {
	int user, pid, mnt, ipc;
};
struct node_space {
	int net, uts;
};

/* Of each imperfect wire, in memory that both sides see. */
struct wire_share {
	bool relayed;
	bool broken;   /* who carried its frames has ended before the lab */
	pid_t carrier; /* as the lab's first process knows it */
	unsigned ring; /* bytes that the kernel keeps for each end of the wire */
	uint64_t seed;
	struct lab_wire_stats stats[2];
};

struct lab {
	const struct topology *t;
	struct lab_opts o;
	char name[64];
	char self[512];
	struct space space;
	struct node_space *node;  /* t->nnodes */
	struct wire_share *share; /* t->nwires, shared */
	pid_t init;
	bool own_users; /* it has a user namespace */
	int control;    /* to the lab's first process; it ends when this closes */
	int ear;        /* where others ask for this lab */
	int first_net;  /* of the first process: the middle of imperfect wires */
};

/* ---- space.c ---- */

/* A process in namespaces of its own, as clone(2): 0 in it, -1 with e. *user: whether it got a user
 * namespace, whose maps the parent then writes. */
pid_t space_clone(bool *user, struct err *e);
/* The parent's part: who is who inside. */
int space_map(pid_t pid, struct err *e);
/* Become another user, keeping what making namespaces for him takes; then give that up. */
int space_become(uid_t uid, gid_t gid, struct err *e);
void space_give_up(void);
/* Say in e how namespaces are allowed where they are refused (errno no). -1. proc: "/proc/sys". */
int space_refused(const char *proc, int no, struct err *e);
/* In the lab's first process: own files where hosts' names stand, and a room in memory. */
int space_mounts(const struct lab *l, struct err *e);
/* A file of the room. */
int space_file(const char *path, mode_t mode, const char *text, size_t n, struct err *e);

/* ---- build.c: in the lab's first process ---- */

int build_lab(struct lab *l, struct err *e);

/* ---- relay.c ---- */

/* Carry frames over wire w between the packet sockets fd[2] until the process ends. */
void relay_run(const struct lab_wire *w, struct wire_share *share, const int fd[2])
	__attribute__((noreturn));
/* Packet socket on an interface of this network namespace, with a ring of so many bytes; -1: e. */
int relay_socket(const char *name, unsigned mtu, unsigned ring, struct err *e);

/* ---- control.c ---- */

/* An abstract socket by which this user's labs are found; chooses the number. -1: e. */
int control_listen(struct lab *l, struct err *e);
/* Answer one who asks. */
void control_answer(const struct lab *l, int fd);
/* Up to 200 descriptors and a message. 0, -1 with errno. */
int send_fds(int sock, const void *msg, size_t len, const int *fd, unsigned n);
/* Returns the message's length, -1 with errno; *n: room for descriptors in, how many came out. */
ssize_t recv_fds(int sock, void *msg, size_t cap, int *fd, unsigned *n);

/* ---- join.c ---- */

struct join {
	struct space space; /* -1: entered already, or none of its own */
	struct node_space node;
	const char *lab, *host;
	unsigned flags;
};
pid_t join_run(const struct join *j, char *const argv[], const int fds[3], struct err *e);
/* 1: somebody listens on the port; 0; -1: e. */
int join_listens(const struct join *j, uint16_t port, struct err *e);

#endif
