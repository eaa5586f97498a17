/* SPDX-License-Identifier: BSD-2-Clause */
/* All protocols, loaded in one place: the built-in ones, the user's folder, $STRATA_PROTOCOLS
 * (files and folders, separated by colons), -p; then -d. What comes later may redefine. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

static int by_suffix(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 9 && strcmp(d->d_name + n - 9, ".protocol") == 0;
}

/* Every *.protocol of a folder, in order of their names. No such folder: nothing. */
static int load_folder(struct registry *r, const char *path, struct err *e)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, by_suffix, alphasort), rc = 0;

	for (int i = 0; i < n; i++) {
		char *file = NULL;
		if (rc == 0 && asprintf(&file, "%s/%s", path, list[i]->d_name) < 0)
			rc = err_set(e, ERR_IO, "no memory");
		else if (rc == 0)
			rc = registry_load_file(r, file, e);
		free(file);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int load_user_folder(struct registry *r, struct err *e)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n;

	if (base && *base == '/')
		n = asprintf(&path, "%s/strata/protocols", base);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.config/strata/protocols", home);
	else
		return 0;
	if (n < 0)
		return err_set(e, ERR_IO, "no memory");
	int rc = load_folder(r, path, e);
	free(path);
	return rc;
}

static int load_environment(struct registry *r, struct err *e)
{
	const char *v = getenv("STRATA_PROTOCOLS");
	char *copy = v ? strdup(v) : NULL, *save = NULL;
	struct stat st;
	int rc = 0;

	for (char *p = copy ? strtok_r(copy, ":", &save) : NULL; p && rc == 0;
	     p = strtok_r(NULL, ":", &save)) {
		if (stat(p, &st) == 0 && S_ISDIR(st.st_mode))
			rc = load_folder(r, p, e);
		else
			rc = registry_load_file(r, p, e);
	}
	free(copy);
	return rc;
}

/* -d SPACE=VALUE:PROTOCOL */
static int bind(struct registry *r, const char *text, struct err *e)
{
	const char *eq = strchr(text, '='), *colon = eq ? strchr(eq, ':') : NULL;
	char space[64], *end;

	if (!colon || eq == text || colon == eq + 1 || !colon[1] ||
	    (size_t)(eq - text) >= sizeof(space))
		return err_set(e, ERR_USAGE,
			       "'-d %s': wants SPACE=VALUE:PROTOCOL such as udp.port=5353:dns",
			       text);
	snprintf(space, sizeof(space), "%.*s", (int)(eq - text), text);
	unsigned long long v = strtoull(eq + 1, &end, 0);
	if (end != colon)
		return err_set(e, ERR_USAGE, "'-d %s': '%.*s' is no number", text,
			       (int)(colon - eq - 1), eq + 1);
	return registry_bind(r, space, v, colon + 1, e);
}

int load_registry(struct cli *c, struct err *e)
{
	struct registry *r = c->reg = registry_open();
	const struct options *o = &c->opt;

	if (!r)
		return err_set(e, ERR_IO, "no memory");
	if (registry_load_builtins(r, e) < 0 || load_user_folder(r, e) < 0 ||
	    load_environment(r, e) < 0)
		return -1;
	for (unsigned i = 0; i < o->n[OPT_PROTOCOL]; i++)
		if (registry_load_file(r, o->list[OPT_PROTOCOL][i], e) < 0)
			return -1;
	for (unsigned i = 0; i < o->n[OPT_DECODE_AS]; i++)
		if (bind(r, o->list[OPT_DECODE_AS][i], e) < 0)
			return -1;
	if (registry_freeze(r, e) < 0)
		return -1;
	const char *why;
	for (unsigned i = 0; (why = registry_redefined(r, i)); i++)
		say(c, "%s", why);
	return 0;
}
