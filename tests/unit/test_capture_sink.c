/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures written: read back by libpcap, and whole whatever happens while they are written. */
#include "tests/unit/capture_help.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/sink.h"

/* ---- sinks ---- */

static void write_ok(struct sink *k, const struct packet *p)
{
	struct err e = { 0 };

	ck_assert_msg(sink_write(k, p, &e) == SINK_OK, "%s", e.msg);
}

static struct sink *sink_ok(const char *path, const struct sink_options *o)
{
	struct err e = { 0 };
	struct sink *k = sink_open(path, o, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

/* What we write libpcap reads, and says the same of it. */
START_TEST(sink_read_by_libpcap)
{
	const char *path = path_of(_i ? "out.pcapng" : "out.pcap");
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	struct stat st;
	struct err e = { 0 };
	uint8_t big[70000];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	umask(0);
	struct sink *k = sink_ok(path, NULL);
	struct packet a = packet_of("\1\2\3\4\5", 5, LINK_RAW, 1700000000123456789);
	a.wire_len = 1500;
	write_ok(k, &a);
	a = packet_of(big, sizeof(big), LINK_RAW, 4000000000000000001);
	write_ok(k, &a);
	a = packet_of(NULL, 0, LINK_RAW, 0);
	a.wire_len = 9;
	write_ok(k, &a);
	ck_assert_uint_eq(sink_count(k), 3);
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);

	pcap_t *p =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	ck_assert_msg(p != NULL, "%s", errbuf);
	ck_assert_int_eq(pcap_datalink(p), DLT_RAW);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_int_eq(h->ts.tv_sec, 1700000000);
	ck_assert_int_eq(h->ts.tv_usec, 123456789);
	ck_assert_uint_eq(h->caplen, 5);
	ck_assert_uint_eq(h->len, 1500);
	ck_assert_mem_eq(data, "\1\2\3\4\5", 5);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_uint_eq(h->caplen, sizeof(big));
	ck_assert_int_eq(h->ts.tv_usec, 1);
	ck_assert_mem_eq(data, big, sizeof(big));
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_uint_eq(h->caplen, 0);
	ck_assert_uint_eq(h->len, 9);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}
END_TEST

/* A second link type in the middle: the pcap becomes a pcapng that holds all of them. */
START_TEST(sink_becomes_pcapng)
{
	const char *path = path_of("mixed.pcap");
	struct packet p;
	struct err e = { 0 };
	struct stat st;

	struct sink *k = sink_ok(path, NULL);
	for (int i = 0; i < 300; i++) {
		p = packet_of("abcdef", (uint32_t)i % 7, i < 100 ? 1 : i < 200 ? 101 : 1, i);
		p.wire_len = 100;
		p.flags = i % 2 ? PACKET_OUTGOING : 0;
		write_ok(k, &p);
	}
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	struct source *s = open_ok(path);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(p.when, i);
		ck_assert_uint_eq(p.len, (unsigned)i % 7);
		ck_assert_uint_eq(p.wire_len, 100);
		ck_assert_uint_eq(p.link, i < 100 ? 1 : i < 200 ? 101 : 1);
		if (i >= 100) /* a pcap has no room for it */
			ck_assert_uint_eq(p.flags, i % 2 ? PACKET_OUTGOING : 0);
		ck_assert_mem_eq(p.data, "abcdef", p.len);
	}
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
	/* Nothing is left beside it; and who insists on pcap is told. */
	char cmd[120];
	snprintf(cmd, sizeof(cmd), "[ $(ls -A '%s' | wc -l) = 1 ]", dir);
	ck_assert_int_eq(system(cmd), 0);
	k = sink_ok(path, &(struct sink_options) { .format = SINK_PCAP });
	p = packet_of("a", 1, 1, 0);
	write_ok(k, &p);
	p.link = 101;
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	s = open_ok(path);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

START_TEST(sink_refuses_data)
{
	struct err e = { 0 };
	struct sink *k = sink_ok(path_of("x.pcap"), NULL);
	struct packet p = packet_of("a", 1, LINK_NONE, 0);

	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_ptr_nonnull(strstr(e.msg, "link type"));
	e = (struct err) { 0 };
	p = packet_of("a", 1, 1, -1);
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_ptr_nonnull(strstr(e.msg, "time"));
	p.when = 0; /* it goes on after that */
	write_ok(k, &p);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	/* No packet at all is a capture too. */
	k = sink_ok(path_of("empty.pcap"), NULL);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	struct source *s = open_ok(path_of("empty.pcap"));
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

START_TEST(sink_dev_full)
{
	struct err e = { 0 };
	struct packet p = packet_of("abc", 3, 1, 0);
	struct sink *k = sink_ok("/dev/full", NULL);

	write_ok(k, &p);
	ck_assert_int_eq(sink_flush(k, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_str_eq(e.msg,
			 "cannot write /dev/full: No space left on device; 0 packets are safe");
	e = (struct err) { 0 };
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	e = (struct err) { 0 };
	ck_assert_int_eq(sink_close(k, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
}
END_TEST

/* A limit in the middle of a record: the file ends with the last whole one, and the count is right.
 */
START_TEST(sink_limit)
{
	const char *path = path_of("limited.pcap");
	uint8_t data[100] = { 0 };
	struct packet p = packet_of(data, sizeof(data), 1, 0);
	struct err e = { 0 };
	struct stat st;
	int status;
	/* 24 bytes of header, 116 each: 10 whole ones and 50 bytes of the next. */
	struct rlimit lim = { 24 + 10 * 116 + 50, RLIM_INFINITY };

	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &lim);
		struct sink *k = sink_open(path, NULL, &e);
		for (int i = 0; i < 40; i++)
			sink_write(k, &p, &e);
		int rc = sink_flush(k, &e);
		bool said = strstr(e.msg, "10 packets are safe") && sink_safe(k) == 10;
		sink_close(k, NULL);
		_exit(rc == SINK_ERROR && said ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 10 * 116);
}
END_TEST

START_TEST(sink_pipe_gone)
{
	struct err e = { 0 };
	struct packet p = packet_of("abc", 3, 1, 0);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	int out = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(fd[1], STDOUT_FILENO), STDOUT_FILENO);
	struct sink *k = sink_open("-", NULL, &e);
	dup2(out, STDOUT_FILENO);
	ck_assert_msg(k != NULL, "%s", e.msg);
	close(fd[0]);
	close(fd[1]);
	write_ok(k, &p);
	ck_assert_int_eq(sink_flush(k, &e), SINK_GONE);
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_GONE);
	ck_assert_int_eq(sink_close(k, &e), SINK_GONE);
	ck_assert_int_eq(e.code, 0);
	close(out);
}
END_TEST

/* A pipe that takes little at a time, non-blocking: every byte arrives. */
START_TEST(sink_short_writes)
{
	struct err e = { 0 };
	static uint8_t data[200000];
	struct packet p = packet_of(data, sizeof(data), 1, 0);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[1]);
		uint8_t buf[777];
		size_t n = 0;
		ssize_t got;
		while ((got = read(fd[0], buf, sizeof(buf))) > 0)
			n += (size_t)got;
		_exit(n == 24 + 20 * (16 + sizeof(data)) ? 0 : 1);
	}
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	int out = dup(STDOUT_FILENO);
	dup2(fd[1], STDOUT_FILENO);
	struct sink *k = sink_open("-", NULL, &e);
	dup2(out, STDOUT_FILENO);
	close(fd[0]);
	close(fd[1]);
	for (int i = 0; i < 20; i++)
		write_ok(k, &p);
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(out);
}
END_TEST

START_TEST(sink_due_within_a_second)
{
	struct packet p = packet_of("abc", 3, 1, 0);
	struct timespec ts;
	struct sink *k = sink_ok(path_of("due.pcap"), NULL);

	ck_assert_int_eq(sink_due(k), INT64_MAX);
	write_ok(k, &p);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	int64_t now = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	ck_assert_int_gt(sink_due(k), now);
	ck_assert_int_le(sink_due(k), now + 1000000000);
	ck_assert_uint_eq(sink_safe(k), 0);
	ck_assert_int_eq(sink_flush(k, NULL), SINK_OK);
	ck_assert_uint_eq(sink_safe(k), 1);
	ck_assert_int_eq(sink_due(k), INT64_MAX);
	sink_close(k, NULL);
}
END_TEST

static bool refused(const char *path, const struct sink_options *o, const char *says)
{
	struct err e = { 0 };
	struct sink *k = sink_open(path, o, &e);

	ck_assert_msg(!k, "%s: opened", path);
	ck_assert_msg(strstr(e.msg, says), "%s: said: %s", path, e.msg);
	return true;
}

START_TEST(sink_suspicion)
{
	struct packet p = packet_of("abc", 3, 1, 0);
	struct stat st;
	const char *target = path_of("target"), *link_name = path_of("link");

	/* One's own directory: a link is followed, a file is overwritten, as always. */
	FILE *f = fopen(target, "w");
	fputs("precious", f);
	fclose(f);
	chmod(target, 0644);
	ck_assert_int_eq(symlink("target", link_name), 0);
	struct sink *k = sink_ok(link_name, NULL);
	write_ok(k, &p);
	sink_close(k, NULL);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 16 + 3);
	ck_assert_int_eq(lstat(link_name, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	refused(target, &(struct sink_options) { .keep = true }, "exists already");
	struct source *s = open_ok(target);
	struct file_id id = source_file_id(s);
	refused(link_name, &(struct sink_options) { .avoid = &id, .navoid = 1 }, "is being read");
	source_close(s);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 16 + 3); /* untouched by the refusals */

	/* A shared one: no links. */
	ck_assert_int_eq(chmod(dir, 01777), 0);
	refused(link_name, NULL, "symbolic link");
	k = sink_ok(target, NULL); /* one's own file */
	sink_close(k, NULL);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(target, 12345, 12345), 0);
		refused(target, NULL, "somebody else");
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
	refused(dir, NULL, "directory");
	refused(path_of("no/such/dir"), NULL, "No such file");
}
END_TEST

UNIT_TESTS(capture_sink)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, sink_read_by_libpcap, 0, 2);
	tcase_add_test(t, sink_becomes_pcapng);
	tcase_add_test(t, sink_refuses_data);
	tcase_add_test(t, sink_dev_full);
	tcase_add_test(t, sink_limit);
	tcase_add_test(t, sink_pipe_gone);
	tcase_add_test(t, sink_short_writes);
	tcase_add_test(t, sink_due_within_a_second);
	tcase_add_test(t, sink_suspicion);
}
