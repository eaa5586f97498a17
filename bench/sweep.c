/* SPDX-License-Identifier: BSD-2-Clause */
/* Ten million distinct connection attempts in memory: a template patched in place against libnet
 * updating its blocks in place (the build, without the send), and libnet building anew. CPU time,
 * best and median of five rounds, the ways in turn. */
#include <libnet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "craft/template.h"
#include "notation/notation.h"

#define ROUNDS 5
#define PATCHED 10000000ull
#define LIBNET 1000000ull

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ns a packet; folds the packets into *seen so that nothing is left out. */
static double patched(struct registry *reg, uint64_t n, uint64_t *seen)
{
	static const char text[] = "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / ip "
				   "src=10.0.0.1 dst=10.0.0.2 / tcp sport=1024-60000 dport=80 "
				   "seq=inc:1+7919 flags=S";
	struct err e = { 0 };
	struct plan p = { 0 };
	struct template *t;
	const char *why;
	double from;

	if (plan_parse(&p, reg, text, strlen(text), 0, &e) || !(t = template_open(&p, &e))) {
		fprintf(stderr, "sweep: %s\n", e.msg);
		exit(1);
	}
	from = cpu();
	for (uint64_t i = 0; i < n; i++) {
		const struct packet *k;

		plan_step(&p, i, 1);
		k = template_next(t, &e);
		*seen += k->data[50] ^ k->data[41];
	}
	from = (cpu() - from) / (double)n;
	if (!template_patches(t, &why)) {
		fprintf(stderr, "sweep: not patched: %s\n", why);
		exit(1);
	}
	template_close(t);
	plan_done(&p);
	return from;
}

static double updated(uint64_t n, bool anew, uint64_t *seen)
{
	char text[LIBNET_ERRBUF_SIZE];
	libnet_t *l = libnet_init(LIBNET_NONE, NULL, text);
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
			exit(1);
		*seen += p[50] ^ p[41];
		libnet_adv_free_packet(l, p);
	}
	from = (cpu() - from) / (double)n;
	libnet_destroy(l);
	return from;
}

int main(void)
{
	struct registry *reg = registry_open();
	double t[3][ROUNDS];
	struct err e = { 0 };
	uint64_t seen = 0;

	if (registry_load_builtins(reg, &e) || registry_freeze(reg, &e)) {
		fprintf(stderr, "sweep: %s\n", e.msg);
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		t[0][i] = patched(reg, PATCHED, &seen);
		t[1][i] = updated(LIBNET, false, &seen);
		t[2][i] = updated(LIBNET, true, &seen);
	}
	for (int k = 0; k < 3; k++)
		qsort(t[k], ROUNDS, sizeof(double), by_value);
	printf("distinct SYNs in memory, ns a packet of CPU time: median (best of %d)\n", ROUNDS);
	printf("  strata, patched in place   %7.1f (%.1f)\n", t[0][ROUNDS / 2], t[0][0]);
	printf("  libnet, updated in place   %7.1f (%.1f)   %.1f times as long\n", t[1][ROUNDS / 2],
	       t[1][0], t[1][ROUNDS / 2] / t[0][ROUNDS / 2]);
	printf("  libnet, built anew         %7.1f (%.1f)   %.1f times as long\n", t[2][ROUNDS / 2],
	       t[2][0], t[2][ROUNDS / 2] / t[0][ROUNDS / 2]);
	printf("checksum of what was seen: %llx\n", (unsigned long long)seen);
	registry_close(reg);
	return 0;
}
