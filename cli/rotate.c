/* SPDX-License-Identifier: BSD-2-Clause */
/* "1000,60s,10MB": packets, a time, a size. */
#include "cli/rotate.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int one_limit(const char *text, enum option_id id, struct sink_rotate *r)
{
	size_t n = strlen(text);
	struct options opt = { 0 };
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno || v == 0)
		return -1;
	if (!*end) {
		r->packets = v;
		return 0;
	}
	/* "10m" is ten minutes, "10MB" and "10MiB" are a size. */
	opt.v[id] = text;
	if (n && text[n - 1] == 'B')
		return opt_size(&opt, id, 1, UINT64_MAX, &r->bytes, NULL);
	return opt_time(&opt, id, &r->ns, NULL) < 0 || r->ns == 0 ? -1 : 0;
}

int opt_rotate(const struct options *o, enum option_id id, struct sink_rotate *r, struct err *e)
{
	for (unsigned i = 0; i < o->n[id]; i++) {
		const char *p = o->list[id] ? o->list[id][i] : o->v[id], *said = p;
		char word[32];

		for (size_t n; *p; p += n + (p[n] == ',')) {
			n = strcspn(p, ",");
			if (n < sizeof(word)) {
				memcpy(word, p, n);
				word[n] = '\0';
			}
			if (n >= sizeof(word) || one_limit(word, id, r) < 0)
				return err_set(e, ERR_USAGE,
					       "'--%s %s': wants packets (1000), a time (60s) or a "
					       "size (10MB)",
					       opt_name(id), said);
		}
	}
	if (o->n[id] && strcmp(o->v[OPT_WRITE] ? o->v[OPT_WRITE] : "", "-") == 0)
		return err_set(e, ERR_USAGE, "'-w -' is one file: it cannot be split");
	return 0;
}
