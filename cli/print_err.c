/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors as a person reads them: the sentence, the line with a caret under what is wrong, and the
 * way on when rights are missing. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const char *paint(const struct cli *c, const char *code)
{
	return c->err_color ? code : "";
}

/* Columns on the terminal of the first n bytes: what continues a UTF-8 character has none. */
static unsigned columns(const char *s, size_t n)
{
	unsigned w = 0;

	for (size_t i = 0; i < n && s[i]; i++)
		w += ((unsigned char)s[i] & 0xc0) != 0x80;
	return w;
}

static void print_place(const struct cli *c, const struct err *e)
{
	size_t len = strlen(e->line), at = e->col ? e->col - 1 - e->cut : 0;
	size_t span = e->span ? e->span : 1;
	unsigned marks;

	if (at > len)
		at = len;
	if (span > len - at)
		span = len - at;
	marks = columns(e->line + at, span);
	fprintf(stderr, "  %s%s\n  %*s%s", e->line, "", (int)columns(e->line, at), "",
		paint(c, "\033[1;31m"));
	for (unsigned i = 0; i < (marks ? marks : 1) && i < 200; i++)
		fputc('^', stderr);
	fprintf(stderr, "%s\n", paint(c, "\033[0m"));
}

/* What grants the right, and the way without. */
static void print_rights(const struct cli *c, const struct err *e)
{
	char self[512] = "strata";

	if (!strstr(e->msg, "CAP_NET_RAW"))
		return;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0)
		self[n] = '\0';
	fprintf(stderr, "  grant it once:  sudo setcap cap_net_raw+ep %s\n", self);
	if (c->cmd == &cmd_send || c->cmd == &cmd_ask)
		fprintf(stderr, "  without root:   strata %s --via stream ... (or datagram)\n",
			c->cmd->name);
	fprintf(stderr, "  without root:   in a private network: strata lab\n");
}

static bool told; /* what went wrong */

int print_err(const struct cli *c, const struct err *e)
{
	told = true;
	fflush(stdout);
	fprintf(stderr, "%sstrata:%s ", paint(c, "\033[1;31m"), paint(c, "\033[0m"));
	/* Without a column it is about the whole line. */
	if (e->name[0] && e->lineno && !e->col)
		fprintf(stderr, "%s:%u: ", e->name, e->lineno);
	else if (e->name[0] && e->lineno && strcmp(e->name, "filter") != 0)
		fprintf(stderr, "%s:%u:%u: ", e->name, e->lineno, e->col);
	fprintf(stderr, "%s\n", e->msg);
	if (e->lineno && e->col)
		print_place(c, e);
	if (e->code == ERR_PERM)
		print_rights(c, e);
	return e->code ? e->code : ERR_IO;
}

void say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (opt_has(&c->opt, OPT_QUIET))
		return;
	fputs("strata: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void say_lost(const char *fmt, ...)
{
	va_list ap;

	told = true;
	fputs("strata: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int never_silent(const struct cli *c, int code)
{
	if (code == EXIT_LOST && opt_has(&c->opt, OPT_QUIET) && !told && c->cmd != &cmd_lab)
		say_lost("something was lost, or not sent: without -q it is told what");
	return code;
}

int fail(const struct cli *c, int code, const char *fmt, ...)
{
	struct err e = { 0 };
	char msg[sizeof(e.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(&e, code, "%s", msg);
	return print_err(c, &e);
}
