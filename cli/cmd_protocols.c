/* SPDX-License-Identifier: BSD-2-Clause */
/* strata protocols: what is known; one protocol as a table and as text; a starter; the laws. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/out.h"
#include "cli/protocol_table.h"
#include "dissect/lua.h"

static const char *const examples[] = {
	"protocols",
	"what is known",
	"protocols tcp",
	"its fields, what it rides over and what it carries",
	"protocols --text tcp",
	"its description as a protocol file",
	"protocols --new sensor > sensor.protocol",
	"a starter for one's own",
	"protocols --check sensor.protocol",
	"load it and try the laws on it",
	"protocols -p sensor.protocol --export wireshark-lua > sensor.lua",
	"tshark -X lua_script:sensor.lua then knows it, too",
	NULL,
};
static const enum option_id options[] = { OPT_TEXT,   OPT_NEW,  OPT_CHECK,
					  OPT_EXPORT, OPT_SEED, OPT_NONE };

static void print_list(const struct cli *c, struct buf *b)
{
	for (unsigned i = 0; i < registry_count(c->reg); i++) {
		const struct proto *p = registry_at(c->reg, i);
		buf_fmt(b, "%-14s %s%s%s\n", p->name, p->title ? p->title : "",
			p->builtin ? "" : "  -- ",
			p->builtin ? ""
			: p->file  ? p->file
				   : "");
	}
}

/* A starter that loads as it is. */
static int print_starter(struct cli *c, const char *name, struct buf *b)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!(islower((unsigned char)name[i]) || name[i] == '_' ||
		      (i && isdigit((unsigned char)name[i]))))
			return fail(c, ERR_USAGE,
				    "'%s' is no name of a protocol: lower-case letters, digits, _",
				    name);
	if (!n || n > 40)
		return fail(c, ERR_USAGE, "a name of 1 to 40 letters is wanted");
	if (registry_find(c->reg, name, n))
		say(c, "there is a protocol '%s' already: this file would redefine it", name);
	buf_fmt(b,
		"# %s.protocol -- what it is for, in a sentence\n"
		"protocol %s \"Its full name\" {\n"
		"    doc     \"What it does, for somebody who has never heard of it.\"\n"
		"    over    udp.port 9999                      # or: ethertype 0x88b5, ipproto "
		"253\n"
		"    reply   type == reply to type == request same id\n"
		"    summary \"{type} id={id}{? {name}}\"\n\n"
		"    version : u4  = 1        must version == 1                  \"Protocol "
		"version\"\n"
		"    type    : u4  = request  enum { request = 1, reply = 2 }    \"Kind of "
		"message\"\n"
		"    flags   : u8  = 0        flags { urgent = 0x80 }            \"Bits\"\n"
		"    id      : u16 = 1        fresh                              \"Copied into the "
		"reply\"\n"
		"    length  : u16 = len(name..data)                             \"Bytes that "
		"follow\"\n"
		"    name    : text[u8] = \"\"                                     \"Text with its "
		"length in front\"\n"
		"    data    : bytes[..]                                         \"The rest\"\n"
		"}\n",
		name, name);
	return EXIT_DONE;
}

static int unknown(struct cli *c, const char *name)
{
	const char *near = registry_suggest(c->reg, name, strlen(name));

	if (near)
		return fail(c, ERR_USAGE, "no protocol '%s'; did you mean '%s'?", name, near);
	return fail(c, ERR_USAGE, "no protocol '%s'; see: strata protocols", name);
}

static int print_one(struct cli *c, const char *name, struct buf *b)
{
	const struct proto *p = registry_find(c->reg, name, strlen(name));

	if (!p)
		return unknown(c, name);
	if (!opt_has(&c->opt, OPT_TEXT)) {
		protocol_table(c->reg, p, b);
		buf_str(b, "\nAs a protocol file:\n\n");
	}
	proto_print(p, b);
	return EXIT_DONE;
}

/* The named protocols, or the user's own, as a dissector for another program. */
static int print_export(struct cli *c, const char *form, struct buf *b)
{
	const struct proto *v[256], *p;
	struct err e = { 0 };
	unsigned n = 0;

	if (strcmp(form, "wireshark-lua") != 0)
		return fail(c, ERR_USAGE, "'%s' is no form to export to; there is wireshark-lua",
			    form);
	for (int i = 0; i < c->argc && n < 256; i++) {
		v[n] = registry_find(c->reg, c->argv[i], strlen(c->argv[i]));
		if (!v[n++])
			return unknown(c, c->argv[i]);
	}
	for (unsigned i = 0; !c->argc && n < 256 && (p = registry_at(c->reg, i)); i++) {
		if (!p->builtin)
			v[n++] = p;
	}
	if (!n)
		return fail(c, ERR_USAGE,
			    "which protocols? name them, or load your own with -p FILE");
	return lua_export(c->reg, v, n, b, &e) < 0 ? print_err(c, &e) : EXIT_DONE;
}

static int run_protocols(struct cli *c)
{
	struct out out = { 0 };
	struct err e = { 0 };
	int rc = EXIT_DONE;
	const char *file = c->opt.v[OPT_CHECK];

	if (file) {
		if (c->argc)
			return fail(c, ERR_USAGE, "--check takes one file and no words");
		return check_protocol_file(c, file);
	}
	if (load_registry(c, &e) < 0)
		return print_err(c, &e);
	if (opt_has(&c->opt, OPT_NEW))
		rc = print_starter(c, c->opt.v[OPT_NEW], &out.b);
	else if (opt_has(&c->opt, OPT_EXPORT))
		rc = print_export(c, c->opt.v[OPT_EXPORT], &out.b);
	else if (c->argc == 0)
		print_list(c, &out.b);
	for (int i = 0; !opt_has(&c->opt, OPT_EXPORT) && i < c->argc && rc == EXIT_DONE; i++) {
		if (i)
			buf_char(&out.b, '\n');
		rc = print_one(c, c->argv[i], &out.b);
	}
	if (out_flush(&out, &e) < 0 && !out.gone)
		rc = print_err(c, &e);
	out_done(&out);
	return rc;
}

const struct command cmd_protocols = {
	.name = "protocols",
	.line = "what is known: one protocol, a starter, the laws",
	.usage = "[NAME...]",
	.example = examples,
	.option = options,
	.run = run_protocols,
	.more = "Protocol files are found in $XDG_CONFIG_HOME/strata/protocols "
		"(~/.config/strata/protocols), in\n$STRATA_PROTOCOLS (files and folders, "
		"separated by ':'), and by -p FILE.",
};
