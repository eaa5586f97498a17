/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a command line: files, filters, devices. */
#include "cli/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/devices.h"
#include "capture/source.h"
#include "cli/out.h"

static bool looks_like_file(const char *s)
{
	static const char *const ends[] = { ".pcap", ".pcapng", ".cap", ".gz", ".zst", ".dump" };
	size_t n = strlen(s);
	struct stat st;

	/* An existing regular file counts even when it is called "tcp": say "host ..." first, or
	 * ./ for files, where that is not meant. */
	if (strcmp(s, "-") == 0 || (stat(s, &st) == 0 && !S_ISDIR(st.st_mode)))
		return true;
	if (s[0] == '/' || strncmp(s, "./", 2) == 0 || strncmp(s, "../", 3) == 0)
		return true; /* a path, and nothing that a filter begins with */
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (n > strlen(ends[i]) && strcmp(s + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

int words_files(int argc, char **argv)
{
	int n = argc > 0;

	while (n > 0 && n < argc && looks_like_file(argv[n]))
		n++;
	return n;
}

/* NAME= with a name of the notation in front, and no second = (which pcap-filter has). */
static bool holds_name(const char *s)
{
	for (const char *eq = strchr(s, '='); eq; eq = strchr(eq + 1, '=')) {
		const char *p = eq;
		while (p > s && (isalnum((unsigned char)p[-1]) || p[-1] == '_' || p[-1] == '.'))
			p--;
		bool begins = p == s || isspace((unsigned char)p[-1]) || p[-1] == '(';
		if (begins && p < eq && isalpha((unsigned char)*p) && eq[1] != '=' &&
		    eq[1] != ' ' && eq[1])
			return true;
	}
	return false;
}

int filter_words(struct filter_words *f, int argc, char **argv, struct err *e)
{
	size_t n = 0;

	*f = (struct filter_words) { 0 };
	if (argc <= 0)
		return 0;
	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	f->text = malloc(n);
	if (!f->text)
		return err_set(e, ERR_IO, "no memory");
	f->text[0] = '\0';
	char *at = f->text;
	for (int i = 0; i < argc; i++) {
		f->pattern |= holds_name(argv[i]);
		at += sprintf(at, "%s%s", i ? " " : "", argv[i]);
	}
	return 0;
}

void filter_words_done(struct filter_words *f)
{
	free(f->text);
	f->text = NULL;
}

/* ---- devices ---- */

int list_devices(struct cli *c)
{
	struct devices d;
	struct err e = { 0 };
	struct out out = { 0 };

	if (devices_list(&d, &e) < 0)
		return print_err(c, &e);
	for (unsigned i = 0; i < d.n; i++) {
		const struct device *v = &d.v[i];
		const char *link = v->link < 0 ? NULL : link_name((unsigned)v->link);
		if (!v->ifindex && strcmp(v->name, "any") != 0)
			continue; /* not a network device: logs of the firewall, USB, D-Bus */
		buf_fmt(&out.b, "%-12s %-5s %-10s", v->name,
			v->ifindex ? v->up ? v->running ? "up" : "idle" : "down" : "-",
			link ? link : "-");
		if (v->mac)
			buf_fmt(&out.b, " %s", v->mac);
		for (unsigned k = 0; k < v->naddr; k++)
			buf_fmt(&out.b, " %s", v->addr[k]);
		if (v->mtu)
			buf_fmt(&out.b, " mtu %u", v->mtu);
		buf_char(&out.b, '\n');
	}
	int rc = out_flush(&out, &e) < 0 && !out.gone ? print_err(c, &e) : EXIT_DONE;
	out_done(&out);
	devices_done(&d);
	return rc;
}

static void known_devices(const struct devices *d, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < d->n && n < cap; i++)
		if (d->v[i].ifindex)
			n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "",
					      d->v[i].name);
}

int choose_device(struct cli *c, char name[64], struct err *e)
{
	const char *want = c->opt.v[OPT_INTERFACE], *near;
	const struct device *v = NULL;
	char known[200];
	struct devices d;
	int rc = 0;

	if (devices_list(&d, e) < 0)
		return -1;
	if (!want) {
		v = devices_default(&d);
		if (!v)
			rc = err_set(e, ERR_IO, "no network device is up; -i list shows them");
	}
	for (unsigned i = 0; want && i < d.n && !v; i++)
		if (strcmp(d.v[i].name, want) == 0)
			v = &d.v[i];
	if (want && !v) {
		near = devices_suggest(&d, want);
		known_devices(&d, known, sizeof(known));
		if (near)
			rc = err_set(e, ERR_IO, "there is no device '%s'; did you mean '%s'?", want,
				     near);
		else
			rc = err_set(e, ERR_IO, "there is no device '%s'; there are: %s", want,
				     known);
	}
	if (v)
		snprintf(name, 64, "%s", v->name);
	devices_done(&d);
	return rc;
}
