/* SPDX-License-Identifier: BSD-2-Clause */
/* A sniffer: print N packets that a display filter wants, or what came within ten seconds.
 *
 *	./sniff_filter lo 5 'icmp && ip.ttl < 65' */
#include <stdio.h>
#include <stdlib.h>
#include <strata/strata.h>

static int sniff(struct strata_source *src, struct strata_filter *f, struct strata_packet *p,
		 long n, struct strata_error *e)
{
	int64_t until = strata_in(10000000000);
	int rc = STRATA_GOT;

	while (n > 0 && (rc = strata_next(src, p, until, e)) == STRATA_GOT) {
		if (!strata_filter_match(f, p))
			continue;
		char *line = strata_print(p, "line", NULL, e);
		if (!line)
			return STRATA_FAILED;
		puts(line);
		free(line);
		n--;
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct strata_error e = { .code = STRATA_IO, .message = "no memory" };
	struct strata_live_options o = { .immediate = true };
	struct strata_counts c = { 0 };
	int rc = STRATA_FAILED;
	char text[1200];

	if (argc != 4) {
		fprintf(stderr, "usage: %s DEVICE N FILTER\n", argv[0]);
		return 2;
	}
	struct strata *s = strata_open(NULL, 0, &e);
	struct strata_filter *f = s ? strata_filter_open(s, argv[3], &e) : NULL;
	struct strata_source *src = f ? strata_source_live(s, argv[1], NULL, &o, &e) : NULL;
	struct strata_packet *p = src ? strata_packet_new(s) : NULL;

	if (p) {
		fprintf(stderr, "listening on %s\n", argv[1]);
		rc = sniff(src, f, p, strtol(argv[2], NULL, 10), &e);
		strata_source_counts(src, &c);
	}
	if (c.dropped)
		fprintf(stderr, "%llu dropped\n", (unsigned long long)c.dropped);
	strata_packet_free(p);
	strata_source_close(src);
	strata_filter_close(f);
	strata_close(s);
	if (rc != STRATA_FAILED)
		return rc == STRATA_GOT ? 0 : 1;
	strata_error_text(&e, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return e.code;
}
