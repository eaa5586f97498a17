/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzz target over files and folders of files, where there is no libFuzzer: seeds and past
 * crashers are replayed by every build. Each input stands in a buffer of exactly its size. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

extern int fuzz_replays; /* fuzz.h */
int fuzz_replays = 1;

#define FILE_MAX (16u << 20)

static int run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);
	int rc = -1;

	if (f && data && size <= FILE_MAX && fread(data, 1, size, f) == size) {
		LLVMFuzzerTestOneInput(data, size);
		rc = 0;
	} else {
		fprintf(stderr, "%s: cannot be read\n", path);
	}
	free(data);
	if (f)
		fclose(f);
	return rc;
}

/* One level of folders is enough for a corpus. */
static int run_path(const char *path, unsigned *count)
{
	struct stat st;
	struct dirent **names;
	int rc = 0, n;

	if (stat(path, &st) < 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		++*count;
		return run_file(path, (size_t)st.st_size);
	}
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char sub[4096];

		snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
		free(names[i]);
		if (stat(sub, &st) == 0 && S_ISREG(st.st_mode)) {
			++*count;
			rc |= run_file(sub, (size_t)st.st_size);
		}
	}
	free(names);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int rc = 0;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		rc |= run_path(argv[i], &count);
	printf("%u inputs\n", count);
	return rc || !count;
}
