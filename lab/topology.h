/* SPDX-License-Identifier: BSD-2-Clause */
/* A private network as a value: hosts, switches, routers and the wires between them, with the
 * addresses and routes that follow. Read from text (docs/topology.md); nothing here touches the
 * system. */
#ifndef STRATA_LAB_TOPOLOGY_H
#define STRATA_LAB_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define LAB_NODES 250
#define LAB_WIRES 500
#define LAB_STEPS 1000
#define LAB_TEXT 60000 /* bytes of text */
#define LAB_NAME 16    /* bytes of a name with its NUL: those of a network interface */

enum lab_version { LAB_V4, LAB_V6, LAB_VERSIONS };

struct lab_addr {
	uint8_t len; /* bytes: 4, 16; 0: there is none */
	uint8_t prefix;
	uint8_t b[16];
};

enum lab_kind { LAB_HOST, LAB_SWITCH, LAB_ROUTER };

struct lab_place { /* in the text, for errors */
	uint32_t at, len;
};

struct lab_node {
	char name[LAB_NAME];
	enum lab_kind kind;
	enum { LAB_UNKNOWN, LAB_BY_NAME, LAB_BY_WORD } declared;
	bool tree; /* a switch that breaks loops */
	unsigned nports;
	struct lab_addr addr[LAB_VERSIONS]; /* said with the node: of its first port */
	uint8_t mac[6];                     /* the same; zero: not said */
	struct lab_place place, addr_place[LAB_VERSIONS], mac_place;
};

/* What a wire does to frames, in each direction by itself. All zero: nothing. */
struct lab_wire {
	double loss, reorder, duplicate, corrupt; /* shares, 0 to 1 */
	int64_t delay, jitter;                    /* nanoseconds */
	uint64_t rate;                            /* bits a second; 0: no limit */
	uint32_t queue;                           /* frames that may wait for the rate */
	uint32_t mtu;
	uint64_t seed;
	bool has_seed;
	struct lab_place place;
};

/* An end of a wire: port[2 * wire] and port[2 * wire + 1]. */
struct lab_port {
	unsigned node, number; /* eth<number> */
	unsigned segment;
	struct lab_addr addr[LAB_VERSIONS];
	uint8_t mac[6];
	struct lab_place place, addr_place[LAB_VERSIONS], mac_place;
};

/* Ports that reach each other without a router. */
struct lab_segment {
	struct lab_addr net[LAB_VERSIONS];  /* len 0: not spoken here */
	struct lab_place who[LAB_VERSIONS]; /* who said the network */
};

struct lab_route {
	unsigned node, port;
	struct lab_addr to, via; /* to.prefix 0: everything else */
	unsigned router;         /* whose address via is */
};

enum lab_step_kind { LAB_START, LAB_RUN, LAB_WAIT, LAB_STOP };

struct lab_step {
	enum lab_step_kind kind;
	unsigned node;       /* not with a time */
	uint16_t port;       /* to wait for; 0: none */
	unsigned port_node;  /* whose */
	int64_t time;        /* nanoseconds to wait */
	const char *command; /* for the shell */
	unsigned lineno;
};

struct topology {
	struct arena mem;
	const char *text; /* as it was read */
	struct lab_node *node;
	unsigned nnodes;
	struct lab_wire *wire;
	unsigned nwires;
	struct lab_port *port; /* 2 * nwires */
	struct lab_segment *segment;
	unsigned nsegments;
	struct lab_route *route;
	unsigned nroutes;
	struct lab_step *step;
	unsigned nsteps;
};

/* Read text[0..len); name is that of the file for errors, or "". Free with topology_free. NULL: e
 * says what is wrong and where. Thread-safe. */
struct topology *topology_parse(const char *name, const char *text, size_t len, struct err *e);
void topology_free(struct topology *t);

/* The number of a node; -1: there is none of that name. */
int topology_find(const struct topology *t, const char *name, size_t n);
/* NODE, NODE and its port (h1.eth1), or A--B (A's end of the wire between them) as a port. -1: e
 * tells what there is.
 */
int topology_port(const struct topology *t, const char *where, unsigned *port, struct err *e);
/* Names of all nodes of a kind (or of every one that has addresses: LAB_SWITCH is left out then).
 */
void topology_names(const struct topology *t, struct buf *out);

/* Does the wire do anything to frames that a cable would not? */
bool lab_wire_imperfect(const struct lab_wire *w);

/* As people read it; as JSON; as a Mermaid graph; as a picture; as a table of names
 * (docs/topology.md). */
void topology_text(const struct topology *t, struct buf *out);
void topology_json(const struct topology *t, struct buf *out);
void topology_mermaid(const struct topology *t, struct buf *out);
void topology_svg(const struct topology *t, struct buf *out);
void topology_hosts(const struct topology *t, struct buf *out);      /* /etc/hosts */
void topology_name_table(const struct topology *t, struct buf *out); /* for the notation */

void lab_addr_print(const struct lab_addr *a, bool prefix, struct buf *out);
/* What a wire does, in words: "loss 10%, delay 20ms"; nothing for a perfect one. */
void lab_wire_print(const struct lab_wire *w, struct buf *out);
const char *lab_kind_name(enum lab_kind k);

#endif
