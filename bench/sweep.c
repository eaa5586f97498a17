/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinct connection attempts in memory, checksums right, nothing sent: CPU nanoseconds a packet.
 *   sweep strata|hand|update|anew COUNT
 * strata: a template patched in place. hand: the same by a loop that knows where everything stands,
 * which is the limit. update, anew: libnet, its blocks updated in place or built anew. */
#include <libnet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "craft/template.h"
#include "notation/notation.h"

static const char text[] = "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / ip src=10.0.0.1 "
			   "dst=10.0.0.2 / tcp sport=1024-60000 dport=80 seq=inc:1+7919 flags=S";

/* What was made, so that nothing is left out. */
static uint64_t seen;

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *why)
{
	fprintf(stderr, "sweep: %s\n", why);
	exit(1);
}

static void open_plan(struct registry *reg, struct plan *p)
{
	struct err e = { 0 };

	if (!reg || registry_load_builtins(reg, &e) || registry_freeze(reg, &e) ||
	    plan_parse(p, reg, text, strlen(text), 0, &e))
		fail(e.msg);
}

static double patched(uint64_t n)
{
	struct registry *reg = registry_open();
	struct err e = { 0 };
	struct plan p = { 0 };
	struct template *t;
	const char *why;
	double from;

	open_plan(reg, &p);
	t = template_open(&p, &e);
	if (!t)
		fail(e.msg);
	from = cpu();
	for (uint64_t i = 0; i < n; i++) {
		const struct packet *k;

		k = template_at(t, i, 1, &e);
		seen += k->data[50] ^ k->data[41];
	}
	from = cpu() - from;
	if (!template_patches(t, &why))
		fail(why);
	template_close(t);
	plan_done(&p);
	registry_close(reg);
	return from;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The first packet is strata's; two fields and the sum over them are written into it. */
static double by_hand(uint64_t n)
{
	struct registry *reg = registry_open();
	struct err e = { 0 };
	struct plan p = { 0 };
	struct template *t;
	uint8_t frame[64] = { 0 };
	uint32_t base;
	double from;

	open_plan(reg, &p);
	t = template_open(&p, &e);
	if (!t)
		fail(e.msg);
	plan_step(&p, 0, 1);
	memcpy(frame, template_next(t, &e)->data, 54);
	/* Of all but source port and number: those of the first are 1024 and 1. */
	base = 0xffffu ^ ((uint32_t)frame[50] << 8 | frame[51]);
	base += 0xffff - 1024 + 0xffff - 1;
	from = cpu();
	for (uint64_t i = 0; i < n; i++) {
		uint32_t port = 1024 + (uint32_t)(i % 58977), seq = 1 + 7919 * (uint32_t)i, sum;

		sum = base + port + (seq >> 16) + (seq & 0xffff);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		put16(frame + 34, port);
		put16(frame + 38, seq >> 16);
		put16(frame + 40, seq & 0xffff);
		put16(frame + 50, ~sum & 0xffff);
		__asm__ volatile("" : : "r"(frame) : "memory");
		seen += frame[50] ^ frame[41];
	}
	from = cpu() - from;
	/* The last one is held against strata's. */
	plan_step(&p, n - 1, 1);
	if (memcmp(frame, template_next(t, &e)->data, 54) != 0)
		fail("the hand-made packet is another one");
	template_close(t);
	plan_done(&p);
	registry_close(reg);
	return from;
}

static double libnet(uint64_t n, bool anew)
{
	char why[LIBNET_ERRBUF_SIZE];
	libnet_t *l = libnet_init(LIBNET_NONE, NULL, why);
	static const uint8_t dst[6] = { 2, 0, 0, 0, 0, 2 }, src[6] = { 2, 0, 0, 0, 0, 1 };
	libnet_ptag_t tcp = 0, ip = 0, eth = 0;
	double from = cpu();

	for (uint64_t i = 0; l && i < n; i++) {
		uint8_t *p = NULL;
		uint32_t size = 0;

		if (anew) {
			libnet_clear_packet(l);
			tcp = ip = eth = 0;
		}
		tcp = libnet_build_tcp((uint16_t)(1024 + i % 58977), 80, (uint32_t)(1 + 7919 * i),
				       0, TH_SYN, 8192, 0, 0, 20, NULL, 0, l, tcp);
		if (!ip)
			ip = libnet_build_ipv4(40, 0, 1, 0, 64, 6, 0, htonl(0x0a000001),
					       htonl(0x0a000002), NULL, 0, l, 0);
		if (!eth)
			eth = libnet_build_ethernet(dst, src, ETHERTYPE_IP, NULL, 0, l, 0);
		if (tcp == -1 || ip == -1 || eth == -1 ||
		    libnet_pblock_coalesce(l, &p, &size) == -1)
			fail("libnet");
		seen += p[50] ^ p[41];
		libnet_adv_free_packet(l, p);
	}
	from = cpu() - from;
	libnet_destroy(l);
	return from;
}

int main(int argc, char **argv)
{
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
	const char *what = argc == 3 ? argv[1] : "";
	double ns;

	if (!n)
		return 2;
	ns = strcmp(what, "strata") == 0 ? patched(n)
	     : strcmp(what, "hand") == 0 ? by_hand(n)
					 : libnet(n, strcmp(what, "anew") == 0);
	printf("%.2f\n", ns / (double)n);
	fprintf(stderr, "%llx\n", (unsigned long long)seen);
	return 0;
}
