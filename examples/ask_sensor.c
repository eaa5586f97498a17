/* SPDX-License-Identifier: BSD-2-Clause */
/* Ask a server of an own protocol: everything that is known of it stands in sensor.protocol.
 *
 *	./ask_sensor examples/sensor.protocol 127.0.0.1 temp [raw]
 *
 * Through an ordinary socket, or with "raw" as a packet of our own (needs CAP_NET_RAW). */
#include <stdio.h>
#include <string.h>
#include <strata/strata.h>

static int tell(void *ctx, const struct strata_answer *a)
{
	const char *name, *code;
	uint64_t value;

	(void)ctx;
	if (a->event != STRATA_ANSWER || a->error) {
		printf("no answer: %s\n", a->error ? "refused" : a->why ? a->why : "silence");
		return 0;
	}
	name = strata_text(a->reply, "sensor.name");
	code = strata_text(a->reply, "sensor.code");
	printf("%s: ", name ? name : "?");
	if (strata_number(a->reply, "sensor.value", &value) == 1)
		printf("%.3f", (double)(int64_t)value / 1000);
	else
		printf("no reading (%s)", code ? code : "?");
	putchar('\n');
	fprintf(stderr, "after %.3f ms\n", (double)a->rtt / 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	struct strata_ask_options o = { .via = STRATA_VIA_DATAGRAM, .retry = 1 };
	struct strata_error e = { .code = STRATA_IO, .message = "no memory" };
	char text[1200];

	if (argc < 4) {
		fprintf(stderr, "usage: %s PROTOCOL-FILE ADDRESS NAME [raw]\n", argv[0]);
		return 2;
	}
	if (argc > 4 && !strcmp(argv[4], "raw"))
		o.via = STRATA_VIA_AUTO;
	o.deadline = strata_in(10000000000);
	const char *const files[] = { argv[1] };
	struct strata *s = strata_open(files, 1, &e);

	/* udp, its ports, lengths and checksums follow from the description. */
	snprintf(text, sizeof(text), "ip dst=%s / sensor name=\"%s\"", argv[2], argv[3]);
	int64_t n = s ? strata_ask(s, text, &o, tell, NULL, &e) : -1;

	strata_close(s);
	if (n >= 0)
		return n ? 0 : 1;
	strata_error_text(&e, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return e.code;
}
