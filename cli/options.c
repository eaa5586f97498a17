/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: the table, and the parser that takes them out of the words. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/near.h"

const struct option_row option_rows[] = {
	[OPT_HELP] = { OPT_HELP, 'h', "help", NULL, "this help", false },
	[OPT_QUIET] = { OPT_QUIET, 'q', "quiet", NULL, "only data and errors", false },
	[OPT_VERBOSE] = { OPT_VERBOSE, 'v', "verbose", NULL, "tell why; twice: more", false },
	[OPT_COLOR] = { OPT_COLOR, 0, "color", "WHEN", "always, never, auto (NO_COLOR is heeded)",
			false },
	[OPT_PROTOCOL] = { OPT_PROTOCOL, 'p', "protocol", "FILE",
			   "a protocol file, on top of the known ones", true },
	[OPT_DECODE_AS] = { OPT_DECODE_AS, 'd', "decode-as", "SPACE=VALUE:PROTOCOL",
			    "bind for this run: udp.port=5353:dns", true },
	[OPT_INTERFACE] = { OPT_INTERFACE, 'i', "interface", "IF", "the device; 'list' shows them",
			    false },
	[OPT_WRITE] = { OPT_WRITE, 'w', "write", "FILE",
			"write a capture file; '-' is standard output", false },
	[OPT_SCRIPT] = { OPT_SCRIPT, 'f', "script", "FILE", "packets from a file, one a line",
			 false },
	[OPT_AS] = { OPT_AS, 0, "as", "FORM",
		     "line, tree, expr, json, flat, csv, hex, raw, text, none", false },
	[OPT_FIELDS] = { OPT_FIELDS, 0, "fields", "LIST",
			 "fields for json, flat, csv: ip.src,tcp.dport", false },
	[OPT_DOC] = { OPT_DOC, 0, "doc", NULL, "tree: the meaning of each field", false },
	[OPT_SPANS] = { OPT_SPANS, 0, "spans", NULL,
			"tree, json, flat: where in the packet each field stands", false },
	[OPT_WHERE] = { OPT_WHERE, 0, "where", "FILTER",
			"only packets for which it holds: 'tcp.dport == 80'", false },
	[OPT_COUNT] = { OPT_COUNT, 'c', "count", "N", "stop after N packets; 0: never", false },
	[OPT_SEED] = { OPT_SEED, 0, "seed", "N", "repeat what is random", false },
	[OPT_RESOLVE] = { OPT_RESOLVE, 0, "resolve", NULL,
			  "look names up in filters (asks the network)", false },
	[OPT_DRY_RUN] = { OPT_DRY_RUN, 0, "dry-run", NULL, "show what would be sent, send nothing",
			  false },
	[OPT_RATE] = { OPT_RATE, 0, "rate", "RATE",
		       "packets a second: 1000, 10kpps; bits: 10mbit; max", false },
	[OPT_INTERVAL] = { OPT_INTERVAL, 0, "interval", "TIME",
			   "between two packets, or the rows of --stats time: 1s,\n"
			   "10ms (without a unit: seconds)",
			   false },
	[OPT_TIMEOUT] = { OPT_TIMEOUT, 0, "timeout", "TIME",
			  "how long to wait for each answer (send, replay: neighbour):\n"
			  "500ms (2s, those 1s; without a unit: seconds)",
			  false },
	[OPT_RETRY] = { OPT_RETRY, 0, "retry", "N", "ask N times more where nothing came", false },
	[OPT_EXPECT] = { OPT_EXPECT, 0, "expect", "PATTERN", "the answer must fit: 'tcp flags=SA'",
			 false },
	[OPT_UNTIL] = { OPT_UNTIL, 0, "until", "WHAT",
			"answered: one after the other, up to the first answer", false },
	[OPT_ALL] = { OPT_ALL, 0, "all", NULL,
		      "every answer, not only the first; sweeps of any size", false },
	[OPT_VIA] = { OPT_VIA, 0, "via", "SOCKET",
		      "auto, link, ip; stream, datagram (no root needed)", false },
	[OPT_FRAGMENT] = { OPT_FRAGMENT, 0, "fragment", "SIZE[,OVERLAP]",
			   "send in fragments of SIZE bytes, a multiple of 8", false },
	[OPT_LIBNET] = { OPT_LIBNET, 0, "libnet", NULL, "send through libnet's own sockets",
			 false },
	[OPT_SENDER] = { OPT_SENDER, 0, "sender", "NAME",
			 "auto, sendmmsg, tx-ring, af-xdp, libnet, raw; 'list' tells\n"
			 "which there are",
			 false },
	[OPT_VERIFY] = { OPT_VERIFY, 0, "verify", "IF",
			 "listen there, and tell what is lost, reordered, altered, comes twice",
			 false },
	[OPT_EXACT] = { OPT_EXACT, 0, "exact", NULL,
			"nothing drawn afresh, no addresses found out: the bytes that craft makes",
			false },
	[OPT_I_MAY] = { OPT_I_MAY, 0, "i-may", NULL, "yes, on this network, on purpose", false },
	[OPT_USER] = { OPT_USER, 'Z', "user", "USER", "become USER once the devices are open",
		       false },
	[OPT_ALLOW_LOSS] = { OPT_ALLOW_LOSS, 0, "allow-loss", NULL,
			     "exit 0 although packets were dropped", false },
	[OPT_SNAPLEN] = { OPT_SNAPLEN, 's', "snaplen", "N", "keep N bytes of each packet", false },
	[OPT_BUFFER] = { OPT_BUFFER, 'B', "buffer", "SIZE", "the kernel's buffer (16MiB)", false },
	[OPT_QUEUE] = { OPT_QUEUE, 0, "queue", "SIZE",
			"what may wait for the printing or the disk (64MiB; 0: no queue)", false },
	[OPT_FANOUT] = { OPT_FANOUT, 0, "fanout", "N", "N threads share the packets of the device",
			 false },
	[OPT_CLOCK] = { OPT_CLOCK, 0, "clock", "WHO",
			"who tells the time of a packet: host, adapter, adapter-unsynced, ...",
			false },
	[OPT_ROTATE] = { OPT_ROTATE, 0, "rotate", "N|TIME|SIZE",
			 "a new file after N packets, after 60s, before 100MB", true },
	[OPT_KEEP] = { OPT_KEEP, 0, "keep", "N", "of the files of --rotate keep the N newest",
		       false },
	[OPT_NO_PROMISC] = { OPT_NO_PROMISC, 0, "no-promisc", NULL,
			     "only frames addressed to this machine", false },
	[OPT_DIRECTION] = { OPT_DIRECTION, 0, "direction", "WAY", "in, out, both", false },
	[OPT_LINK] = { OPT_LINK, 0, "link", "N",
		       "the link type, a LINKTYPE_ number: 1 Ethernet, 101 raw IP", false },
	[OPT_HEX] = { OPT_HEX, 0, "hex", NULL, "the files hold hex text, a packet a line or a dump",
		      false },
	[OPT_REASSEMBLE] = { OPT_REASSEMBLE, 0, "reassemble", NULL,
			     "print what was put together from several packets, too", false },
	[OPT_FOLLOW] = { OPT_FOLLOW, 0, "follow", "STREAM",
			 "a conversation's bytes: tcp:0 (one side: tcp:0.a)", false },
	[OPT_STATS] = { OPT_STATS, 0, "stats", "WHAT", "a table: conv, hosts, protocols, time",
			false },
	[OPT_NOTES] = { OPT_NOTES, 0, "notes", NULL, "a table: what is wrong, where, and how often",
			false },
	[OPT_OVERLAP] = { OPT_OVERLAP, 0, "overlap", "WHICH",
			  "whose bytes count where pieces overlap: first, last", false },
	[OPT_IGNORE] = { OPT_IGNORE, 0, "ignore", "FIELDS", "do not compare these: ip.id,tcp.seq",
			 false },
	[OPT_CHECK] = { OPT_CHECK, 0, "check", "FILE",
			"load a protocol file and try the laws on it", false },
	[OPT_NEW] = { OPT_NEW, 0, "new", "NAME", "print a starter file", false },
	[OPT_EXPORT] = { OPT_EXPORT, 0, "export", "FORM",
			 "print the named protocols (default: your own) as a dissector: "
			 "wireshark-lua",
			 false },
	[OPT_TEXT] = { OPT_TEXT, 0, "text", NULL, "as a protocol file only", false },
	[OPT_PACKETS] = { OPT_PACKETS, 0, "packets", "LIST", "only these, by number: 1-10,20,30-",
			  false },
	[OPT_FROM] = { OPT_FROM, 0, "from", "TIME",
		       "not before: '2026-11-22 10:38:16', or +90s after the first", false },
	[OPT_TO] = { OPT_TO, 0, "to", "TIME", "not after", false },
	[OPT_APPEND] = { OPT_APPEND, 0, "append", NULL,
			 "one file after the other, not merged by time", false },
	[OPT_SHIFT] = { OPT_SHIFT, 0, "shift", "TIME",
			"all times later by it, or earlier: 1h, -0.5s", false },
	[OPT_SCALE] = { OPT_SCALE, 0, "scale", "FACTOR",
			"all distances in time: 0.5 is twice as fast", false },
	[OPT_DEDUP] = { OPT_DEDUP, 0, "dedup", "N|TIME",
			"drop what is the same as one of the N before, or of the TIME before",
			false },
	[OPT_SPLIT] = { OPT_SPLIT, 0, "split", "HOW",
			"edit: a new file after N packets, after 60s, before 10MB;\n"
			"replay: opener, subnet=NET,... of "
			"clients, "
			"port=N,...\n"
			"of servers",
			false },
	[OPT_COMMENT] = { OPT_COMMENT, 0, "comment", "N:TEXT", "say TEXT of packet N", true },
	[OPT_STEP] = { OPT_STEP, 0, "step", NULL, "a packet for each key; q ends", false },
	[OPT_LOOP] = { OPT_LOOP, 0, "loop", "N", "all of it N times; 0: until stopped", false },
	[OPT_CLIENT_IF] = { OPT_CLIENT_IF, 0, "client-if", "IF",
			    "the interface of what clients sent", false },
	[OPT_SERVER_IF] = { OPT_SERVER_IF, 0, "server-if", "IF",
			    "the interface of what servers sent", false },
	[OPT_HOP] = { OPT_HOP, 0, "hop", NULL,
		      "new link headers: our own address, and the next hop's", false },
	[OPT_PAD] = { OPT_PAD, 0, "pad", NULL, "fill packets that were cut up with zeros", false },
	[OPT_SEGMENT] = { OPT_SEGMENT, 0, "segment", "MTU",
			  "cut up what is longer, as a network card does: 1500; mtu: that of\n"
			  "the interface",
			  false },
	[OPT_REALTIME] = { OPT_REALTIME, 0, "realtime", NULL,
			   "ahead of all other programs (SCHED_FIFO), for exact times", false },
	[OPT_SET] = { OPT_SET, 0, "set", "PACKET", "change these fields: 'ip ttl=9 / udp dport=53'",
		      true },
	[OPT_MAP] = { OPT_MAP, 0, "map", "OLD=NEW",
		      "replace an address, a network, a port: 10.0.0.0/24=10.9.9.0/24, tcp:80=8080",
		      true },
	[OPT_ANONYMISE] = { OPT_ANONYMISE, 0, "anonymise", "SEED",
			    "replace every address, the same way for the same SEED", false },
	[OPT_SUMS] = { OPT_SUMS, 0, "sums", NULL, "make every checksum right", false },
	[OPT_THREADS] = { OPT_THREADS, 0, "threads", "N", "how many share the work; 1: none",
			  false },
	[OPT_PRINT] = { OPT_PRINT, 0, "print", NULL, "show the network, make nothing", false },
	[OPT_NAME] = { OPT_NAME, 0, "name", "NAME", "what the lab is called (else a number)",
		       false },
	/* The same name without a value, where there is one table. */
	[OPT_TABLE] = { OPT_TABLE, 0, "stats", NULL, "a row for each conversation, no ladder",
			false },
	[OPT_ONLY] = { OPT_ONLY, 0, "only", "LIST", "these alone", false },
	[OPT_ABSOLUTE] = { OPT_ABSOLUTE, 0, "absolute", NULL, "sequence numbers as they are sent",
			   false },
	[OPT_RELATIVE] = { OPT_RELATIVE, 0, "relative", NULL,
			   "sequence numbers counted from the first (so by itself)", false },
	[OPT_WIDTH] = { OPT_WIDTH, 0, "width", "N",
			"columns of the ladder (the terminal's, or 100)", false },
	[OPT_LIMIT] = { OPT_LIMIT, 0, "limit", "N", "draw at most N packets (500)", false },
	[OPT_RULES] = { OPT_RULES, 0, "rules", "FILE",
			"rules of your own, too (docs/watch.md); list: print those there are",
			true },
	[OPT_LEARN] = { OPT_LEARN, 0, "learn", "FILE",
			"what is there now is usual: added to FILE, for --baseline", false },
	[OPT_BASELINE] = { OPT_BASELINE, 0, "baseline", "FILE",
			   "servers and stations that FILE does not have are told, too", false },
	[OPT_WITHOUT] = { OPT_WITHOUT, 0, "without", "NAME,...", "all rules but these", false },
	[OPT_SURE] = { OPT_SURE, 0, "sure", "HOW",
		       "what is less sure is not told: low, medium, high", false },
	[OPT_SOCKETS] = { OPT_SOCKETS, 0, "sockets", NULL,
			  "this machine's sockets (with -i: too): those there are,\n"
			  "then what changes",
			  false },
	[OPT_ONCE] = { OPT_ONCE, 0, "once", NULL, "those there are, and end", false },
	[OPT_AT_ONCE] = { OPT_AT_ONCE, 0, "at-once", "N",
			  "so many programs run at a time (8); 64 more wait", false },
	[OPT_BE] = { OPT_BE, 0, "be", "ADDRESS[,MAC]",
		     "play a host that has this address: say where it is, and answer\n"
		     "what is sent to it",
		     true },
	[OPT_REPLACE] = { OPT_REPLACE, 0, "replace", "OLD=NEW",
			  "bytes of what packets carry by others: 'yes=no', '\\x00=\\xff'", true },
	[OPT_DROP] = { OPT_DROP, 0, "drop", "PATTERN", "do not hand on what fits: 'udp dport=53'",
		       true },
	[OPT_DELAY] = { OPT_DELAY, 0, "delay", "TIME", "each packet waits so long: 50ms", false },
	[OPT_NONE] = { OPT_NONE, 0, NULL, NULL, NULL, false },
};

