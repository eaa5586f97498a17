/* SPDX-License-Identifier: BSD-2-Clause */
/* strata doctor: what is missing on this machine for what, and the one command that mends it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/devices.h"
#include "capture/source.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "lab/lab.h"

static const char *const examples[] = { "doctor", "what works here, and what mends the rest",
					NULL };
static const enum option_id options[] = { OPT_NONE };

struct finding {
	struct buf *b;
	const struct cli *c;
	unsigned missing;
};

static void good(struct finding *f, const char *what)
{
	buf_fmt(f->b, "%sok%s       %s\n", f->c->color ? "\033[32m" : "",
		f->c->color ? "\033[0m" : "", what);
}

static void lacks(struct finding *f, const char *what, const char *mend)
{
	f->missing++;
	buf_fmt(f->b, "%smissing%s  %s\n", f->c->color ? "\033[31m" : "",
		f->c->color ? "\033[0m" : "", what);
	if (mend)
		buf_fmt(f->b, "         %s\n", mend);
}

static void see_rights(struct finding *f)
{
	char self[400] = "strata", mend[480];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		self[n] = '\0';
	if (privs_raw()) {
		good(f, "CAP_NET_RAW: sniff, send, ask");
		return;
	}
	snprintf(mend, sizeof(mend), "sudo setcap cap_net_raw+ep %s", self);
	lacks(f, "CAP_NET_RAW: sniff, and send and ask through raw sockets", mend);
}

/* One is made, and is gone again. */
static void see_networks(struct finding *f)
{
	static const char smallest[] = "h1 -- h2", what[] = "private networks (strata lab)";
	struct lab_opts o = { 0 };
	struct err e = { 0 };
	struct topology *t = topology_parse("", smallest, strlen(smallest), &e);
	struct lab *l = t ? lab_open(t, &o, &e) : NULL;

	if (l)
		good(f, what);
	else
		lacks(f, what, e.msg);
	lab_close(l);
	topology_free(t);
}

static void see_devices(struct finding *f)
{
	struct devices d;
	struct err e = { 0 };
	char line[300];
	size_t n;

	if (devices_list(&d, &e) < 0) {
		lacks(f, e.msg, NULL);
		return;
	}
	n = (size_t)snprintf(line, sizeof(line), "devices that are up:");
	for (unsigned i = 0; i < d.n && n < sizeof(line); i++)
		if (d.v[i].ifindex && d.v[i].up)
			n += (size_t)snprintf(line + n, sizeof(line) - n, " %s", d.v[i].name);
	if (devices_default(&d))
		good(f, line);
	else
		lacks(f, "no network device is up", "sudo ip link set lo up");
	devices_done(&d);
}

static void see_build(struct finding *f)
{
	const char *have = source_compressions();

	if (seal_has_seccomp())
		good(f, "no system calls but the needed ones, once all is open (seccomp)");
	else
		lacks(f, "limiting system calls once all is open (seccomp)",
		      "install libseccomp-dev and build again, without sanitizers");
	if (seal_has_landlock())
		good(f, "no files but the needed ones, once all is open (Landlock)");
	else
		lacks(f, "limiting files once all is open (Landlock)",
		      "Linux 5.13 or newer, booted with lsm=landlock, and a build without "
		      "sanitizers");

	if (strstr(have, ".gz"))
		good(f, "reading .gz captures");
	else
		lacks(f, "reading .gz captures", "install zlib1g-dev and build again");
	if (strstr(have, ".zst"))
		good(f, "reading .zst captures");
	else
		lacks(f, "reading .zst captures", "install libzstd-dev and build again");
}

static void see_protocols(struct finding *f, struct cli *c)
{
	struct err e = { 0 };
	char line[900];

	if (load_registry(c, &e) == 0) {
		snprintf(line, sizeof(line), "%u protocols load", registry_count(c->reg));
		good(f, line);
		return;
	}
	if (e.name[0])
		snprintf(line, sizeof(line), "protocols do not load: %s:%u:%u: %s", e.name,
			 e.lineno, e.col, e.msg);
	else
		snprintf(line, sizeof(line), "protocols do not load: %s", e.msg);
	lacks(f, line, "mend or remove that file");
}

static int run_doctor(struct cli *c)
{
	struct out out = { 0 };
	struct err e = { 0 };
	struct finding f = { .b = &out.b, .c = c };

	if (c->argc)
		return fail(c, ERR_USAGE, "doctor takes no words: '%s'", c->argv[0]);
	see_rights(&f);
	see_networks(&f);
	see_devices(&f);
	see_build(&f);
	see_protocols(&f, c);
	int rc = out_flush(&out, &e) < 0 && !out.gone ? print_err(c, &e)
		 : f.missing                          ? EXIT_NO
						      : EXIT_DONE;
	out_done(&out);
	return rc;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.line = "what is missing here, and what mends it",
	.usage = "",
	.example = examples,
	.option = options,
	.run = run_doctor,
	.more = "Exit 1 when something is missing. Sends nothing, changes nothing.",
};
