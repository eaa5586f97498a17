/* SPDX-License-Identifier: BSD-2-Clause */
/* strata lab run FILE: the programs that a topology starts, runs and stops, one step after the
 * other; what they write comes line by line behind the name of their host. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/lab.h"
#include "cli/out.h"
#include "cli/signals.h"

#define TICK 20             /* milliseconds between two looks at who has ended */
#define GRACE 2000          /* milliseconds from SIGTERM to SIGKILL */
#define PATIENCE 30000      /* milliseconds that a port is waited for, unless --timeout says */
#define LINE_MOST (1 << 16) /* bytes of a line that is held back for its end */

struct program {
	const struct lab_step *step;
	pid_t pid; /* 0: it has ended */
	int fd[2]; /* what it writes: output, errors; -1: closed */
	struct buf line[2];
	bool stopping;
};

struct runner {
	struct cli *c;
	const char *file;
	const struct topology *t;
	struct lab *l;
	struct program *v;
	unsigned n;
	struct out out;
	unsigned failed;
	struct err e;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static const char *host_of(const struct runner *r, const struct program *p)
{
	return r->t->node[p->step->node].name;
}

/* ---- what programs write ---- */

static void print_line(struct runner *r, struct program *p, unsigned i, const char *s, size_t n)
{
	if (i == 1) {
		out_flush(&r->out, &r->e);
		fprintf(stderr, "%s: %.*s\n", host_of(r, p), (int)n, s);
		return;
	}
	buf_fmt(&r->out.b, "%s: ", host_of(r, p));
	buf_put(&r->out.b, s, n);
	buf_char(&r->out.b, '\n');
}

static void print_lines(struct runner *r, struct program *p, unsigned i, bool all)
{
	struct buf *b = &p->line[i];
	size_t from = 0;
	const char *end;

	while (b->n > from && (end = memchr(b->p + from, '\n', b->n - from))) {
		print_line(r, p, i, b->p + from, (size_t)(end - b->p) - from);
		from = (size_t)(end - b->p) + 1;
	}
	if (b->n > from && (all || b->n - from >= LINE_MOST)) {
		print_line(r, p, i, b->p + from, b->n - from);
		from = b->n;
	}
	if (from) {
		memmove(b->p, b->p + from, b->n - from);
		b->n -= from;
	}
}

static void read_from(struct runner *r, struct program *p, unsigned i)
{
	char part[8192];
	ssize_t n = read(p->fd[i], part, sizeof(part));

	if (n > 0) {
		buf_put(&p->line[i], part, (size_t)n);
		print_lines(r, p, i, false);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		print_lines(r, p, i, true);
		close(p->fd[i]);
		p->fd[i] = -1;
	}
}

/* Somebody has ended: say so when it was not as it should. */
static void ended(struct runner *r, struct program *p, int status)
{
	p->pid = 0;
	for (unsigned i = 0; i < 2; i++)
		while (p->fd[i] >= 0) {
			struct pollfd f = { .fd = p->fd[i], .events = POLLIN };

			/* Its children may still hold it. */
			if (poll(&f, 1, 0) <= 0)
				break;
			read_from(r, p, i);
		}
	if (p->stopping || status == 0)
		return;
	r->failed++;
	out_flush(&r->out, &r->e);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 128)
		say(r->c, "%s:%u: %s: exit status %d: %s", r->file, p->step->lineno, host_of(r, p),
		    WEXITSTATUS(status), p->step->command);
	else
		say(r->c, "%s:%u: %s: ended by signal %d: %s", r->file, p->step->lineno,
		    host_of(r, p), WIFEXITED(status) ? WEXITSTATUS(status) - 128 : WTERMSIG(status),
		    p->step->command);
}

/* One tick: what is written, who has ended. */
static void pump(struct runner *r)
{
	struct pollfd *f = calloc(2 * r->n + 1, sizeof(*f));
	int status;

	if (!f) {
		usleep(TICK * 1000);
		return;
	}
	for (unsigned i = 0; i < 2 * r->n; i++)
		f[i] = (struct pollfd) { .fd = r->v[i / 2].fd[i % 2], .events = POLLIN };
	if (poll(f, 2 * r->n, TICK) > 0)
		for (unsigned i = 0; i < 2 * r->n; i++)
			if (f[i].revents && r->v[i / 2].fd[i % 2] >= 0)
				read_from(r, &r->v[i / 2], i % 2);
	free(f);
	for (unsigned i = 0; i < r->n; i++)
		if (r->v[i].pid && waitpid(r->v[i].pid, &status, WNOHANG) == r->v[i].pid)
			ended(r, &r->v[i], status);
	out_flush(&r->out, &r->e);
}

/* ---- steps ---- */

/* What a program reads and writes: nothing, and our two pipes. -1: errno, and some may be open. */
static int open_ends(int fds[3], int mine[2])
{
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < 2 && fds[i] >= 0; i++) {
		int both[2];

		if (pipe2(both, O_CLOEXEC) < 0)
			break;
		mine[i] = both[0];
		fds[i + 1] = both[1];
		fcntl(mine[i], F_SETFL, O_NONBLOCK);
	}
	return fds[2] < 0 ? -1 : 0;
}

