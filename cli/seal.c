/* SPDX-License-Identifier: BSD-2-Clause */
/* No more files: landlock(7). */
#include "cli/seal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#if defined(SYS_landlock_create_ruleset) && !defined(SANITIZED)
#include <linux/landlock.h>

/* Rights that the header of an older system does not name yet: ABI 2, 3 and 5. */
#define RIGHT_REFER (1ull << 13)
#define RIGHT_TRUNCATE (1ull << 14)
#define RIGHT_IOCTL (1ull << 15)

static void allow(int ruleset, const char *path, __u64 rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* A capture that gets a second link type is written anew beside itself. */
static void allow_output(int ruleset, const char *path, __u64 all)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	if (dir)
		allow(ruleset, dir,
		      all & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			     RIGHT_REFER | RIGHT_TRUNCATE));
	free(dir);
}

int seal_files(const char *write_path)
{
	static const char *const names[] = {
		"/etc/services",      "/etc/protocols", "/etc/hosts",
		"/etc/nsswitch.conf", "/etc/ethers",    "/etc/networks"
	};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = { .handled_access_fs = (1ull << 13) - 1 };

	if (abi < 1)
		return 0;
	attr.handled_access_fs |= abi >= 2 ? RIGHT_REFER : 0;
	attr.handled_access_fs |= abi >= 3 ? RIGHT_TRUNCATE : 0;
	attr.handled_access_fs |= abi >= 5 ? RIGHT_IOCTL : 0;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return 0;
	/* The counters of the interface, which libpcap reads anew each time. */
	allow(ruleset, "/sys", LANDLOCK_ACCESS_FS_READ_FILE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		allow(ruleset, names[i], LANDLOCK_ACCESS_FS_READ_FILE);
	if (write_path && strcmp(write_path, "-") != 0)
		allow_output(ruleset, write_path, attr.handled_access_fs);
	int done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}
#else
int seal_files(const char *write_path)
{
	(void)write_path;
	return 0;
}
#endif
