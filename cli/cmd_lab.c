/* SPDX-License-Identifier: BSD-2-Clause */
/* strata lab: a private network from a few words, programs in it, and nothing left of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/lab.h"
#include "cli/out.h"
#include "cli/signals.h"
#include "core/clock.h"

static const char *const examples[] = { "lab",
					"two hosts on a wire, and a shell on the first",
					"lab 'h1 -- s1 -- h2, s1 -- r1 -- h3 loss=10% delay=20ms'",
					"five hosts and more, a poor wire to the last",
					"lab 'h1 -- r1 -- h2' -- ping -c 3 h2",
					"one command on the first host; its exit status",
					"lab --print 'h1 -- r1 -- h2'",
					"what would be made: addresses, routes",
					"lab --print --as svg 'h1 -- r1 -- h2' > net.svg",
					"as a picture; --as mermaid for a text document",
					"lab run web.lab",
					"start, run and stop what the file says",
					"lab list",
					"those that run",
					"lab on h2 ip route",
					"a command, or a shell, on a host of a running lab",
					"lab sniff h1--s1 tcp",
					"listen on a wire of a running lab",
					NULL };
static const enum option_id options[] = { OPT_PRINT, OPT_AS, OPT_NAME, OPT_TIMEOUT, OPT_NONE };

static bool passes(int n, char *const *word)
{
	return n == 2 && (strcmp(word[0], "on") == 0 || strcmp(word[0], "sniff") == 0);
}

/* ---- the topology ---- */

static int read_file(const char *path, struct buf *out, struct err *e)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	if (!f)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	while ((n = fread(part, 1, sizeof(part), f)) > 0 && out->n < 1u << 20)
		buf_put(out, part, n);
	if (ferror(f))
		err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	else if (n)
		err_set(e, ERR_USAGE, "%s: too long for a topology", path);
	fclose(f);
	return e->code ? -1 : 0;
}

struct topology *lab_topology(const char *word, bool must_be_file, struct err *e)
{
	bool file = must_be_file || access(word, F_OK) == 0;
	struct buf b = { 0 };
	struct topology *t = NULL;

	if (file ? read_file(word, &b, e) == 0 : (buf_str(&b, word), true))
		t = topology_parse(file ? word : "", b.n ? b.p : "", b.n, e);
	if (!t && !file && strpbrk(word, "/.") && !strpbrk(word, " (") && !strstr(word, "--")) {
		err_clear(e);
		err_set(e, ERR_IO, "there is no file '%s'", word);
	}
	buf_done(&b);
	return t;
}

static int print_lab(struct cli *c, const struct topology *t)
{
	static const char *const forms[] = { "text", "json", "mermaid", "svg", NULL };
	struct out out = { 0 };
	struct err e = { 0 };
	int form = 0, rc;

	if (opt_word(&c->opt, OPT_AS, forms, &form, &e) < 0)
		return print_err(c, &e);
	if (form == 0)
		topology_text(t, &out.b);
	else if (form == 1)
		topology_json(t, &out.b);
	else if (form == 2)
		topology_mermaid(t, &out.b);
	else
		topology_svg(t, &out.b);
	rc = out_flush(&out, &e) < 0 && !out.gone ? print_err(c, &e) : EXIT_DONE;
	out_done(&out);
	return rc;
}

/* ---- made real ---- */

struct lab *lab_start(struct cli *c, const struct topology *t, struct err *e)
{
	static const char *const id[] = { "SUDO_UID", "SUDO_GID" };
	struct lab_opts o = { .name = c->opt.v[OPT_NAME] };
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	unsigned long v[2] = { 0 };

	for (unsigned i = 0; i < 2; i++)
		v[i] = getenv(id[i]) ? strtoul(getenv(id[i]), NULL, 10) : 0;
	o.drop = geteuid() == 0 && v[0];
	o.uid = (uid_t)v[0];
	o.gid = (gid_t)v[1];
	if (n > 0 && !memchr(self, '\'', (size_t)n)) {
		self[n] = '\0';
		o.self = self;
	}
	return lab_open(t, &o, e);
}

