/* SPDX-License-Identifier: BSD-2-Clause */
/* The library as a stranger sees it: opening, reading, fields. */
#include "tests/unit/lib_help.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

START_TEST(open_own_protocols)
{
	static const char *const text[] = {
		"protocol pong \"Ping-pong\" {\n over udp.port 9900\n type : u8 = 1\n"
		" half : f32 = 0\n note : text[u8] = \"\"\n}\n"
	};
	static const char *const as[] = { "udp.port=5999:pong" };
	struct strata_options o = {
		.protocol_texts = text, .nprotocol_texts = 1, .decode_as = as, .ndecode_as = 1
	};
	struct strata_protocol about;
	struct strata_packet *p;
	struct strata *s = strata_open_with(&o, &E);
	double half;

	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_uint_eq(strata_protocols(s), strata_protocols(S) + 1);
	ck_assert_int_eq(strata_protocol_find(s, "PONG", &about), 1);
	ck_assert_str_eq(about.title, "Ping-pong");
	ck_assert(!about.builtin);
	ck_assert_uint_eq(about.nfields, 3);
	p = strata_packet_new(s);
	ck_assert_int_eq(
		strata_craft(p, "ip dst=10.0.0.2 / udp dport=5999 / pong half=0.5 note=hi", &E), 0);
	ck_assert_int_eq(strata_layer_find(p, "pong"), 2);
	ck_assert_int_eq(strata_real(p, "pong.half", &half), 1);
	ck_assert(half == 0.5);
	ck_assert_int_eq(strata_real(p, "pong.type", &half), -1);
	ck_assert_str_eq(strata_text(p, "pong.note"), "hi");
	strata_packet_free(p);
	strata_close(s);
}
END_TEST

