/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol files that a user has: a folder of their own and what $STRATA_PROTOCOLS names; and
 * bindings as a user writes them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/registry.h"

static int by_suffix(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 9 && strcmp(d->d_name + n - 9, ".protocol") == 0;
}

int registry_load_folder(struct registry *r, const char *path, struct err *e)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, by_suffix, alphasort), rc = 0;

	for (int i = 0; i < n; i++) {
		char *file = NULL;
		if (rc == 0 && asprintf(&file, "%s/%s", path, list[i]->d_name) < 0) {
			file = NULL;
			rc = err_set(e, ERR_IO, "no memory");
		} else if (rc == 0) {
			rc = registry_load_file(r, file, e);
		}
		free(file);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int load_own_folder(struct registry *r, struct err *e)
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
	int rc = registry_load_folder(r, path, e);
	free(path);
	return rc;
}

static int load_environment(struct registry *r, struct err *e)
{
	const char *v = getenv("STRATA_PROTOCOLS");
	char *copy = v ? strdup(v) : NULL, *save = NULL;
	struct stat st;
	int rc = 0;

	if (v && !copy)
		return err_set(e, ERR_IO, "no memory");
	for (char *p = copy ? strtok_r(copy, ":", &save) : NULL; p && rc == 0;
	     p = strtok_r(NULL, ":", &save)) {
		if (stat(p, &st) == 0 && S_ISDIR(st.st_mode))
			rc = registry_load_folder(r, p, e);
		else
			rc = registry_load_file(r, p, e);
	}
	free(copy);
	return rc;
}

int registry_load_user(struct registry *r, struct err *e)
{
	return load_own_folder(r, e) < 0 ? -1 : load_environment(r, e);
}

int registry_bind_text(struct registry *r, const char *text, struct err *e)
{
	const char *eq = strchr(text, '='), *colon = eq ? strchr(eq, ':') : NULL;
	char space[64], *end;

	if (!colon || eq == text || colon == eq + 1 || !colon[1] ||
	    (size_t)(eq - text) >= sizeof(space))
		return err_set(e, ERR_USAGE,
			       "'%s': wants SPACE=VALUE:PROTOCOL such as ethertype=0x88b5:mine",
			       text);
	snprintf(space, sizeof(space), "%.*s", (int)(eq - text), text);
	unsigned long long v = strtoull(eq + 1, &end, 0);
	if (end != colon)
		return err_set(e, ERR_USAGE, "'%s': '%.*s' is no number", text,
			       (int)(colon - eq - 1), eq + 1);
	return registry_bind(r, space, v, colon + 1, e);
}
