/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of this network namespace, as the kernel tells of them: one look at all of them, what
 * changed between two looks, and whose they are. Nothing is printed here. */
#ifndef STRATA_SOCKETS_SOCKETS_H
#define STRATA_SOCKETS_SOCKETS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum socket_kind {
	SOCKET_STREAM,
	SOCKET_DATAGRAM,
	SOCKET_RAW,    /* above the network layer */
	SOCKET_ECHO,   /* datagrams of echo requests, without rights (ping) */
	SOCKET_PACKET, /* whole frames: sniffers */
	SOCKET_KINDS
};

enum socket_state { /* the kernel's numbers */
		    STATE_NONE,
		    STATE_ESTABLISHED,
		    STATE_SYN_SENT,
		    STATE_SYN_RECV,
		    STATE_FIN_WAIT1,
		    STATE_FIN_WAIT2,
		    STATE_TIME_WAIT,
		    STATE_UNCONNECTED, /* of streams: closed */
		    STATE_CLOSE_WAIT,
		    STATE_LAST_ACK,
		    STATE_LISTEN,
		    STATE_CLOSING,
		    STATES
};

#define SOCKETS_MOST 65536u /* that one look holds; more are counted */

struct socket_end {
	uint8_t addr[16]; /* network order; the first 4 of version 4 */
	uint16_t port;
};

struct socket_info {
	uint64_t id; /* the kernel's cookie; where it has none: the inode, or made of the ends */
	uint8_t kind, state;
	uint8_t version;   /* 4, 6; 0: packet */
	bool dual;         /* version 6, takes version 4, too */
	bool known;        /* rtt, retransmits and bytes were told */
	bool gone;         /* the kernel tells that it was closed; no look found it */
	uint16_t protocol; /* raw: of IP; packet: the EtherType (3: all) */
	struct socket_end local, remote;
	uint32_t ifindex; /* bound to it; 0 */
	uint32_t inode;   /* 0: of no program (any more, or not accepted yet) */
	uint32_t uid;
	/* Bytes that wait for the program, and for the peer. LISTEN: connections that wait, and how
	 * many may. */
	uint32_t in, out;
	uint32_t retransmits;    /* segments; while a connection is opened: of its first one */
	uint32_t drops;          /* packets there was no room for */
	uint32_t rtt, rttvar;    /* us */
	uint64_t sent, received; /* bytes that were acknowledged, that came */
};

struct socket_list { /* zero-initialised is empty */
	struct socket_info *v;
	size_t n, cap;
	uint64_t left; /* there was no room for, in all looks */
	bool cut;      /* in this one: what is missing is not known to be closed */
	uint64_t odd;  /* messages that made no sense */
};

struct sockets;

/* events: be told of streams and datagrams that are closed, where kernel and rights allow; so those
 * are known that came and went between two looks. NULL: e. Not for two threads at a time. */
struct sockets *sockets_open(bool events, struct err *e);
struct sockets *sockets_close(struct sockets *s); /* NULL */
/* One look: the list is emptied first, and sorted by id afterwards. -1: e. */
int sockets_dump(struct sockets *s, struct socket_list *out, struct err *e);
/* How often the kernel had more events than it could hand over. */
uint64_t sockets_missed(const struct sockets *s);
/* Is a kind read from /proc, since the kernel has no sock_diag(7) of it? Known after a look. */
bool sockets_by_file(const struct sockets *s, enum socket_kind kind);
void socket_list_done(struct socket_list *l);

extern const char *const socket_kind_names[];  /* "tcp", ..., as ss(8) has them; NULL at the end */
extern const char *const socket_state_names[]; /* "ESTAB", ..., likewise */

/* ---- whose they are: owner.c ---- */

struct socket_owner {
	int pid;       /* 0: nobody's, or not to be known */
	uint32_t more; /* other processes that have it, too */
	char name[16];
};

struct owners;

struct owners *owners_open(struct err *e);
struct owners *owners_close(struct owners *o); /* NULL */
/* Look through the descriptors of all processes. Takes some us a process. Where there is no /proc
 * nobody has any. -1: memory is out. */
int owners_scan(struct owners *o);
/* As the last scan found it. Of several processes the one with the lowest number. */
bool owners_of(const struct owners *o, uint32_t inode, struct socket_owner *out);
unsigned owners_denied(const struct owners *o); /* processes that may not be looked at */
int64_t owners_took(const struct owners *o);    /* ns, the last scan */

/* ---- what changed: table.c ---- */

enum socket_what {
	SOCKET_LISTED = 1, /* it was there at the first look */
	SOCKET_OPENED = 2,
	SOCKET_CLOSED = 4, /* with OPENED: it came and went between two looks */
	SOCKET_STATE = 8,
	SOCKET_ENDS = 16,  /* bound or connected elsewhere */
	SOCKET_QUEUE = 32, /* any difference in a queue */
	SOCKET_GREW = 64,  /* one is twice what it was when this was told, or empty again */
	SOCKET_RETRANS = 128,
	SOCKET_DROPS = 256,
	SOCKET_OWNER = 512,  /* its process is known now: a connection was accepted, say */
	SOCKET_STUCK = 1024, /* what waits for the program grows, nothing is taken, for a while */
};

#define SOCKET_STUCK_AFTER 5000000000 /* ns */
#define SOCKET_GREW_LEAST 4096u       /* bytes; of connections that wait: 8 */

struct socket_was { /* before the change */
	uint8_t state;
	uint32_t in, out, retransmits, drops;
};

struct socket_change {
	unsigned what; /* of enum socket_what, several */
	int64_t when;  /* of the look */
	const struct socket_info *now;
	struct socket_was was;
	struct socket_owner owner;
	char ifname[IF_NAMESIZE]; /* "": bound to none */
};

struct socket_table;

/* owners: NULL, or whose sockets are is asked there. Outlives the table. NULL: memory is out. */
struct socket_table *socket_table_open(struct owners *owners);
struct socket_table *socket_table_close(struct socket_table *t); /* NULL */
/* Compare a look with the one before; when: of it, ns. changed() returns 0, or stops with it.
 * -1: memory is out. */
int sockets_changes(struct socket_table *t, const struct socket_list *now, int64_t when,
		    int (*changed)(void *arg, const struct socket_change *c), void *arg);

#endif
