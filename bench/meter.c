/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast frames arrive at an interface, by the kernel's own counter: looked at every 10 ms until
 * SIGTERM. Tells how many came, and the rate from the first that were seen to the last.
 *   meter IF       prints: COUNT PER_SECOND */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Packets received; -1: no such interface. */
static long long received(const char *name)
{
	char line[512], word[64];
	long long bytes, packets, got = -1;
	FILE *in = fopen("/proc/net/dev", "r");

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, " %63[^:]: %lld %lld", word, &bytes, &packets) == 3 &&
		    strcmp(word, name) == 0)
			got = packets;
	if (in)
		fclose(in);
	return got;
}

int main(int argc, char **argv)
{
	long long none = argc > 1 ? received(argv[1]) : -1, first = 0, last = none;
	double from = 0, to = 0;
	bool begun = false;

	if (none < 0)
		return 1;
	signal(SIGTERM, on_stop);
	printf("ready\n");
	fflush(stdout);
	for (bool end = false; !end;) {
		long long now;

		nanosleep(&(struct timespec) { 0, 10000000 }, NULL);
		end = stop;
		now = received(argv[1]);
		if (now <= last)
			continue;
		to = clock_now();
		last = now;
		/* What trickles (a solicitation) is no beginning. */
		if (!begun && now - none >= 100) {
			begun = true;
			first = now;
			from = to;
		}
	}
	printf("%lld %.0f\n", last - none, to > from ? (double)(last - first) / (to - from) : 0);
	return 0;
}
