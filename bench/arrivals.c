/* SPDX-License-Identifier: BSD-2-Clause */
/* How true the times of a replay were, measured where it arrives: each datagram of make_schedule
 * has its number, and the time at which it was due since the first one, in its bytes. arrivals IF
 * COUNT    prints: GAP_MEDIAN_US GAP_P99_US DISTANCE_P99_MS DURATION_ERROR_PERCENT LOST GAP: of the
 * time between two packets, the difference to what it was meant to be. DISTANCE: of each packet to
 * its place in the schedule, which begins with the first one. */
#include <pcap.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MARK 0x7374726174612121ull
#define BODY 42 /* Ethernet, IPv4, UDP */

struct packet_time {
	int64_t due, at; /* ns */
};

static struct packet_time *v;
static uint64_t count, seen;
static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static void take(u_char *ctx, const struct pcap_pkthdr *h, const u_char *p)
{
	uint64_t word[3];

	(void)ctx;
	if (h->caplen < BODY + sizeof(word))
		return;
	memcpy(word, p + BODY, sizeof(word));
	if (word[0] != MARK || word[1] >= count || v[word[1]].at)
		return;
	v[word[1]].due = (int64_t)word[2];
	v[word[1]].at = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec;
	seen++;
}

static int up(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double distance(int64_t a, int64_t b)
{
	return (double)(a > b ? a - b : b - a);
}

static double part(double *x, uint64_t n, double p)
{
	qsort(x, n, sizeof(*x), up);
	return n ? x[(uint64_t)((double)(n - 1) * p)] : -1;
}

static int tell(void)
{
	double *gap = calloc(count, sizeof(*gap)), *off = calloc(count, sizeof(*off));
	const struct packet_time *first = &v[0], *last = &v[count - 1];
	uint64_t ngap = 0, noff = 0;

	if (!gap || !off || !first->at || !last->at)
		return 1;
	for (uint64_t i = 1; i < count; i++) {
		if (!v[i].at)
			continue;
		off[noff++] = distance(v[i].at - first->at, v[i].due - first->due);
		if (v[i - 1].at)
			gap[ngap++] = distance(v[i].at - v[i - 1].at, v[i].due - v[i - 1].due);
	}
	printf("%.3f %.3f", part(gap, ngap, 0.5) / 1e3, part(gap, ngap, 0.99) / 1e3);
	printf(" %.4f %.5f %llu\n", part(off, noff, 0.99) / 1e6,
	       distance(last->at - first->at, last->due - first->due) * 100 /
		       (double)(last->due - first->due),
	       (unsigned long long)(count - seen));
	free(gap);
	free(off);
	return 0;
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE] = "usage";
	pcap_t *in = argc == 3 ? pcap_create(argv[1], why) : NULL;

	count = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
	v = calloc(count + 1, sizeof(*v));
	if (!in || count < 2 || !v || pcap_set_snaplen(in, 128) || pcap_set_promisc(in, 1) ||
	    pcap_set_timeout(in, 100) || pcap_set_buffer_size(in, 32 << 20) ||
	    pcap_set_tstamp_precision(in, PCAP_TSTAMP_PRECISION_NANO) || pcap_activate(in) ||
	    pcap_setnonblock(in, 1, why)) {
		fprintf(stderr, "arrivals: %s\n", in ? pcap_geterr(in) : why);
		return 1;
	}
	signal(SIGTERM, on_stop);
	printf("ready\n");
	fflush(stdout);
	/* Seldom awake: who sends shall have the processors. */
	for (int after = 0; after < 3; after += stop) {
		nanosleep(&(struct timespec) { 0, 100000000 }, NULL);
		while (pcap_dispatch(in, -1, take, NULL) > 0)
			;
	}
	pcap_close(in);
	return tell();
}
