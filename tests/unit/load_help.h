/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the loader share. */
#ifndef STRATA_TESTS_LOAD_HELP_H
#define STRATA_TESTS_LOAD_HELP_H

#include "tests/unit/unit.h"

#include <dirent.h>

#include "core/registry.h"

static inline struct registry *load_text(const char *text)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	ck_assert_ptr_nonnull(r);
	if (registry_load(r, "t.protocol", text, strlen(text), false, &e) || registry_freeze(r, &e))
		ck_abort_msg("%u:%u: %s\n%s", e.lineno, e.col, e.msg, e.line);
	return r;
}

static inline const struct proto *proto_named(const struct registry *r, const char *name)
{
	const struct proto *p = registry_find(r, name, strlen(name));

	ck_assert_msg(p != NULL, "no protocol %s", name);
	return p;
}

/* Every description in a folder; *n: one more each. */
static inline void load_folder(struct registry *r, const char *folder, unsigned *n)
{
	struct dirent **names;
	struct err e = { 0 };
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (strstr(names[i]->d_name, ".protocol")) {
			ck_assert_msg(registry_load_file(r, path, &e) == 0, "%s:%u:%u: %s", path,
				      e.lineno, e.col, e.msg);
			++*n;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static const char sensor_text[] =
	"protocol sensor \"Sensor query\" {\n"
	"    doc   \"A client names a sensor; the server answers with the same id and a value.\"\n"
	"    over  udp.port 9000\n"
	"    reply type in (reply, error) to type == request same id\n"
	"    summary \"{type} id={id} {name}\"\n"
	"\n"
	"    version  : u4  = 1                        must version == 1  \"Protocol version\"\n"
	"    type     : u4  = request  enum { request = 1, reply = 2, error = 3 }  \"Kind\"\n"
	"    flags    : u8  = 0        flags { urgent = 0x80, more = 0x40 }\n"
	"    id       : u16 = 1        fresh           \"Copied from request to reply\"\n"
	"    length   : u16 = len(name..end)           \"Bytes after the checksum\"\n"
	"    checksum : u16 = inet(all)                show hex \"Internet checksum\"\n"
	"    name     : text[u8] = \"temp\"              must len(name) > 0       \"Sensor name\"\n"
	"    value    : i32 = 0        if type == reply                         \"Reading\"\n"
	"    code     : u8  = 1        if type == error enum { unknown = 1, busy = 2 }\n"
	"}\n";

#endif
