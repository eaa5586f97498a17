/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command costs: CPU seconds (user and system, children that it waited for included),
 * seconds on the clock, and the most memory it held, in KiB. Its exit status is handed on. cost
 * FILE COMMAND...      the three numbers go to FILE */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t pid;

static void too_long(int sig)
{
	(void)sig;
	kill(pid, SIGKILL);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double from = clock_now();
	struct rusage used;
	int status;
	FILE *to;

	if (argc < 4)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	signal(SIGALRM, too_long);
	alarm((unsigned)strtoul(argv[1], NULL, 0));
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 2;
	to = fopen(argv[2], "w");
	if (!to)
		return 2;
	fprintf(to, "%.6f %.6f %ld\n", seconds(used.ru_utime) + seconds(used.ru_stime),
		clock_now() - from, used.ru_maxrss);
	if (fclose(to))
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