START_TEST(open_errors)
{
	const char *const missing[] = { "/nonexistent/x.protocol" };
	const char *const bad[] = { "protocol x \"X\" {\n    a : u99\n}\n" };
	const char *const as[] = { "udp.port" };
	struct strata_options o = { .protocol_texts = bad, .nprotocol_texts = 1 };
	char text[1200];

	ck_assert_ptr_null(strata_open(missing, 1, &E));
	ck_assert_int_eq(E.code, STRATA_IO);
	ck_assert_ptr_nonnull(strstr(E.message, "x.protocol"));
	ck_assert_ptr_null(strata_open_with(&o, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.lineno, 2);
	ck_assert_uint_eq(E.column, 9);
	ck_assert_str_eq(E.line, "    a : u99");
	ck_assert_uint_gt(strata_error_text(&E, text, sizeof(text)), strlen(E.message));
	ck_assert_ptr_nonnull(strstr(text, "\n          ^^^"));
	/* Cut, but ended. */
	memset(text, 'x', sizeof(text));
	ck_assert_uint_gt(strata_error_text(&E, text, 5), 5);
	ck_assert_uint_eq(strlen(text), 4);
	o = (struct strata_options) { .decode_as = as, .ndecode_as = 1 };
	ck_assert_ptr_null(strata_open_with(&o, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_ptr_null(strata_open_with(&o, NULL));
	strata_close(NULL);
	strata_packet_free(NULL);
	strata_source_close(NULL);
	strata_plan_close(NULL);
	strata_filter_close(NULL);
	strata_sender_close(NULL);
	ck_assert_int_eq(strata_sink_close(NULL, NULL), 0);
}
END_TEST

/* Only when asked does the environment say what is loaded. */
START_TEST(open_user_folder)
{
	static const char file[] =
		"protocol mine \"Mine\" {\n over udp.port 9901\n a : u8 = 1\n}\n";
	struct strata_options o = { .user_folder = true };
	char dir[] = "/tmp/strata-lib.XXXXXX", path[100];
	struct strata_protocol about;
	struct strata *s;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/mine.protocol", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(file, f);
	fclose(f);
	setenv("STRATA_PROTOCOLS", dir, 1);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	s = strata_open(NULL, 0, &E);
	ck_assert_int_eq(strata_protocol_find(s, "mine", &about), 0);
	strata_close(s);
	s = strata_open_with(&o, &E);
	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_int_eq(strata_protocol_find(s, "mine", &about), 1);
	strata_close(s);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(protocols_told)
{
	struct strata_field_about f;
	struct strata_protocol about;
	size_t n = strata_protocols(S);

	ck_assert_uint_gt(n, 10);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(strata_protocol_at(S, i, &about), 1);
		ck_assert(about.builtin);
		for (size_t k = 0; k < about.nfields; k++)
			ck_assert_int_eq(strata_protocol_field(S, about.name, k, &f), 1);
		ck_assert_int_eq(strata_protocol_field(S, about.name, about.nfields, &f), 0);
	}
	ck_assert_int_eq(strata_protocol_at(S, n, &about), 0);
	ck_assert_int_eq(strata_protocol_field(S, "nosuch", 0, &f), 0);
	ck_assert_int_eq(strata_protocol_field(S, "udp", 0, &f), 1);
	ck_assert_str_eq(f.name, "sport");
	ck_assert_uint_eq(f.bits, 16);
	ck_assert_int_eq(strata_protocol_field(S, "udp", 2, &f), 1);
	ck_assert_str_eq(f.name, "len");
	ck_assert(f.computed);
	ck_assert_ptr_null(strata_redefined(S, 0));
	ck_assert_int_eq(strata_field_known(S, "dns.qd.0.name", &E), 1);
	ck_assert_int_eq(strata_field_known(S, "ip.2.src", &E), 1);
	ck_assert_int_eq(strata_field_known(S, "ip.tll", &E), -1);
	ck_assert_ptr_nonnull(strstr(E.message, "ip.ttl"));
	ck_assert_int_eq(strata_field_known(S, "ip.ttl == 1", &E), -1);
	ck_assert_int_eq(strata_field_known(S, "", &E), -1);
}
END_TEST

/* ---- reading ---- */

/* TFTP goes on between ports that only its first packet tells (RFC 1350 section 4): as tshark reads
 * it, frame 3 is block 1. */
START_TEST(announced)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("tftp-write"), NULL, &E);

	ck_assert_msg(src != NULL, "%s", E.message);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	ck_assert_uint_eq(number("udp.dport"), 41194);
	ck_assert_uint_eq(number("tftp.op"), 3);
	ck_assert_uint_eq(number("tftp.block"), 1);
	strata_source_close(src);
}
END_TEST

/* The template of frame 3 is in frame 1: as tshark reads it, a conversation of 274 bytes with port
 * 8000. A copy that was kept knows of no earlier packet. */
START_TEST(taught)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("ipfix-later"), NULL, &E);
	static const char path[] = "ipfix.sets.0.body.records.0.11.value";
	uint64_t v;

	ck_assert_msg(src != NULL, "%s", E.message);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	ck_assert_uint_eq(number(path), 8000);
	ck_assert_uint_eq(number("ipfix.sets.0.body.records.0.2.value"), 274);
	ck_assert_int_eq(strata_keep(P, &E), 0);
	strata_source_close(src);
	ck_assert_uint_eq(number("ipfix.sets.0.setID"), 1024);
	ck_assert_int_ne(strata_number(P, path, &v), 1);
}
END_TEST

