/* SPDX-License-Identifier: BSD-2-Clause */
/* serve through ordinary sockets: where it listens, and the loop. */
#ifndef STRATA_CLI_SERVING_H
#define STRATA_CLI_SERVING_H

#include "cli/cli.h"
#include "craft/addr.h"
#include "play/react.h"

/* Where to listen, as the words behind the file say it: "ip src=127.0.0.1 / udp sport=9000". */
struct listen_at {
	bool datagram;
	struct addr addr; /* family 0: any */
	bool port_said;
	uint16_t port;
};
/* The registry is loaded; no words: anywhere, at the ports that the rules name. -1: e. */
int listen_words(struct listen_at *at, const struct cli *c, int argc, char **argv, struct err *e);
/* The selector space of the ports: "tcp.port". */
const char *listen_space(const struct listen_at *at, const struct registry *reg);

/* Serve by these rules until stopped, or until -c messages fit. files: packets of the rules may
 * hold files. The exit code. */
int serve_via(struct cli *c, const struct react_rule *rule, unsigned n, const struct listen_at *at,
	      bool files);

#endif