const char *opt_name(enum option_id id)
{
	return option_rows[id].name;
}

bool command_takes(const struct command *cmd, enum option_id id)
{
	if (id < OPT_COMMON)
		return true;
	for (const enum option_id *p = cmd->option; *p != OPT_NONE; p++)
		if (*p == id)
			return true;
	return false;
}

/* Which commands take it, in words. */
static void takers(enum option_id id, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; commands[i]; i++)
		if (command_takes(commands[i], id) && n < cap)
			n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "",
					      commands[i]->name);
}

static int unknown_option(const struct command *cmd, const char *name, size_t n, struct err *e)
{
	const char *best = NULL;
	unsigned least = near_limit(n) + 1;

	for (const struct option_row *r = option_rows; r->name; r++) {
		unsigned d = near_distance(name, n, r->name, strlen(r->name), least - 1);

		/* The beginning of a name is near it too. */
		if (n >= 3 && strncmp(name, r->name, n) == 0)
			d = 1;
		if (d < least && command_takes(cmd, r->id)) {
			least = d;
			best = r->name;
		}
	}
	if (best)
		return err_set(e, ERR_USAGE, "%s has no option '--%.*s'; did you mean '--%s'?",
			       cmd->name, (int)n, name, best);
	return err_set(e, ERR_USAGE, "%s has no option '--%.*s'; see: strata %s --help", cmd->name,
		       (int)n, name, cmd->name);
}