/* As tshark reads it: frame 1 asks for www.example.org A with id 0xa212, frame 2 answers. */
START_TEST(file_read)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("dns-udp"), NULL, &E);
	struct strata_packet *q = strata_packet_new(S);
	struct strata_counts c;
	struct strata_info info;
	const uint8_t *bytes;
	uint64_t v;
	unsigned n = 2;
	size_t len;
	int rc;

	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_eq(strata_fd(src), -1);
	ck_assert_int_eq(strata_next(src, q, STRATA_AT_ONCE, &E), STRATA_GOT);
	ck_assert_int_eq(strata_keep(q, &E), 0);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	text_is("dns.qd.0.name", "www.example.org");
	text_is("dns.an.0.name", "www.example.org");
	text_is("dns.an.0.rdata", "10.77.0.80");
	text_is("ip.src", "10.77.0.2");
	ck_assert_uint_eq(number("dns.id"), 0xa212);
	ck_assert_uint_eq(number("dns.an"), 1);
	ck_assert_uint_eq(number("udp.sport"), 53);
	ck_assert_int_eq(strata_number(P, "dns.an.1.name", &v), 0);
	ck_assert_int_eq(strata_number(P, "ip.2.ttl", &v), 0);
	ck_assert_int_eq(strata_number(P, "tcp.seq", &v), 0);
	ck_assert_int_eq(strata_number(P, "tcp.sqe", &v), -1);
	ck_assert_int_eq(strata_number(P, "nosuch.seq", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.0.ttl", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.99999999999999999999.ttl", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.src", &v), -1);
	ck_assert_ptr_null(strata_text(P, "dns.qd"));
	ck_assert_int_eq(strata_bytes(P, "ip.src", &bytes, &len), 1);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(bytes, "\x0a\x4d\x00\x02", 4);
	ck_assert_int_eq(strata_bytes(P, "udp", &bytes, &len), 1);
	ck_assert_uint_eq(len, 8);
	ck_assert_mem_eq(bytes, "\x00\x35", 2);
	ck_assert_int_eq(strata_bytes(P, "ip.version", &bytes, &len), -1);
	strata_packet_info(P, &info);
	ck_assert_uint_eq(info.number, 2);
	ck_assert_uint_eq(info.len, 91);
	ck_assert_uint_eq(info.link, STRATA_LINK_ETHERNET);
	ck_assert_uint_eq(info.nlayers, 4);
	ck_assert_int_eq(strata_check(P, NULL), 0);
	ck_assert_int_eq(strata_answers(P, q), 1);
	ck_assert_int_eq(strata_answers(q, P), 0);
	while ((rc = strata_next(src, P, STRATA_FOREVER, &E)) == STRATA_GOT)
		n++;
	ck_assert_int_eq(rc, STRATA_END);
	ck_assert_uint_eq(n, 12);
	ck_assert_ptr_null(strata_source_note(src));
	strata_source_counts(src, &c);
	ck_assert_uint_eq(c.packets, 12);
	strata_source_close(src);
	/* What was kept outlives its source. */
	ck_assert_str_eq(strata_text(q, "dns.qd.0.name"), "www.example.org");
	strata_packet_free(q);
}
END_TEST

START_TEST(file_filtered)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("ping"), "icmp", &E);
	struct strata_filter *f = strata_filter_open(S, "icmp.type == 8 && ip.ttl == 64", &E);
	unsigned seen = 0, hits = 0;
	struct strata_counts c;

	ck_assert_msg(src && f, "%s", E.message);
	while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
		hits += strata_filter_match(f, P);
		seen++;
		ck_assert_int_eq(strata_layer_find(P, "icmp"), 2);
		ck_assert_int_eq(strata_layer_find(P, "arp"), -1);
	}
	strata_source_counts(src, &c);
	ck_assert_uint_gt(seen, 8);
	ck_assert_uint_eq(hits * 2, seen); /* each was answered */
	ck_assert_uint_gt(c.filtered, 1);  /* the two ARP frames in front */
	strata_filter_close(f);
	strata_source_close(src);
}
END_TEST