static void tell_way(struct cli *c, const struct topology *t, unsigned port,
		     const struct lab_wire_stats *s)
{
	struct buf b = { 0 };
	const struct {
		const char *what;
		uint64_t n;
	} rows[] = { { "lost", s->lost },
		     { "reordered", s->reordered },
		     { "doubled", s->duplicated },
		     { "corrupted", s->corrupted },
		     { "without room", s->full },
		     { "not carried", s->failed },
		     { "more than 1 ms late", s->late } };

	buf_fmt(&b, "%s to %s: %llu frames in, %llu out", t->node[t->port[port].node].name,
		t->node[t->port[port ^ 1].node].name, (unsigned long long)s->in,
		(unsigned long long)s->out);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].n)
			buf_fmt(&b, ", %llu %s (%.2f %%)", (unsigned long long)rows[i].n,
				rows[i].what,
				100.0 * (double)rows[i].n / (double)(s->in ? s->in : 1));
	if (s->late)
		buf_fmt(&b, ", by %.1f ms at most", (double)s->latest / 1e6);
	say(c, "%s", buf_cstr(&b));
	buf_done(&b);
}

void lab_tell_wires(struct cli *c, const struct topology *t, const struct lab *l)
{
	struct lab_wire_stats s[2];
	uint64_t seed;

	for (unsigned w = 0; w < t->nwires; w++) {
		if (lab_wire_broken(l, w))
			say(c, "the wire %s--%s is broken: the program that carries it was ended",
			    t->node[t->port[2 * w].node].name,
			    t->node[t->port[2 * w + 1].node].name);
		if (!lab_wire_stats(l, w, s, &seed) || !(s[0].in + s[1].in))
			continue;
		tell_way(c, t, 2 * w, &s[0]);
		tell_way(c, t, 2 * w + 1, &s[1]);
		if (!t->wire[w].has_seed && opt_has(&c->opt, OPT_VERBOSE))
			say(c, "seed=%llu repeats what this wire decided",
			    (unsigned long long)seed);
	}
}

static volatile pid_t program;   /* or who waits for it inside */
static volatile int early;       /* a signal that came before there was one */
static volatile bool passes_end; /* what should end us is for the program, too */
static int64_t passed_at;

/* What another process sends us is meant for the program; a terminal's signals it has by itself.
 * Who asks twice, and not through a group, means us. */
static void pass_on(int sig, siginfo_t *from, void *context)
{
	int before = errno;
	int64_t now = clock_mono();

	(void)context;
	if (sig != SIGINT && (!passes_end || (passed_at && now - passed_at > 200000000))) {
		signal(sig, SIG_DFL);
		raise(sig);
	} else if (from->si_code <= 0) {
		passed_at = sig == SIGINT ? passed_at : now;
		if (program > 0)
			kill(program, sig);
		else
			early = sig;
	}
	errno = before;
}

/* A terminal's signals are for the program, which is in our group; others end the lab, or (of a lab
 * of others: end) are for it, too. Returns whether the terminal is ours to give and to take back.
 */
