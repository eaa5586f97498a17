/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of serve --via: messages of clients become packets, the rules answer them. */
#include "cli/serving.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/signals.h"
#include "cli/wire.h"
#include "core/stop.h"
#include "play/question.h"

#define PORTS (SERVER_ENDS / 2) /* each by two networks */
#define WAIT 100                /* ms; a signal ends it earlier, mostly */
#define LAST 1000               /* ms for the last answers */

struct via {
	struct cli *c;
	const struct listen_at *at;
	struct wire wire;
	struct server *server;
	struct question *question;
	struct react *react;
	struct react_opts o;
	uint16_t port[PORTS];
	const struct proto *proto[PORTS]; /* whose messages they are; or NULL */
	unsigned nports;
	const struct react_rule *rule;        /* whose ports are looked at */
	const struct server_message *message; /* that is being answered */
	uint64_t most;
	bool told[SERVER_EVENTS];
	struct err e; /* of the callback */
	bool failed;
};

/* ---- ports ---- */

static bool rides(const struct proto *p, const char *space, uint16_t port)
{
	for (unsigned i = 0; i < p->nover; i++)
		if (p->over[i].space == space && port >= p->over[i].lo && port <= p->over[i].hi)
			return true;
	return false;
}

/* Who says where a message ends at this port: the rule's protocol, or one that is known there. */
static const struct proto *framer(const struct via *v, const struct react_rule *x, uint16_t port)
{
	const char *space = listen_space(v->at, v->c->reg);
	const struct proto *p;

	if (x && x->proto)
		return x->proto;
	for (unsigned i = 0; (p = registry_bound(v->c->reg, space, port, i)); i++)
		if (p->message)
			return p;
	return NULL;
}

static void add_port(void *ctx, int number, uint16_t port)
{
	struct via *v = ctx;

	if (number != (v->at->datagram ? IPPROTO_UDP : IPPROTO_TCP) || v->nports == PORTS || !port)
		return;
	for (unsigned i = 0; i < v->nports; i++)
		if (v->port[i] == port)
			return;
	v->proto[v->nports] = framer(v, v->rule, port);
	v->port[v->nports++] = port;
}

static int no_ports(const struct via *v, struct err *e)
{
	const char *what = v->at->datagram ? "udp" : "tcp";

	return err_set(e, ERR_USAGE,
		       "no port of %s is named by what is served: say one behind the file: %s "
		       "sport=9000, or --via %s",
		       what, what, v->at->datagram ? "stream" : "datagram");
}

static int choose_ports(struct via *v, const struct react_rule *rule, unsigned n, struct err *e)
{
	const char *space = listen_space(v->at, v->c->reg);

	if (v->at->port_said) {
		const struct react_rule *x = NULL;

		for (unsigned i = 0; i < n && !x; i++)
			if (rule[i].proto && rides(rule[i].proto, space, v->at->port))
				x = &rule[i];
		v->proto[0] = framer(v, x ? x : rule, v->at->port);
		v->port[v->nports++] = v->at->port;
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		const char *pattern = rule[i].pattern;

		v->rule = &rule[i];
		react_ports(v->c->reg, pattern, pattern ? strlen(pattern) : 0, rule[i].proto,
			    add_port, v);
	}
	return v->nports ? 0 : no_ports(v, e);
}

/* ---- what happens ---- */

static void tell(void *ctx, const struct react_told *t)
{
	struct via *v = ctx;
	struct wire_event w = { .what = "RCVD", .rtt = -1 };

	if (v->failed)
		return;
	switch (t->event) {
	case REACT_FITS: break;
	case REACT_SENT: w.what = v->o.dry ? "DRY" : "SENT"; break;
	case REACT_NOT:
		v->failed = out_flush(&v->wire.out, &v->e) < 0;
		say(v->c, "message %" PRIu64 ": %s (told once; counted)", t->packet->number,
		    t->why);
		return;
	case REACT_NOTE: say(v->c, "note: %s", t->why); return;
	}
	v->failed = wire_packet(&v->wire, t->packet, &w, &v->e) < 0;
}

static void closed(void *ctx, enum server_event event, const struct addr *who, uint16_t port)
{
	struct via *v = ctx;
	char words[64];
	bool all = opt_has(&v->c->opt, OPT_VERBOSE);

	if (!all && v->told[event])
		return;
	v->told[event] = true;
	say(v->c, "%s port %u was closed: %s%s", addr_words(who, words), port,
	    server_event_words(event), all ? "" : " (told once; counted)");
}

static int deliver(void *ctx, const struct packet *p, const struct packet *answer, struct err *e)
{
	struct via *v = ctx;
	const uint8_t *bytes;
	uint32_t n;

	(void)p;
	if (question_answer(v->message, answer, &bytes, &n, e))
		return 1;
	return server_answer(v->server, bytes, n, e);
}

static bool enough(const struct via *v)
{
	struct react_counts n;

	if (!v->most)
		return false;
	react_counts(v->react, &n);
	return n.fits >= v->most;
}

