/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGINT and its kin. */
#include "core/stop.h"
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "capture/source.h"
#include "core/clock.h"

/* timeout(1) signals the process and then its group, a terminal may do so through a wrapper: two
 * signals that mean one. */
#define SAME_NS 200000000

volatile int signals_stop;
volatile int signals_progress;
static _Atomic(struct source *) watched;
static int64_t counted_at; /* the last one */

static void count_stop(int sig)
{
	struct source *s = atomic_load(&watched);
	int64_t now = clock_mono();

	if (stop_asked(&signals_stop) && now - counted_at < SAME_NS)
		return;
	counted_at = now;
	stop_ask(&signals_stop);
	if (s)
		source_break(s);
	if (stop_asked(&signals_stop) >= 2)
		signal(sig, SIG_DFL);
}

static void on_stop(int sig)
{
	int before = errno;

	count_stop(sig);
	errno = before;
}

static void on_progress(int sig)
{
	(void)sig;
	signals_progress = signals_progress + 1;
}

void signals_init(void)
{
	/* Without SA_RESTART: a read of a pipe and every sleep end at once. */
	struct sigaction sa = { .sa_handler = on_stop };
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		struct sigaction old;
		/* Who started us with it ignored (nohup) wants it ignored; a shell's & does so with
		 * SIGINT, but a script that sends it all the same means it. */
		if (stops[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(stops[i], &sa, NULL);
	}
	sa.sa_handler = on_progress;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
}

void signals_watch(struct source *s)
{
	atomic_store(&watched, s);
	if (s && stop_asked(&signals_stop)) /* it came before there was anything to end */
		source_break(s);
}
