/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit for whoever reads a capture file: its records in mapped memory, walked one after the
 * other, a byte of each looked at. pcap in the machine's byte order only. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD 512 /* bytes */

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	unsigned long packets = 0, bytes = 0;
	const uint8_t *map;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size < 24)
		return 1;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	for (off_t at = 24; at + 16 <= st.st_size; packets++) {
		uint32_t len;

		memcpy(&len, map + at + 8, 4);
		__builtin_prefetch(map + at + AHEAD);
		if (len > st.st_size - at - 16)
			break;
		bytes += len + map[at + 16];
		at += 16 + (off_t)len;
	}
	munmap((void *)map, (size_t)st.st_size);
	close(fd);
	printf("%lu packets, %lu\n", packets, bytes);
	return 0;
}