static int message(void *ctx, const struct server_message *m, struct err *e)
{
	struct via *v = ctx;
	const struct packet *p;

	if (v->failed || enough(v))
		return 0;
	p = question_packet(v->question, m, e);
	if (!p)
		return -1;
	if (m->proto && m->proto->message && question_bad(v->question, p))
		server_refuse(v->server);
	v->message = m;
	return react_packet(v->react, p, e);
}

/* ---- opening ---- */

static int open_server(struct via *v, const struct react_rule *rule, unsigned n, struct err *e)
{
	struct server_opts so = { .datagram = v->at->datagram,
				  .ifname = v->c->opt.v[OPT_INTERFACE],
				  .message = message,
				  .closed = closed,
				  .ctx = v };
	char words[64];

	if (choose_ports(v, rule, n, e) < 0)
		return -1;
	v->server = server_open(&so, e);
	if (!v->server)
		return -1;
	for (unsigned i = 0; i < v->nports; i++)
		if (server_listen(v->server, &v->at->addr, v->port[i], v->proto[i], e) < 0)
			return -1;
	for (unsigned i = 0; i < v->nports; i++)
		say(v->c, "serving at %s, %s port %u",
		    v->at->addr.family ? addr_words(&v->at->addr, words) : "any address",
		    v->at->datagram ? "datagram" : "stream", v->port[i]);
	return 0;
}

static const char *const streams[2] = {
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00",
	"ip6 src=::1 dst=::1 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00",
};
static const char *const datagrams[2] = {
	"ip src=10.0.0.1 dst=10.0.0.2 / udp sport=1 dport=1 / hex:00",
	"ip6 src=::1 dst=::1 / udp sport=1 dport=1 / hex:00",
};

static int open_all(struct via *v, const struct react_rule *rule, unsigned n, bool files,
		    struct err *e)
{
	const struct options *o = &v->c->opt;
	struct privs_opts po = { .user = o->v[OPT_USER] };

	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &v->most, e) < 0 || wire_open(&v->wire, v->c, e) < 0)
		return -1;
	v->o = (struct react_opts) {
		.reg = v->c->reg,
		.rule = rule,
		.nrules = n,
		.dry = opt_has(o, OPT_DRY_RUN),
		.told = opt_has(o, OPT_DRY_RUN) || opt_has(o, OPT_VERBOSE),
		.stop = &signals_stop,
		.deliver = deliver,
		.tell = tell,
		.ctx = v,
	};
	v->react = react_open(&v->o, e);
	if (!v->react)
		return -1;
	v->question = question_open(v->c->reg, v->at->datagram ? datagrams : streams, e);
	if (!v->question || open_server(v, rule, n, e) < 0 || privs_drop(&po, e) < 0)
		return -1;
	seal(&(struct seal_opts) { .serves = true, .files = files });
	return 0;
}

static int loop(struct via *v, struct err *e)
{
	while (!v->failed && !enough(v) && !stop_asked(&signals_stop)) {
		if (server_step(v->server, WAIT, e) < 0)
			return -1;
		if (out_flush(&v->wire.out, &v->e) < 0)
			v->failed = true;
	}
	server_finish(v->server, LAST);
	if (v->failed && !v->wire.out.gone)
		return err_set(e, v->e.code, "%s", v->e.msg);
	return 0;
}

/* The exit code. */
static int tell_sum(const struct via *v)
{
	struct react_counts n;
	struct server_counts s;

	react_counts(v->react, &n);
	server_counts(v->server, &s);
	if (!v->at->datagram)
		say(v->c, "%" PRIu64 " client%s", s.clients, s.clients == 1 ? "" : "s");
	say(v->c, "%" PRIu64 " seen, %" PRIu64 " fit, %" PRIu64 " sent", n.seen, n.fits, n.sent);
	for (unsigned i = 0; i < v->o.nrules && v->o.nrules > 1; i++)
		say(v->c, "  %" PRIu64 "  %s", n.rule[i],
		    v->o.rule[i].pattern ? v->o.rule[i].pattern : v->o.rule[i].proto->name);
	if (n.unfit)
		say(v->c, "%" PRIu64 " could not be answered", n.unfit);
	if (s.failed)
		say(v->c, "%" PRIu64 " refused by the kernel", s.failed);
	for (unsigned i = 0; i < SERVER_EVENTS; i++)
		if (s.closed[i])
			say(v->c, "%" PRIu64 " closed: %s", s.closed[i], server_event_words(i));
	return s.failed && !opt_has(&v->c->opt, OPT_ALLOW_LOSS) ? EXIT_LOST : EXIT_DONE;
}

int serve_via(struct cli *c, const struct react_rule *rule, unsigned n, const struct listen_at *at,
	      bool files)
{
	struct via *v = calloc(1, sizeof(*v));
	struct err e = { 0 };
	int rc = -1, code = EXIT_DONE;

	if (!v)
		return fail(c, ERR_IO, "no memory");
	v->c = c;
	v->at = at;
	if (!open_all(v, rule, n, files, &e)) {
		rc = loop(v, &e);
		code = tell_sum(v);
	}
	server_close(v->server);
	react_close(v->react);
	question_close(v->question);
	wire_close(&v->wire);
	free(v);
	return rc < 0 ? print_err(c, &e) : code;
}
