/* SPDX-License-Identifier: BSD-2-Clause */
/* The help, made from the tables of commands and options: examples first. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void help_all(bool to_stderr)
{
	FILE *f = to_stderr ? stderr : stdout;

	fputs("strata crafts, sends, captures and reads packets; a protocol is a text file.\n\n"
	      "  strata craft ip dst=10.0.0.2 / tcp dport=80 flags=S   look at a packet\n"
	      "  strata ask ip dst=10.0.0.2 / icmp                     a ping\n"
	      "  strata sniff -i eth0 tcp port 80                      watch\n"
	      "  strata read file.pcap --as json                       take a capture apart\n\n"
	      "Commands:\n",
	      f);
	for (unsigned i = 0; commands[i]; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->line);
	fputs("\n'strata COMMAND --help' has examples and options; 'strata --version'.\n"
	      "The notation of packets: man 7 strata-notation. Protocol files: man 5 "
	      "strata-protocol.\n",
	      f);
}

/* What an option means to one command only. */
static const struct {
	const struct command *cmd;
	enum option_id id;
	const char *help;
} own_help[] = {
	{ &cmd_craft, OPT_COUNT, "the packet, or the whole sweep, N times" },
	{ &cmd_send, OPT_COUNT, "the packet, or the whole sweep, N times; 0: until stopped" },
	{ &cmd_ask, OPT_COUNT, "the packet, or the whole sweep, N times; 0: until stopped" },
	{ &cmd_craft, OPT_ALL, "sweeps of more than 2^24 packets too" },
	{ &cmd_send, OPT_ALL, "sweeps of more than 2^24 packets too" },
	{ &cmd_send, OPT_THREADS, "N threads share the sweep; its order is not kept" },
	{ &cmd_diff, OPT_AS, "line, json" },
	{ &cmd_watch, OPT_THREADS, "2: one reads and dissects, one judges; 1: one does all" },
	{ &cmd_flow, OPT_THREADS, "2: one reads and dissects, one counts; 1: one does all" },
	{ &cmd_react, OPT_TIMEOUT, "run: how long a program may take (10s)" },
	{ &cmd_lab, OPT_TIMEOUT, "run: how long a port is waited for (30s)" },
	{ &cmd_lab, OPT_AS, "--print: text, json, mermaid, svg" },
	{ &cmd_flow, OPT_AS, "text, ascii, svg, mermaid, json; --stats: line, json, flat, csv" },
	{ &cmd_send, OPT_AS, "line, tree, expr, json, flat, hex, raw, text, none" },
	{ &cmd_ask, OPT_AS, "line, tree, expr, json, flat, hex, raw, text, none" },
	{ &cmd_send, OPT_FIELDS, "fields for json, flat: ip.src,tcp.dport" },
	{ &cmd_ask, OPT_FIELDS, "fields for json, flat: ip.src,tcp.dport" },
	{ &cmd_react, OPT_AS, "line, tree, expr, json, flat, hex, raw, text, none" },
	{ &cmd_serve, OPT_AS, "line, tree, expr, json, flat, hex, raw, text, none" },
	{ &cmd_react, OPT_FIELDS, "fields for json, flat: ip.src,tcp.dport" },
	{ &cmd_serve, OPT_FIELDS, "fields for json, flat: ip.src,tcp.dport" },
	{ &cmd_react, OPT_COUNT, "stop after N packets that fit; 0: never" },
	{ &cmd_serve, OPT_COUNT, "stop after N packets that fit; 0: never" },
	{ &cmd_react, OPT_SET, "more of what reply makes: 'ip ttl=9 / udp dport={udp.sport}'" },
	{ &cmd_serve, OPT_SET, "more of what answers: 'sensor value=21500'" },
	{ &cmd_send, OPT_WHERE, "print only packets for which it holds: 'tcp.dport == 80'" },
	{ &cmd_ask, OPT_WHERE, "print only packets for which it holds: 'tcp.dport == 80'" },
	{ &cmd_react, OPT_WHERE, "print only packets for which it holds: 'tcp.dport == 80'" },
	{ &cmd_serve, OPT_WHERE, "print only packets for which it holds: 'tcp.dport == 80'" },
	{ &cmd_flow, OPT_ONLY, "these conversations alone: tcp:3,udp:0" },
	{ &cmd_watch, OPT_ONLY, "these rules alone: tcp-scan,syn-flood" },
	{ &cmd_watch, OPT_AS, "line, json" },
	{ &cmd_watch, OPT_WRITE, "write the packets that prove it" },
	{ &cmd_watch, OPT_COUNT,
	  "stop after N findings; 0: never. --sockets alone: after N\nlines of what changed" },
	{ &cmd_watch, OPT_ONCE, "--sockets: those there are, and end" },
	{ &cmd_watch, OPT_INTERVAL,
	  "--sockets: between two looks (50ms; without a unit: seconds)" },
};

static void help_option(const struct command *cmd, enum option_id id)
{
	const struct option_row *r = &option_rows[id];
	const char *help = r->help;
	char left[64];

	for (unsigned i = 0; i < sizeof(own_help) / sizeof(own_help[0]); i++) {
		if (own_help[i].cmd == cmd && own_help[i].id == id)
			help = own_help[i].help;
	}

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", r->letter ? "-" : " ",
		 r->letter ? r->letter : ' ', r->letter ? ", " : "  ", r->name, r->arg ? " " : "",
		 r->arg ? r->arg : "");
	printf("  %-32s", left);
	if (strlen(left) > 31)
		printf("\n%34s", "");
	for (size_t n; (n = strcspn(help, "\n")), help[n]; help += n + 1)
		printf("%.*s\n%34s", (int)n, help, "");
	puts(help);
}

void help_command(const struct command *cmd)
{
	printf("strata %s%s%s\n%s\n\nExamples:\n", cmd->name, *cmd->usage ? " " : "", cmd->usage,
	       cmd->line);
	for (const char *const *p = cmd->example; *p; p += 2)
		printf("  strata %s\n      %s\n", p[0], p[1]);
	if (cmd->more)
		printf("\n%s\n", cmd->more);
	printf("\nOptions:\n");
	for (const enum option_id *p = cmd->option; *p != OPT_NONE; p++)
		help_option(cmd, *p);
	for (int id = OPT_COMMON - 1; id >= 0; id--)
		help_option(cmd, (enum option_id)id);
}
