/* SPDX-License-Identifier: BSD-2-Clause */
/* No more files: what takes strangers' bytes apart has opened all it needs (Landlock, where the
 * kernel has it). */
#ifndef STRATA_CLI_SEAL_H
#define STRATA_CLI_SEAL_H

/* From now on this process opens no file and no folder, but for what libpcap and the C library read
 * (counters in /sys, /etc/services and the like), and new files in the folder of write_path (NULL:
 * none). Descriptors that are open go on working. Returns 1: sealed; 0: this kernel cannot, or the
 * build has a sanitizer that reads /proc at its end. Needs no_new_privs (privs_drop). */
int seal_files(const char *write_path);

#endif
