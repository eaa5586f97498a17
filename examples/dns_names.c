/* SPDX-License-Identifier: BSD-2-Clause */
/* The DNS names that somebody asked for in a capture, each with its type and who asked.
 *
 *	cc dns_names.c $(pkg-config --cflags --libs strata) && ./a.out captures/dns-udp.pcap */
#include <stdio.h>
#include <strata/strata.h>

static void print_questions(struct strata_packet *p)
{
	char name[32], type[32];
	uint64_t n;

	/* dns.qr is 0 in a question, dns.qd the list of what is asked. */
	if (strata_number(p, "dns.qr", &n) != 1 || n != 0 || strata_number(p, "dns.qd", &n) != 1)
		return;
	for (unsigned i = 0; i < n; i++) {
		const char *who = strata_text(p, "ip.src");

		snprintf(name, sizeof(name), "dns.qd.%u.name", i);
		snprintf(type, sizeof(type), "dns.qd.%u.type", i);
		const char *asked = strata_text(p, name), *what = strata_text(p, type);

		if (!who)
			who = strata_text(p, "ip6.src");
		printf("%s %s %s\n", asked ? asked : "?", what ? what : "?", who ? who : "?");
	}
}

int main(int argc, char **argv)
{
	struct strata_error e = { .code = STRATA_IO, .message = "no memory" };
	char text[1200];
	int rc = STRATA_FAILED;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	struct strata *s = strata_open(NULL, 0, &e);
	struct strata_source *src = s ? strata_source_file(s, argv[1], NULL, &e) : NULL;
	struct strata_packet *p = src ? strata_packet_new(s) : NULL;

	if (p)
		while ((rc = strata_next(src, p, STRATA_FOREVER, &e)) == STRATA_GOT)
			print_questions(p);
	strata_packet_free(p);
	strata_source_close(src);
	strata_close(s);
	if (rc != STRATA_FAILED)
		return 0;
	strata_error_text(&e, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return e.code;
}