static int store(struct options *o, const struct command *cmd, const struct option_row *r,
		 const char *value, struct err *e)
{
	char who[128];

	if (!command_takes(cmd, r->id)) {
		takers(r->id, who, sizeof(who));
		return err_set(e, ERR_USAGE, "%s has no option '--%s'; it belongs to: %s",
			       cmd->name, r->name, who);
	}
	if (o->n[r->id] && !r->many && r->arg && strcmp(o->v[r->id], value) != 0)
		return err_set(e, ERR_USAGE, "'--%s' is given twice: %s and %s", r->name,
			       o->v[r->id], value);
	if (r->many) {
		const char **l = realloc(o->list[r->id], (o->n[r->id] + 1) * sizeof(*l));
		if (!l)
			return err_set(e, ERR_IO, "no memory");
		l[o->n[r->id]] = value;
		o->list[r->id] = l;
	}
	o->v[r->id] = value;
	o->n[r->id]++;
	return 0;
}

/* --name, --name=value, --name value. Returns the words used up (1 or 2), -1. */
static int take_long(struct options *o, const struct command *cmd, char **argv, int left,
		     struct err *e)
{
	const char *name = argv[0] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);

	for (const struct option_row *r = option_rows; r->name; r++) {
		if (strlen(r->name) != n || memcmp(r->name, name, n) != 0)
			continue;
		if (r->id == OPT_STATS && command_takes(cmd, OPT_TABLE))
			continue;
		if (!r->arg) {
			if (eq)
				return err_set(e, ERR_USAGE, "'--%s' takes no value", r->name);
			return store(o, cmd, r, "", e) < 0 ? -1 : 1;
		}
		if (!eq && left < 2)
			return err_set(e, ERR_USAGE, "'--%s' wants %s", r->name, r->arg);
		return store(o, cmd, r, eq ? eq + 1 : argv[1], e) < 0 ? -1 : eq ? 1 : 2;
	}
	return unknown_option(cmd, name, n, e);
}

