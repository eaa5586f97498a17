/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes strangers' bytes apart has opened all it needs: no more files (Landlock, where the
 * kernel has it), no more system calls than its work takes (seccomp, where the build has it). */
#ifndef STRATA_CLI_SEAL_H
#define STRATA_CLI_SEAL_H

#include <stdbool.h>

struct seal_opts {
	const char *write_path; /* new files may be made in its folder; NULL: nowhere */
	bool sends;             /* sockets are opened yet; files may be read */
	bool serves;            /* connections are accepted and answered */
	bool files;             /* serves: files may be read */
};
enum sealed { SEAL_FILES = 1, SEAL_CALLS = 2 };

/* Once, for good. From now on this process opens no file and no folder, but for what libpcap and
 * the C library read (counters in /sys, /etc/services and the like), runs no program, opens no
 * socket (unless it sends), and any other system call fails with EPERM. Descriptors that are open
 * go on working. Returns which seals hold; none in a build with a sanitizer, which reads /proc at
 * its end. Needs no_new_privs (privs_drop). */
unsigned seal(const struct seal_opts *o);
/* Its two halves, one after the other. The first holds for the calling thread and those that it
 * makes; after the second, which holds for all, no thread can be made any more. */
unsigned seal_files(const struct seal_opts *o);
unsigned seal_calls(const struct seal_opts *o);

/* Does this kernel, and this build, have them? */
bool seal_has_landlock(void);
bool seal_has_seccomp(void);

#endif
