/* SPDX-License-Identifier: BSD-2-Clause */
/* strata react: something is done with each packet that fits. */
#include <stdlib.h>
#include <string.h>

#include "cli/reacting.h"

static const char *const examples[] = {
	"react -i eth0 'icmp type=echo-request' log",
	"every ping that arrives is told",
	"react -i eth0 --i-may 'icmp type=echo-request' send 'ip src={ip.dst} dst={ip.src} / icmp "
	"type=echo-reply id={icmp.id} seq={icmp.seq} / {payload}'",
	"and answered, whoever was asked",
	"react -i eth0 --i-may --be 10.0.0.9 'icmp type=echo-request' reply",
	"a host that does not exist: it is found, and answers pings by the protocol's reply rule",
	"react -i eth0 --i-may 'tcp dport=8080 flags=S' log send 'ip src={ip.dst} dst={ip.src} / "
	"tcp "
	"sport={tcp.dport} dport={tcp.sport} seq=1 ack={tcp.seq+1} flags=SA'",
	"two things at a time; the kernel does not reset what it knows nothing of",
	"react -i eth0 --as json 'dns' run 'logger -t dns -- {ip.src} asks for {dns.qry.name}'",
	"a program, without a shell: values are arguments, standard input is the packet as --as "
	"says",
	NULL,
};
static const enum option_id options[] = {
	OPT_INTERFACE,  OPT_BE,         OPT_COUNT,   OPT_SET,     OPT_DRY_RUN, OPT_AS,
	OPT_WHERE,      OPT_FIELDS,     OPT_DOC,     OPT_SPANS,   OPT_I_MAY,   OPT_USER,
	OPT_NO_PROMISC, OPT_ALLOW_LOSS, OPT_TIMEOUT, OPT_AT_ONCE, OPT_NONE,
};

static const struct {
	const char *name;
	enum react_do what;
	bool text;
} actions[] = {
	{ "send", REACT_SEND, true }, { "reply", REACT_REPLY, false },
	{ "log", REACT_LOG, false },  { "count", REACT_COUNT, false },
	{ "run", REACT_RUN, true },
};
#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

static int read_actions(const struct cli *c, struct react_rule *rule, const char *sets,
			struct err *e)
{
	if (c->argc < 2)
		return err_set(e, ERR_USAGE,
			       "a pattern and what to do: strata react PATTERN send PACKET, or "
			       "reply, log, count, run PROGRAM");
	rule->pattern = c->argv[0];
	for (int i = 1; i < c->argc; i++) {
		struct react_act *a = &rule->act[rule->n];
		size_t k = 0;

		while (k < ACTIONS && strcmp(actions[k].name, c->argv[i]))
			k++;
		if (k == ACTIONS && (!strcmp(c->argv[i], "drop") || !strcmp(c->argv[i], "rewrite")))
			return err_set(e, ERR_USAGE,
				       "'%s': who only listens cannot hold a packet back or change "
				       "it on its way; what stands between two interfaces can: "
				       "strata bridge",
				       c->argv[i]);
		if (k == ACTIONS)
			return err_set(e, ERR_USAGE,
				       "'%s' is nothing to do: send PACKET, reply, log, count, run "
				       "PROGRAM (the pattern is one word, in quotes)",
				       c->argv[i]);
		if (rule->n == REACT_ACTS)
			return err_set(e, ERR_USAGE, "no more than %d things are done", REACT_ACTS);
		a->what = actions[k].what;
		if (a->what == REACT_REPLY)
			a->text = sets;
		if (actions[k].text && ++i == c->argc)
			return err_set(e, ERR_USAGE, "%s what? the %s is missing", actions[k].name,
				       a->what == REACT_RUN ? "program" : "packet");
		if (actions[k].text)
			a->text = c->argv[i];
		rule->n++;
	}
	return 0;
}

static bool does(const struct react_rule *rule, enum react_do what)
{
	for (unsigned i = 0; i < rule->n; i++)
		if (rule->act[i].what == what)
			return true;
	return false;
}

/* Every option says something. */
static int fitting(const struct cli *c, const struct react_rule *rule, const char *sets,
		   struct err *e)
{
	if (sets && !does(rule, REACT_REPLY))
		return err_set(e, ERR_USAGE, "--set is for what `reply` makes");
	if ((opt_has(&c->opt, OPT_AT_ONCE) || opt_has(&c->opt, OPT_TIMEOUT)) &&
	    !does(rule, REACT_RUN))
		return err_set(e, ERR_USAGE, "--at-once and --timeout are for what `run` runs");
	return 0;
}

static int run_react(struct cli *c)
{
	struct react_rule rule = { 0 };
	struct err e = { 0 };
	char *sets = NULL;
	int rc;

	if (joined_sets(&c->opt, &sets, &e) < 0 || read_actions(c, &rule, sets, &e) < 0 ||
	    fitting(c, &rule, sets, &e) < 0 || load_registry(c, &e) < 0)
		rc = print_err(c, &e);
	else
		rc = run_rules(c, &rule, 1);
	free(sets);
	return rc;
}

const struct command cmd_react = {
	.name = "react",
	.line = "do something with each packet that fits: send, reply, log, count, run",
	.usage = "PATTERN ACTION...",
	.example = examples,
	.option = options,
	.run = run_react,
	.more = "PATTERN is a packet in the notation, ACTION one or more of:\n"
		"  send PACKET  with {NAME} for values of the packet that fits: any name of a "
		"filter, "
		"{payload},\n"
		"               sums as {tcp.seq+1}; one is a whole value\n"
		"  reply        what the protocol's reply rule makes of it; --set PACKET sets "
		"more, "
		"with {NAME}s\n"
		"  log, count   tell it; only count it\n"
		"  run PROGRAM  with arguments, in one word: run 'PROGRAM {ip.src} ...'; no shell, "
		"none "
		"of our rights;\n"
		"               the packet, as --as says, is its standard input; --at-once, "
		"--timeout\n"
		"Ports that the pattern names are reserved, so that the kernel neither resets nor "
		"refuses. Runs until\nit is stopped, or -c packets fit. Exit 4: something was "
		"lost, or "
		"not sent.",
};