START_TEST(file_errors)
{
	ck_assert_ptr_null(strata_source_file(S, "/nonexistent.pcap", NULL, &E));
	ck_assert_int_eq(E.code, STRATA_IO);
	ck_assert_ptr_null(strata_source_file(S, STRATA_SOURCE "/LICENSE", NULL, &E));
	ck_assert_ptr_null(strata_source_file(S, CAPTURE("ping"), "icmp or", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_str_eq(E.name, "filter");
	ck_assert_ptr_null(strata_source_file(S, CAPTURE("ping"), "xyzzy", NULL));
	ck_assert_ptr_null(strata_filter_open(S, "ip.ttl = = 3", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.lineno, 1);
	ck_assert_ptr_null(strata_source_live(S, "nosuch0", NULL, NULL, &E));
	ck_assert_int_ne(E.code, 0);
}
END_TEST

/* A file that is a pipe: the deadline is one, and what comes is seen. */
START_TEST(file_pipe)
{
	static const char bytes[] = /* pcap, raw IP, one packet of 28 bytes */
		"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0"
		"\1\0\0\0\0\0\0\0\x1c\0\0\0\x1c\0\0\0"
		"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2"
		"\0\1\0\2\0\x08\0\0";
	struct strata_source *src;
	char path[40];
	int fd[2];
	int64_t from, took;

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], bytes, 24), 24);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	src = strata_source_file(S, path, NULL, &E);
	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_ge(strata_fd(src), 0);
	for (int i = 0; i < 3; i++) {
		from = strata_now();
		ck_assert_int_eq(strata_next(src, P, strata_in(60 * MS), &E), STRATA_NOTHING);
		took = strata_now() - from;
		ck_assert_int_ge(took, 60 * MS);
		ck_assert_int_lt(took, 1000 * MS);
		ck_assert_int_eq(strata_next(src, P, STRATA_AT_ONCE, &E), STRATA_NOTHING);
		ck_assert_int_eq(write(fd[1], bytes + 24, 44), 44);
		ck_assert_int_eq(strata_next(src, P, strata_in(1000 * MS), &E), STRATA_GOT);
		ck_assert_uint_eq(number("udp.dport"), 2);
	}
	close(fd[1]);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_END);
	strata_source_close(src);
	close(fd[0]);
}
END_TEST

/* Whatever the bytes, every field of every layer is told, inside the packet. */
START_TEST(fields_walked)
{
	static const char *const files[] = { CAPTURE("broken"), CAPTURE("dns-types"),
					     CAPTURE("tls13"), CAPTURE("icmp-errors"),
					     CAPTURE("tcp-options") };
	unsigned fields = 0, quoted = 0;

	for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
		struct strata_source *src = strata_source_file(S, files[k], NULL, &E);

		ck_assert_msg(src != NULL, "%s", E.message);
		while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
			struct strata_info info;
			struct strata_layer l;
			struct strata_field f;

			strata_packet_info(P, &info);
			for (size_t i = 0; strata_packet_layer(P, i, &l); i++) {
				ck_assert_uint_le(l.off + l.hlen, info.len);
				quoted += (l.flags & STRATA_LAYER_QUOTED) != 0;
				int rc;
				size_t j = 0;

				for (; (rc = strata_field_at(P, i, j, &f)) == 1; j++) {
					ck_assert_uint_le(f.bit + f.bits, UINT64_C(8) * info.len);
					ck_assert_msg(!strncmp(f.path, l.name, strlen(l.name)),
						      "%s", f.path);
					ck_assert_ptr_nonnull(f.text);
				}
				ck_assert_int_eq(rc, 0);
				fields += (unsigned)j;
			}
			ck_assert_int_eq(strata_packet_layer(P, info.nlayers, &l), 0);
			ck_assert_int_eq(strata_packet_layer(P, 255, &l), 0);
			ck_assert_int_ge(strata_check(P, NULL), 0);
		}
		strata_source_close(src);
	}
	ck_assert_uint_gt(fields, 1000);
	ck_assert_uint_gt(quoted, 2);
}
END_TEST

