/* SPDX-License-Identifier: BSD-2-Clause */
/* One typo in any name of a valid line (a letter too many, one missing, one wrong, two swapped):
 * the line is refused as wrong usage, with a place, and names the right word in nine of ten.
 *
 *   law_typos [-v] FILE...
 *
 * The lines are what the packets of the files print as, one for each stack of layers and set of
 * fields, and those of the list below. Names are layers, fields at any depth, and words of values.
 * A typo that meets another known name is none, and is counted apart. */
#include "tests/laws/law.h"

#include <ctype.h>
#include <strings.h>

#define LINES_MAX 400
#define NAMES_MAX 512
#define SUGGEST_SHARE 90 /* per cent */

static const char *const own_lines[] = {
	"ip dst=10.0.0.2 / icmp",
	"ip dst=10.0.0.2 / tcp dport=80 flags=syn",
	"ip src=rand:10.0.0.0/8 dst=10.0.0.2 / udp dport=rand:1024-65535 / rand:64",
	"ip dst=10.0.0.2 / udp dport=9000 / text:hello",
	"ip dst=10.0.0.2 / udp dport=9000 / hex:dead.beef",
	"eth dst=ff:ff:ff:ff:ff:ff / arp op=who-has pdst=10.0.0.5",
	"ip dst=10.0.0.2 / tcp dport=80 flags=syn+ack seq=1000 options=mss:1460,nop,ws:7,sackok",
	"ip dst=10.0.0.2 chksum=bad / udp dport=53 len=4 / fill:32:0x41",
	"ip6 dst=fe80::2 / icmp6 type=echo-request id=7 / count:56",
	"eth / vlan vlan=7 / ip dst=10.0.0.2 / gre / ip dst=10.9.9.9 / icmp",
	"ip dst=10.0.0.2 / dns qd=name:example.org+type:AAAA",
	"Ether / IPv6 / ICMPv6 type=echo-request",
	"ip dst=10.0.0.2 / sensor name=temp type=reply",
};

struct name {
	uint32_t at, span;
};

struct run {
	struct trial law;
	struct plan plan, again;
	struct build build;
	struct buf text, line;
	struct name name[NAMES_MAX];
	unsigned nnames;
	uint64_t seen[LINES_MAX]; /* hash of the names of each line so far */
	unsigned nlines;
	uint64_t names, typos, refused, right, met, taken;
};

/* ---- where the names stand ---- */

static void name_add(struct run *r, uint32_t at, uint32_t span)
{
	/* At least two letters, of a name. */
	for (uint32_t i = 0; i < span; i++) {
		unsigned char c = (unsigned char)r->text.p[at + i];

		if (!isalnum(c) && c != '_' && c != '-')
			return;
	}
	if (span < 2 || isdigit((unsigned char)r->text.p[at]) || r->nnames == NAMES_MAX)
		return;
	for (unsigned i = 0; i < r->nnames; i++) {
		if (r->name[i].at == at)
			return;
	}
	r->name[r->nnames++] = (struct name) { at, span };
}

/* A path: each of its parts. */
static void path_add(struct run *r, uint32_t at, uint32_t span)
{
	uint32_t from = at;

	if (at + span > r->text.n)
		return;
	for (uint32_t i = at; i <= at + span; i++) {
		if (i == at + span || r->text.p[i] == '.') {
			name_add(r, from, i - from);
			from = i + 1;
		}
	}
}

static void says_add(struct run *r, const struct say *s, unsigned depth)
{
	for (; s && depth < 30; s = s->next) {
		if (s->name && s->name_span && !s->implied)
			path_add(r, s->name_at, s->name_span);
		says_add(r, s->child, depth + 1);
	}
}

/* Words of values: those that are in the table of their field. */
static void words_add(struct run *r, const struct tree *t)
{
	for (uint32_t i = 1; i < t->n; i++) {
		const struct words *w = t->v[i].field ? t->v[i].field->words : NULL;
		const struct say *s = t->v[i].said;

		for (unsigned k = 0; w && s && s->span && s->at + s->span <= r->text.n && k < w->n;
		     k++) {
			if (strlen(w->v[k].name) == s->span &&
			    !memcmp(w->v[k].name, r->text.p + s->at, s->span))
				name_add(r, s->at, s->span);
		}
	}
}

static void find_names(struct run *r)
{
	r->nnames = 0;
	for (unsigned i = 0; i < r->plan.n; i++) {
		const struct plan_layer *l = &r->plan.layer[i];

		if (l->proto && !l->filled && l->at + l->span <= r->text.n)
			name_add(r, l->at, l->span);
		says_add(r, l->say, 0);
	}
	for (unsigned i = 0; i < r->build.n; i++) {
		if (r->build.layer[i].proto)
			words_add(r, &r->build.layer[i].tree);
	}
}

/* ---- typos ---- */

static void misspell(struct run *r, const struct name *n, unsigned how)
{
	const char *s = r->text.p + n->at;
	uint32_t i = (uint32_t)(law_random(&r->law) % n->span);
	char c = (char)('a' + law_random(&r->law) % 26);
	char word[256];
	uint32_t k = n->span < 200 ? n->span : 200;

	memcpy(word, s, k);
	switch (how) {
	case 0: /* one too many */
		memmove(word + i + 1, word + i, k - i);
		word[i] = c;
		k++;
		break;
	case 1: /* one missing */
		memmove(word + i, word + i + 1, k - i - 1);
		k--;
		break;
	case 2: /* one wrong */
		word[i] = word[i] == c ? (c == 'z' ? 'a' : (char)(c + 1)) : c;
		break;
	default: /* two swapped */
		i = i + 1 < k ? i : k - 2;
		c = word[i];
		word[i] = word[i + 1];
		word[i + 1] = c;
	}
	r->line.n = 0;
	buf_put(&r->line, r->text.p, n->at);
	buf_put(&r->line, word, k);
	buf_put(&r->line, s + n->span, r->text.n - n->at - n->span);
}

