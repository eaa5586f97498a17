/* SPDX-License-Identifier: BSD-2-Clause */
/* pcap_compile with what it lacks. It says "syntax error" without a place: the place is the first
 * word after which no continuation compiles. It asks the name service about every word it does not
 * know: here such a word is refused unless look-ups are wanted. */
#include "capture/bpf_compile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/bpf_words.h"
#include "capture/source.h"
#include "core/packet.h"

#define FILTER_MAX 8192 /* bytes of text */

struct token {
	size_t at, n;
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_' || c == ':';
}

/* The token at or after *at; false at the end. Words are one token, other characters one each. */
static bool token_next(const char *s, size_t *at, struct token *t)
{
	while (s[*at] && isspace((unsigned char)s[*at]))
		(*at)++;
	if (!s[*at])
		return false;
	t->at = *at;
	if (!is_word_char(s[*at])) {
		(*at)++;
	} else {
		/* Inside brackets a colon separates and a minus subtracts: numbers stay whole. */
		while (is_word_char(s[*at]))
			(*at)++;
	}
	t->n = *at - t->at;
	return true;
}

static bool is_address(const char *s, size_t n)
{
	size_t hex = 0, marks = 0;

	if (isdigit((unsigned char)s[0]) && strspn(s, "0123456789.xXabcdefABCDEF:-") >= n)
		return true;
	for (size_t i = 0; i < n; i++) {
		hex += isxdigit((unsigned char)s[i]) != 0;
		marks += s[i] == ':' || s[i] == '.' || s[i] == '-';
	}
	return memchr(s, ':', n) || (hex + marks == n && hex == 12);
}

/* Refuse what pcap_compile would ask the name service about. */
static int names_check(const char *text, struct err *e)
{
	size_t at = 0, len = strlen(text), depth = 0;
	struct token t, last = { 0, 0 };

	for (; token_next(text, &at, &t); last = t) {
		const char *w = text + t.at;
		depth += w[0] == '[';
		depth -= w[0] == ']' && depth;
		if (!isalnum((unsigned char)w[0]) || depth || bpf_knows(w, t.n) ||
		    is_address(w, t.n) || (t.n == 9 && strncasecmp(w, "localhost", 9) == 0))
			continue;
		if (last.n && bpf_takes_word(text + last.at, last.n))
			continue;
		if (last.n == 1 && text[last.at] == '\\')
			continue;
		bool host = memchr(w, '.', t.n) != NULL;
		const char *near = host ? NULL : bpf_near(w, t.n);
		if (near)
			return err_at(e, "filter", text, len, t.at, t.n,
				      "the filter language has no word '%.*s'; did you mean '%s'?",
				      (int)t.n, w, near);
		return err_at(e, "filter", text, len, t.at, t.n,
			      "'%.*s' is no word of the filter language, and names of hosts are "
			      "looked up only with --resolve",
			      (int)t.n, w);
	}
	return 0;
}

/* Does the beginning text[0..n) compile, perhaps with a few words more? */
static bool begins_well(pcap_t *on, const char *text, size_t n)
{
	char *try = malloc(n + 128);
	struct bpf_program prog;
	bool ok = false;
	int open = 0;

	if (!try)
		return false;
	for (size_t i = 0; i < n; i++)
		open += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
	for (size_t i = 0; bpf_more[i] && !ok; i++) {
		size_t m = (size_t)sprintf(try, "%.*s%s", (int)n, text, bpf_more[i]);
		for (int k = 0; k < open && k < 60; k++)
			try[m++] = ')';
		try[m] = '\0';
		/* Not optimised: quicker, and an expression that rejects everything is no error. */
		ok = pcap_compile(on, &prog, try, 0, PCAP_NETMASK_UNKNOWN) == 0;
		if (ok)
			pcap_freecode(&prog);
	}
	free(try);
	return ok;
}

/* The word the error is about: one that the message quotes, else the first that cannot stand. */
static struct token wrong_place(pcap_t *on, const char *text, const char *msg)
{
	struct token t, last = { 0, strlen(text) };
	const char *q = strchr(msg, '\''), *end = q ? strchr(q + 1, '\'') : NULL;
	size_t at = 0;

	if (end && end > q + 1) {
		while (token_next(text, &at, &t))
			if (t.n == (size_t)(end - q - 1) && memcmp(text + t.at, q + 1, t.n) == 0)
				return t;
		at = 0;
	}
	for (int words = 0; token_next(text, &at, &t) && words < 200; words++) {
		if (!begins_well(on, text, t.at + t.n))
			return t;
		last = t;
	}
	return (struct token) { last.at + last.n, 1 }; /* something is missing at the end */
}

int bpf_compile_on(pcap_t *on, struct bpf_program *prog, const char *text, bool resolve,
		   struct err *e)
{
	size_t len = strlen(text);

	if (len > FILTER_MAX)
		return err_set(e, ERR_USAGE, "the filter has %zu bytes; at most %d are read", len,
			       FILTER_MAX);
	if (!resolve && names_check(text, e) < 0)
		return -1;
	if (pcap_compile(on, prog, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return 0;
	/* Expressions that can never match are told as errors by the optimiser; they are none. */
	if (strstr(pcap_geterr(on), "rejects all packets") &&
	    pcap_compile(on, prog, text, 0, PCAP_NETMASK_UNKNOWN) == 0)
		return 0;
	if (!e)
		return -1;
	char msg[PCAP_ERRBUF_SIZE];
	snprintf(msg, sizeof(msg), "%s", pcap_geterr(on));
	struct token t = wrong_place(on, text, msg);
	const char *what = msg;
	if (strncmp(what, "can't parse filter expression: ", 31) == 0)
		what += 31;
	if (t.at >= len)
		return err_at(e, "filter", text, len, len, 1, "the filter ends too early");
	if (strcmp(what, "syntax error") == 0)
		return err_at(e, "filter", text, len, t.at, t.n,
			      "the filter makes no sense at '%.*s'", (int)t.n, text + t.at);
	return err_at(e, "filter", text, len, t.at, t.n, "filter: %s", what);
}

int bpf_compile(struct bpf_program *prog, unsigned link, const char *text, bool resolve,
		struct err *e)
{
	pcap_t *dead = pcap_open_dead(link_to_dlt(link), PACKET_MAX);
	int rc;

	if (!dead)
		return err_set(e, ERR_IO, "no memory for the filter");
	rc = bpf_compile_on(dead, prog, text, resolve, e);
	pcap_close(dead);
	return rc;
}
