/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights are given up as soon as the sockets are open: capabilities(7) through libcap-ng. */
#include "cli/privs.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct who {
	uid_t uid;
	gid_t gid;
	char name[64];
	bool must; /* the user asked for it */
};

/* 1: someone to become; 0: nobody needs to; -1: e. */
static int choose_user(const struct privs_opts *o, struct who *w, struct err *e)
{
	const char *sudo_uid = getenv("SUDO_UID"), *name = o->user;
	struct passwd *pw;

	if (!name && (geteuid() != 0 || o->keep_uid))
		return 0;
	w->must = name != NULL;
	errno = 0;
	if (name)
		pw = getpwnam(name);
	else if (sudo_uid && strtoul(sudo_uid, NULL, 10) > 0)
		pw = getpwuid((uid_t)strtoul(sudo_uid, NULL, 10));
	else
		pw = getpwnam("nobody");
	if (!pw)
		return name ? err_set(e, ERR_USAGE, "there is no user '%s'", name) : 0;
	w->uid = pw->pw_uid;
	w->gid = pw->pw_gid;
	strncpy(w->name, pw->pw_name, sizeof(w->name) - 1);
	return w->uid != geteuid();
}

static int become(const struct who *w, struct err *e)
{
	/* The supplementary groups go too: root's would be kept. capng_change_id keeps exactly the
	 * capabilities that were set before it over the change of uid. */
	int rc = capng_change_id((int)w->uid, (int)w->gid, CAPNG_DROP_SUPP_GRP);

	if (rc == 0)
		return 0;
	if (!w->must && geteuid() == 0 && getuid() == 0)
		return 1; /* a user namespace without other users: stay root, without capabilities
			   */
	return err_set(e, ERR_PERM, "cannot become user %s", w->name);
}

static const unsigned kept[] = { CAP_NET_RAW, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH };
#define KEPT (sizeof(kept) / sizeof(kept[0]))

/* Which of these it has and may keep: bits. */
static unsigned to_keep(const struct privs_opts *o)
{
	unsigned keep = 0;

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_get_caps_process() != 0)
		return 0;
	for (unsigned i = 0; i < KEPT; i++)
		if ((i ? o->keep_look : o->keep_raw) &&
		    capng_have_capability(CAPNG_EFFECTIVE, kept[i]))
			keep |= 1u << i;
	return keep;
}

/* Tell libcap-ng what is to be left. */
static void want_caps(unsigned keep)
{
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i < KEPT; i++)
		if (keep & 1u << i)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
}

int privs_drop(const struct privs_opts *o, struct err *e)
{
	struct who w = { 0 };
	int change = choose_user(o, &w, e);
	unsigned keep = to_keep(o);

	if (change < 0)
		return -1;
	if (change && geteuid() != 0)
		return err_set(e, ERR_PERM, "to become user %s one has to be root", w.name);
	want_caps(keep);
	if (change) {
		int rc = become(&w, e);
		if (rc < 0)
			return -1;
		change = rc == 0;
		want_caps(keep);
	}
	if (!change && capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_set(e, ERR_PERM, "cannot give up capabilities: %s", strerror(errno));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, ERR_PERM, "no_new_privs: %s", strerror(errno));
	return 0;
}

bool privs_raw(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	return capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW);
}