/* -qv, -c5, -c 5. */
static int take_short(struct options *o, const struct command *cmd, char **argv, int left,
		      struct err *e)
{
	for (const char *p = argv[0] + 1; *p; p++) {
		const struct option_row *r = option_rows;
		while (r->name && r->letter != *p)
			r++;
		if (!r->name)
			return err_set(e, ERR_USAGE,
				       "%s has no option '-%c'; see: strata %s --help", cmd->name,
				       *p, cmd->name);
		if (!r->arg) {
			if (store(o, cmd, r, "", e) < 0)
				return -1;
			continue;
		}
		if (p[1])
			return store(o, cmd, r, p[1] == '=' ? p + 2 : p + 1, e) < 0 ? -1 : 1;
		if (left < 2)
			return err_set(e, ERR_USAGE, "'-%c' wants %s", *p, r->arg);
		return store(o, cmd, r, argv[1], e) < 0 ? -1 : 2;
	}
	return 1;
}

int options_parse(struct options *o, const struct command *cmd, int *argc, char **argv,
		  struct err *e)
{
	int kept = 0;

	o->ended = -1;
	for (int i = 0; i < *argc;) {
		const char *a = argv[i];
		/* Another program's words begin: its options are its own. */
		if (cmd->passes && cmd->passes(kept, argv)) {
			while (i < *argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (a[0] != '-' || !a[1]) {
			argv[kept++] = argv[i++];
			continue;
		}
		if (strcmp(a, "--") == 0) {
			o->ended = kept;
			for (i++; i < *argc; i++)
				argv[kept++] = argv[i];
			break;
		}
		int used = a[1] == '-' ? take_long(o, cmd, argv + i, *argc - i, e)
				       : take_short(o, cmd, argv + i, *argc - i, e);
		if (used < 0)
			return -1;
		i += used;
	}
	if (kept < *argc)
		argv[kept] = NULL; /* as after the last one of all */
	*argc = kept;
	return 0;
}

void options_done(struct options *o)
{
	for (int i = 0; i < OPT_NONE; i++)
		free(o->list[i]);
}