static int start(struct runner *r, const struct lab_step *s, unsigned *which)
{
	char *argv[] = { "/bin/sh", "-c", (char *)(uintptr_t)s->command, NULL };
	int fds[3] = { -1, -1, -1 }, mine[2] = { -1, -1 }, rc = -1;
	struct program *v = realloc(r->v, (r->n + 1) * sizeof(*v));

	if (v)
		r->v = v;
	if (!v || open_ends(fds, mine)) {
		err_set(&r->e, ERR_IO, "cannot start a program: %s", strerror(errno));
		goto out;
	}
	if (opt_has(&r->c->opt, OPT_VERBOSE))
		say(r->c, "%s: %s", r->t->node[s->node].name, s->command);
	v += r->n;
	*v = (struct program) { .step = s, .fd = { mine[0], mine[1] } };
	mine[0] = mine[1] = -1;
	v->pid = lab_run(r->l, s->node, argv, fds, LAB_RUN_GROUP, &r->e);
	rc = v->pid < 0 ? -1 : 0;
	v->pid = v->pid < 0 ? 0 : v->pid;
	*which = r->n++;
out:
	for (unsigned i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (unsigned i = 0; i < 2; i++)
		if (mine[i] >= 0)
			close(mine[i]);
	return rc;
}

static void stop(struct runner *r, struct program *p)
{
	int64_t end = now_ms() + GRACE;

	if (!p->pid)
		return;
	p->stopping = true;
	kill(-p->pid, SIGTERM);
	while (p->pid && now_ms() < end)
		pump(r);
	if (!p->pid)
		return;
	kill(-p->pid, SIGKILL);
	while (p->pid)
		pump(r);
}

int lab_await(struct cli *c, struct lab *l, const struct lab_step *s, void (*meanwhile)(void *ctx),
	      void *ctx, struct err *e)
{
	int64_t ns = PATIENCE * 1000000ll, end;
	int rc = opt_time(&c->opt, OPT_TIMEOUT, &ns, e);

	for (end = now_ms() + ns / 1000000; rc == 0 && !signals_stop; rc = 0) {
		rc = lab_listens(l, s->port_node, s->port, e);
		if (rc || now_ms() >= end)
			break;
		if (meanwhile)
			meanwhile(ctx);
		else
			usleep(TICK * 1000);
	}
	return rc;
}

static void pump_on(void *ctx)
{
	pump(ctx);
}

/* A failure when nobody listens in time. */
static int await_port(struct runner *r, const struct lab_step *s)
{
	int rc = lab_await(r->c, r->l, s, pump_on, r, &r->e);

	if (rc == 0 && !signals_stop) {
		r->failed++;
		say(r->c, "%s:%u: nobody listens on %s:%u", r->file, s->lineno,
		    r->t->node[s->port_node].name, s->port);
	}
	return rc < 0 ? -1 : 0;
}

static int do_step(struct runner *r, const struct lab_step *s)
{
	int64_t end = now_ms() + s->time / 1000000;
	unsigned which = 0;

	switch (s->kind) {
	case LAB_WAIT:
		if (s->port)
			return await_port(r, s);
		while (now_ms() < end && !signals_stop)
			pump(r);
		return 0;
	case LAB_STOP:
		for (unsigned i = 0; i < r->n; i++)
			if (r->v[i].step->node == s->node)
				stop(r, &r->v[i]);
		return 0;
	default: break;
	}
	if ((s->port && await_port(r, s)) || signals_stop)
		return r->e.code ? -1 : 0;
	if (start(r, s, &which))
		return -1;
	while (s->kind == LAB_RUN && r->v[which].pid && !signals_stop)
		pump(r);
	return 0;
}

static int run_steps(struct runner *r)
{
	int rc = 0;

	for (unsigned i = 0; !rc && !signals_stop && i < r->t->nsteps; i++)
		rc = do_step(r, &r->t->step[i]);
	/* Who was to serve until now and is gone has failed already. */
	for (unsigned i = r->n; i-- > 0;)
		stop(r, &r->v[i]);
	for (unsigned i = 0; i < r->n; i++)
		for (unsigned k = 0; k < 2; k++) {
			if (r->v[i].fd[k] >= 0) {
				print_lines(r, &r->v[i], k, true);
				close(r->v[i].fd[k]);
			}
			buf_done(&r->v[i].line[k]);
		}
	return out_flush(&r->out, &r->e) < 0 && !r->out.gone ? -1 : rc;
}

int lab_script(struct cli *c, const char *file)
{
	struct runner r = { .c = c, .file = file };
	struct topology *t = NULL;
	int64_t unused = 0;
	int rc = -1;

	if (opt_time(&c->opt, OPT_TIMEOUT, &unused, &r.e) == 0)
		t = lab_topology(file, true, &r.e);
	if (t && !t->nsteps)
		err_set(&r.e, ERR_USAGE, "%s: nothing to run; say it: run h1: ping -c 1 h2", file);
	r.t = t;
	if (t && t->nsteps)
		r.l = lab_start(c, t, &r.e);
	if (r.l) {
		rc = run_steps(&r);
		lab_tell_wires(c, t, r.l);
	}
	lab_close(r.l);
	out_done(&r.out);
	free(r.v);
	topology_free(t);
	if (rc < 0)
		return print_err(c, &r.e);
	if (signals_stop)
		return 128 + SIGINT;
	return r.failed ? EXIT_NO : EXIT_DONE;
}