static bool suggests(const char *msg, const char *name, uint32_t n)
{
	const char *at = strstr(msg, "mean");

	for (; at && *at; at++) {
		if (!strncasecmp(at, name, n) && !isalnum((unsigned char)at[n]))
			return true;
	}
	return false;
}

/* Is it a name or a word of something else (case ignored), or a number? */
static bool known(const struct run *r, const char *s, size_t n)
{
	char low[64], up[64];
	size_t digits = 0;

	if (n > sizeof(low))
		return false;
	for (size_t i = 0; i < n; i++) {
		low[i] = (char)tolower((unsigned char)s[i]);
		up[i] = (char)toupper((unsigned char)s[i]);
		digits += isdigit((unsigned char)s[i]) != 0;
	}
	return registry_symbol(r->law.reg, s, n) || registry_symbol(r->law.reg, low, n) ||
	       registry_symbol(r->law.reg, up, n) || registry_find(r->law.reg, s, n) || digits == n;
}

static void typo(struct run *r, const struct name *n, unsigned how)
{
	struct err e = { 0 };
	const char *orig = r->text.p + n->at;
	size_t k;

	misspell(r, n, how);
	k = r->line.n - (r->text.n - n->span);
	if (k == n->span && !strncasecmp(r->line.p + n->at, orig, k))
		return;
	r->typos++;
	if (plan_parse(&r->again, r->law.reg, r->line.p, r->line.n, PLAN_NO_FILES, &e) == 0) {
		if (known(r, r->line.p + n->at, k)) {
			r->met++;
			return;
		}
		r->taken++;
		printf("taken: '%.*s' for '%.*s' in %s\n", (int)k, r->line.p + n->at, (int)n->span,
		       orig, buf_cstr(&r->line));
		return;
	}
	if (e.code != ERR_USAGE || !e.col || !e.msg[0]) {
		r->taken++;
		printf("code %d, column %" PRIu32 ": %s\n", e.code, e.col, e.msg);
		return;
	}
	r->refused++;
	if (suggests(e.msg, orig, n->span))
		r->right++;
	else if (r->law.verbose)
		printf("'%.*s' for '%.*s': %s\n", (int)k, r->line.p + n->at, (int)n->span, orig,
		       e.msg);
}

/* r->text is a valid line. */
static void line(struct run *r)
{
	struct err e = { 0 };
	uint64_t hash = 5381;

	if (plan_parse(&r->plan, r->law.reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) < 0 ||
	    build(&r->build, &r->plan, &e) < 0) {
		printf("not valid: %s: %s\n", buf_cstr(&r->text), e.msg);
		r->taken++;
		return;
	}
	find_names(r);
	for (unsigned i = 0; i < r->nnames; i++) {
		for (uint32_t k = 0; k < r->name[i].span; k++)
			hash = hash * 33 ^ (uint8_t)r->text.p[r->name[i].at + k];
	}
	for (unsigned i = 0; i < r->nlines; i++) {
		if (r->seen[i] == hash)
			return;
	}
	if (r->nlines == LINES_MAX)
		return;
	r->seen[r->nlines++] = hash;
	r->names += r->nnames;
	for (unsigned i = 0; i < r->nnames; i++) {
		for (unsigned how = 0; how < 4; how++)
			typo(r, &r->name[i], how);
	}
}

static void file(struct run *r, const char *path)
{
	struct law_file f;

	law_load(&r->law, path, &f);
	for (size_t i = 0; i < f.n; i++) {
		law_seed(&r->law, &f.v[i]);
		r->text.n = 0;
		if (print_expr(r->law.printer, &f.v[i], 0, &r->text) == 0)
			line(r);
	}
	law_unload(&f);
}

int main(int argc, char **argv)
{
	struct run r = { .law.random = 1 };
	int first = 1;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		r.law.verbose = true;
		first = 2;
	}
	if (law_start(&r.law) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(own_lines) / sizeof(*own_lines); i++) {
		r.text.n = 0;
		buf_str(&r.text, own_lines[i]);
		line(&r);
	}
	for (int i = first; i < argc; i++)
		file(&r, argv[i]);
	printf("%u lines, %" PRIu64 " names, %" PRIu64 " typos: %" PRIu64 " refused, %" PRIu64
	       " met another name, %" PRIu64 " taken for a packet; right suggestion %.1f %%\n",
	       r.nlines, r.names, r.typos, r.refused, r.met, r.taken,
	       r.refused ? 100.0 * (double)r.right / (double)r.refused : 0.0);
	plan_done(&r.plan);
	plan_done(&r.again);
	build_done(&r.build);
	buf_done(&r.text);
	buf_done(&r.line);
	law_done(&r.law);
	return r.taken || r.law.bad || r.nlines < 100 || r.met * 20 > r.typos ||
	       r.right * 100 < r.refused * SUGGEST_SHARE;
}