/* A path that the walk tells finds the same field by name. */
START_TEST(fields_by_path)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("icmp-errors"), NULL, &E);
	unsigned numbers = 0;

	ck_assert_ptr_nonnull(src);
	while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
		struct strata_layer l;
		struct strata_field f;
		uint64_t v;

		for (size_t i = 0; strata_packet_layer(P, i, &l); i++)
			for (size_t j = 0; strata_field_at(P, i, j, &f) == 1; j++) {
				if (f.kind != STRATA_NUMBER || f.flags)
					continue;
				ck_assert_msg(strata_number(P, f.path, &v) == 1, "%s", f.path);
				ck_assert_msg(v == f.number, "%s", f.path);
				ck_assert_str_eq(strata_text(P, f.path), f.text);
				numbers++;
			}
	}
	ck_assert_uint_gt(numbers, 100);
	strata_source_close(src);
}
END_TEST

START_TEST(dissect_bytes)
{
	/* Version 4, 20 bytes, length 32; UDP 1 to 2, length 8 where 12 are; 4 bytes. */
	static const uint8_t bytes[] = { 0x45, 0,  0, 32, 0, 0,  0,   0,   64,  17, 0,
					 0,    10, 0, 0,  1, 10, 0,   0,   2,   0,  1,
					 0,    2,  0, 3,  0, 0,  'a', 'b', 'c', 'd' };
	const struct strata_note *notes;
	struct strata_layer l;
	int n, sums = 0, lengths = 0;

	ck_assert_int_eq(strata_dissect(P, bytes, sizeof(bytes), 0, STRATA_LINK_RAW, &E), 0);
	ck_assert_uint_eq(number("ip.ttl"), 64);
	n = strata_check(P, &notes);
	for (int i = 0; i < n; i++) {
		sums += notes[i].kind == STRATA_NOTE_SUM && !strcmp(notes[i].at, "ip.chksum");
		lengths += notes[i].kind == STRATA_NOTE_LENGTH && !strcmp(notes[i].at, "udp.len");
	}
	ck_assert_int_eq(sums, 1);
	ck_assert_int_eq(lengths, 1);
	ck_assert_int_eq(strata_layer_sum(P, 0), STRATA_SUM_BAD);
	ck_assert_int_eq(strata_layer_sum(P, 9), STRATA_SUM_ABSENT);
	ck_assert_int_eq(strata_packet_layer(P, 1, &l), 1);
	ck_assert(l.flags & STRATA_LAYER_BAD_LENGTH);
	/* Every prefix, in memory of just that size. */
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t *part = malloc(len ? len : 1);
		struct strata_field f;

		memcpy(part, bytes, len);
		ck_assert_int_eq(strata_dissect(P, part, len, sizeof(bytes), STRATA_LINK_RAW, &E),
				 0);
		for (size_t i = 0; strata_packet_layer(P, i, &l); i++)
			for (size_t j = 0; strata_field_at(P, i, j, &f) == 1; j++)
				;
		free(strata_print(P, "json", NULL, &E));
		free(part);
	}
	ck_assert_int_eq(strata_dissect(P, NULL, 0, 0, STRATA_LINK_RAW, &E), 0);
	ck_assert_int_eq(strata_packet_layer(P, 0, &l), 0);
	ck_assert_int_eq(strata_dissect(P, NULL, 1, 0, STRATA_LINK_RAW, &E), -1);
	ck_assert_int_eq(strata_dissect(P, bytes, 262145, 0, STRATA_LINK_RAW, &E), -1);
	ck_assert_int_eq(strata_dissect(P, bytes, 4, 0, 65536, &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
}
END_TEST

UNIT_TESTS(lib)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, open_own_protocols);
	tcase_add_test(t, open_errors);
	tcase_add_test(t, open_user_folder);
	tcase_add_test(t, protocols_told);
	tcase_add_test(t, file_read);
	tcase_add_test(t, announced);
	tcase_add_test(t, taught);
	tcase_add_test(t, file_filtered);
	tcase_add_test(t, file_errors);
	tcase_add_test(t, file_pipe);
	tcase_add_test(t, fields_walked);
	tcase_add_test(t, fields_by_path);
	tcase_add_test(t, dissect_bytes);
}
