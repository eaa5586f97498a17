/* SPDX-License-Identifier: BSD-2-Clause */
/* What dissecting costs: CPU time a packet over small frames in memory, in random order (TCP 55,
 * UDP 24, ICMP 10, ARP 8 %, the rest ICMPv6; of all, 12 % IPv6). With a capture file as argument
 * also libpcap's bare loop over it, and the same loop with dissection. */
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/registry.h"
#include "dissect/dissect.h"

#define PACKETS 200000u
#define SIZE 80u
#define ROUNDS 15

static uint32_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* An IP header for n bytes of protocol proto; where its payload begins. */
static uint8_t *network(uint8_t *p, bool six, unsigned proto, unsigned n)
{
	put16(p + 12, six ? 0x86dd : 0x0800);
	p += 14;
	if (six) {
		p[0] = 0x60;
		put16(p + 4, n);
		p[6] = (uint8_t)proto;
		p[7] = 64;
		put16(p + 22, rnd(65536));
		put16(p + 38, rnd(65536));
		return p + 40;
	}
	p[0] = 0x45;
	put16(p + 2, 20 + n);
	put16(p + 4, rnd(65536));
	put16(p + 6, 0x4000);
	p[8] = 64;
	p[9] = (uint8_t)proto;
	put16(p + 14, rnd(65536));
	put16(p + 18, rnd(65536));
	return p + 20;
}

/* A frame of SIZE bytes at most; how long it is. */
static uint32_t make(uint8_t *p)
{
	static const uint16_t udp_ports[] = { 53, 123, 443, 5353, 9000, 40000 };
	uint32_t kind = rnd(100);
	bool six = kind >= 97 || rnd(100) < 9;
	uint8_t *q;

	memset(p, 0, SIZE);
	if (kind < 55) { /* an empty segment, as most small ones are */
		q = network(p, six, 6, 20);
		put16(q, 1024 + rnd(60000));
		put16(q + 2, rnd(2) ? 443 : 80);
		q[12] = 0x50;
		q[13] = 0x10;
		return (uint32_t)(q + 20 - p);
	}
	if (kind < 79) {
		q = network(p, false, 17, 20);
		put16(q, 1024 + rnd(60000));
		put16(q + 2, udp_ports[4 + rnd(2)]);
		put16(q + 4, 20);
		return (uint32_t)(q + 20 - p);
	}
	if (kind < 89) {
		q = network(p, false, 1, 16);
		q[0] = rnd(2) ? 8 : 0;
		return (uint32_t)(q + 16 - p);
	}
	if (kind < 97) {
		put16(p + 12, 0x0806);
		put16(p + 14, 1);
		put16(p + 16, 0x0800);
		p[18] = 6;
		p[19] = 4;
		put16(p + 20, 1 + rnd(2));
		return 42;
	}
	q = network(p, true, 58, 8);
	q[0] = 128;
	return (uint32_t)(q + 8 - p);
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int up(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void tell(const char *what, double *v, double per)
{
	qsort(v, ROUNDS, sizeof(*v), up);
	printf("%-28s %7.1f ns a packet (min %.1f)\n", what, v[ROUNDS / 2] / per, v[0] / per);
}

static void in_memory(const struct registry *r)
{
	uint8_t *data = malloc((size_t)PACKETS * SIZE);
	uint32_t *len = malloc(PACKETS * sizeof(*len));
	double bare[ROUNDS], full[ROUNDS];
	struct tree scratch = { 0 };
	uint64_t layers = 0, bytes = 0;

	for (uint32_t i = 0; data && len && i < PACKETS; i++)
		len[i] = make(data + (size_t)i * SIZE);
	for (unsigned k = 0; data && len && k < ROUNDS; k++) {
		struct packet p = { .link = LINK_ETHERNET };
		double at = cpu();

		for (uint32_t i = 0; i < PACKETS; i++)
			bytes += data[(size_t)i * SIZE] + len[i];
		bare[k] = cpu() - at;
		at = cpu();
		for (uint32_t i = 0; i < PACKETS; i++) {
			p.data = data + (size_t)i * SIZE;
			p.len = p.wire_len = len[i];
			dissect_with(r, &p, &scratch);
			layers += p.nlayers;
		}
		full[k] = cpu() - at;
	}
	if (data && len) {
		printf("%u frames in memory, %.2f layers each (%llu)\n", PACKETS,
		       (double)layers / ROUNDS / PACKETS, (unsigned long long)bytes & 1);
		tell("touch each frame", bare, PACKETS);
		tell("dissect", full, PACKETS);
	}
	tree_done(&scratch);
	free(data);
	free(len);
}

/* One pass over a file; packets seen. */
static uint64_t pass(const char *path, const struct registry *r, struct tree *scratch)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(path, text);
	struct packet p = { 0 };
	struct pcap_pkthdr *h;
	const u_char *data;
	uint64_t n = 0;

	if (!in) {
		fprintf(stderr, "%s\n", text);
		return 0;
	}
	p.link = (uint16_t)pcap_datalink(in);
	for (; pcap_next_ex(in, &h, &data) == 1; n++) {
		p.data = data;
		p.len = h->caplen;
		p.wire_len = h->len;
		if (r)
			dissect_with(r, &p, scratch);
	}
	pcap_close(in);
	return n;
}

static void from_file(const struct registry *r, const char *path)
{
	double bare[ROUNDS], full[ROUNDS];
	struct tree scratch = { 0 };
	uint64_t n = pass(path, NULL, NULL);

	for (unsigned k = 0; n && k < ROUNDS; k++) {
		double at = cpu();

		pass(path, NULL, NULL);
		bare[k] = cpu() - at;
		at = cpu();
		pass(path, r, &scratch);
		full[k] = cpu() - at;
	}
	if (n) {
		printf("%s: %llu packets\n", path, (unsigned long long)n);
		tell("libpcap next_ex alone", bare, (double)n);
		tell("libpcap next_ex + dissect", full, (double)n);
	}
	tree_done(&scratch);
}

int main(int argc, char **argv)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	if (!r || registry_load_builtins(r, &e) < 0 || registry_freeze(r, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	in_memory(r);
	for (int i = 1; i < argc; i++)
		from_file(r, argv[i]);
	registry_close(r);
	return 0;
}