static bool leave_signals(bool end)
{
	struct sigaction sa = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO };

	passes_end = end;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGQUIT, SIG_IGN);
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The exit status of a program; while we wait the terminal is its. */
static int wait_for(pid_t pid, bool terminal)
{
	int status;

	program = pid;
	if (early)
		kill(pid, early);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ERR_IO;
	/* A shell that was killed leaves the terminal in its own hands. */
	if (terminal && tcgetpgrp(STDIN_FILENO) != getpgrp()) {
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(STDIN_FILENO, getpgrp());
		signal(SIGTTOU, SIG_DFL);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A shell's words. */
static char **shell_words(void)
{
	static char *bash[] = { "bash", "--rcfile", LAB_ROOM "/bashrc", "-i", NULL };
	static char *plain[] = { "/bin/sh", NULL };
	static char *own[] = { NULL, NULL };
	const char *shell = getenv("SHELL");
	const char *slash = shell ? strrchr(shell, '/') : NULL;

	if (!isatty(STDIN_FILENO)) /* commands come from a file */
		return plain;
	if (slash && strcmp(slash, "/bash") != 0 && access(shell, X_OK) == 0) {
		own[0] = (char *)(uintptr_t)shell;
		return own;
	}
	return access("/bin/bash", X_OK) == 0 || access("/usr/bin/bash", X_OK) == 0 ? bash : plain;
}

static const int standard[3] = { 0, 1, 2 };

static int first_host(const struct topology *t)
{
	for (unsigned i = 0; i < t->nnodes; i++)
		if (t->node[i].kind == LAB_HOST)
			return (int)i;
	return 0;
}

/* What the topology starts serves while we are there; what it writes is kept inside. */
static int start_servers(struct cli *c, const struct topology *t, struct lab *l, struct err *e)
{
	int rc = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[3] = { null, null, null };

	for (unsigned i = 0; !rc && i < t->nsteps; i++) {
		const struct lab_step *s = &t->step[i];
		const char *host = t->node[s->node].name;
		char *argv[] = { "/bin/sh", "-c", NULL, NULL };
		struct buf b = { 0 };

		if (s->kind != LAB_START)
			continue;
		if (s->port)
			rc = lab_await(c, l, s, NULL, NULL, e);
		buf_fmt(&b, "exec >>" LAB_ROOM "/log/%s 2>&1\n%s", host, s->command);
		argv[2] = (char *)(uintptr_t)buf_cstr(&b);
		if (rc >= 0 && lab_run(l, s->node, argv, fds, LAB_RUN_GROUP, e) < 0)
			rc = -1;
		else if (rc >= 0)
			say(c, "%s: %s (what it writes: " LAB_ROOM "/log/%s)", host, s->command,
			    host);
		rc = rc < 0 ? -1 : 0;
		buf_done(&b);
	}
	if (null >= 0)
		close(null);
	return rc;
}

static int use_lab(struct cli *c, const struct topology *t, char **words)
{
	struct err e = { 0 };
	struct lab *l = lab_start(c, t, &e);
	int host = first_host(t), rc;
	struct buf b = { 0 };
	pid_t pid;

	if (!l)
		return print_err(c, &e);
	if (!words && isatty(STDIN_FILENO)) {
		topology_names(t, &b);
		say(c, "lab %s: %s", lab_name(l), buf_cstr(&b));
		say(c,
		    "this is %s; 'on HOST COMMAND' runs there, 'on HOST' is a shell, 'sniff A--B' "
		    "listens on a wire, 'exit' ends it all",
		    t->node[host].name);
		buf_done(&b);
	}
	bool terminal = leave_signals(false);
	if (start_servers(c, t, l, &e)) {
		lab_close(l);
		return print_err(c, &e);
	}
	pid = lab_run(l, (unsigned)host, words ? words : shell_words(), standard, 0, &e);
	rc = pid < 0 ? print_err(c, &e) : wait_for(pid, terminal);
	lab_tell_wires(c, t, l);
	lab_close(l);
	return rc;
}

/* ---- labs that run ---- */

static void tell_lab(void *ctx, const char *name, const char *text, size_t len)
{
	struct buf *out = ctx;
	struct err e = { 0 };
	struct topology *t = topology_parse("", text, len, &e);

	buf_fmt(out, "%-12s ", name);
	if (t)
		topology_names(t, out);
	buf_char(out, '\n');
	topology_free(t);
}

static int list_labs(struct cli *c)
{
	struct out out = { 0 };
	struct err e = { 0 };
	int rc = EXIT_DONE, n;

	if (c->argc > 1)
		return fail(c, ERR_USAGE, "'lab list' takes no more words: '%s'", c->argv[1]);
	n = labs_each(tell_lab, &out.b, &e);
	if (n < 0 || (out_flush(&out, &e) < 0 && !out.gone))
		rc = print_err(c, &e);
	else if (!n) {
		say(c, "no lab runs");
		rc = EXIT_NO;
	}
	out_done(&out);
	return rc;
}

static int on_host(struct cli *c)
{
	struct err e = { 0 };
	pid_t pid;
	int words;

	if (c->argc < 2)
		return fail(c, ERR_USAGE, "which host? strata lab on h2 [COMMAND...]");
	bool terminal = leave_signals(true);
	words = c->argc > 2 && strcmp(c->argv[2], "--") == 0 ? 3 : 2;
	pid = labs_run(c->opt.v[OPT_NAME], c->argv[1],
		       c->argc > words ? c->argv + words : shell_words(), standard, &e);
	return pid < 0 ? print_err(c, &e) : wait_for(pid, terminal);
}

static int sniff_on(struct cli *c, const struct topology *t, const char *self)
{
	const char *where = c->argv[1];
	char *argv[c->argc + 4];
	struct err e = { 0 };
	unsigned port, n = 0;
	char device[16];
	int node = topology_find(t, where, strlen(where));
	pid_t pid;

	if (topology_port(t, where, &port, &e))
		return print_err(c, &e);
	/* A switch as a whole sees what any of its wires brings. */
	if (node >= 0 && t->node[node].kind == LAB_SWITCH)
		snprintf(device, sizeof(device), "br0");
	else
		snprintf(device, sizeof(device), "eth%u", t->port[port].number);
	argv[n++] = (char *)(uintptr_t)self;
	argv[n++] = "sniff";
	argv[n++] = "-i";
	argv[n++] = device;
	for (int i = 2; i < c->argc; i++)
		argv[n++] = c->argv[i];
	argv[n] = NULL;
	bool terminal = leave_signals(true);
	pid = labs_run(c->opt.v[OPT_NAME], t->node[t->port[port].node].name, argv, standard, &e);
	return pid < 0 ? print_err(c, &e) : wait_for(pid, terminal);
}

static int sniff_wire(struct cli *c)
{
	struct buf text = { 0 };
	struct err e = { 0 };
	struct topology *t = NULL;
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int rc;

	if (c->argc < 2)
		return fail(c, ERR_USAGE, "where? strata lab sniff h1--s1 [FILTER]");
	if (n < 0)
		return fail(c, ERR_IO, "cannot find this program: %s", strerror(errno));
	self[n] = '\0';
	if (labs_text(c->opt.v[OPT_NAME], &text, &e) == 0)
		t = topology_parse("", text.n ? text.p : "", text.n, &e);
	rc = t ? sniff_on(c, t, self) : print_err(c, &e);
	topology_free(t);
	buf_done(&text);
	return rc;
}

static int run_lab(struct cli *c)
{
	const char *word = c->argc && c->opt.ended != 0 ? c->argv[0] : NULL;
	int words = c->opt.ended >= 0 ? c->opt.ended : c->argc;
	char **command = c->opt.ended >= 0 ? c->argv + words : NULL;
	bool file = false;
	struct err e = { 0 };
	struct topology *t;
	int rc;

	if (word && strcmp(word, "list") == 0)
		return list_labs(c);
	if (word && strcmp(word, "on") == 0)
		return on_host(c);
	if (word && strcmp(word, "sniff") == 0)
		return sniff_wire(c);
	if (word && strcmp(word, "run") == 0) {
		if (c->argc != 2)
			return fail(c, ERR_USAGE, "one file is wanted: strata lab run FILE");
		if (!opt_has(&c->opt, OPT_PRINT))
			return lab_script(c, c->argv[1]);
		word = c->argv[1];
		file = true;
	} else if (words > 1)
		return fail(c, ERR_USAGE,
			    "one word is the topology, and '%s' is another: put it in quotes, and "
			    "a command after '--'",
			    c->argv[1]);
	if (command && words == c->argc)
		return fail(c, ERR_USAGE, "a command is wanted after '--'");
	t = lab_topology(word ? word : "h1 -- h2", file, &e);
	if (!t)
		return print_err(c, &e);
	rc = opt_has(&c->opt, OPT_PRINT) ? print_lab(c, t) : use_lab(c, t, command);
	topology_free(t);
	return rc;
}

const struct command cmd_lab = {
	.name = "lab",
	.line = "a private network, as an ordinary user",
	.usage = "[TOPOLOGY|FILE] [-- COMMAND...] | run FILE | list | on HOST [COMMAND...] | sniff "
		 "WHERE",
	.example = examples,
	.option = options,
	.run = run_lab,
	.passes = passes,
	.more = "Names of hosts are addresses inside, for strata and for other programs. On exit, "
		"or "
		"kill -9, nothing\nis left. The language of topologies: man 7 strata-topology.",
};
