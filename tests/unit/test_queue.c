/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue between the thread that captures and the one that prints: nothing is lost, altered or
 * told twice; it never holds more than its size; who sleeps is woken. */
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>

#include "capture/queue.h"
#include "core/packet.h"

/* Packet number n is as long as this, and holds these bytes. */
static uint32_t length_of(uint64_t n, uint32_t most)
{
	return (uint32_t)((n * UINT64_C(0x9e3779b97f4a7c15) >> 33) % (most + 1));
}

static bool put_one(struct queue *q, uint64_t n, uint32_t most)
{
	uint32_t len = length_of(n, most);
	struct queued *p = queue_room(q, len);

	if (!p)
		return false;
	p->len = len;
	p->wire_len = len + 1;
	p->flags = (uint32_t)n;
	p->when = (int64_t)n;
	memset(p->data, (int)(n & 0xff), len);
	queue_add(q, p);
	return true;
}

/* Quietly, since Check takes its time for each thing that is true. */
static void check_one(const struct queued *p, uint64_t n, uint32_t most)
{
	uint32_t len = length_of(n, most);
	bool same = p && p->when == (int64_t)n && p->flags == (uint32_t)n && p->len == len &&
		    p->wire_len == len + 1;

	if (!same || (len && (p->data[0] != (n & 0xff) || p->data[len - 1] != (n & 0xff))))
		ck_abort_msg("packet %llu is another one", (unsigned long long)n);
}

/* Fill it up, take all, again and again, with packets of other sizes each time. */
START_TEST(full)
{
	static const uint32_t most[] = { 0, 1, 60, 1500, 9000, 65535, PACKET_MAX };
	struct queue q;
	struct err e = { 0 };
	const struct queued *p;
	uint64_t n = 0, out = 0;

	ck_assert_int_eq(queue_open(&q, 3 * QUEUE_LEAST + 12345, &e), 0);
	for (unsigned i = 0; i < 50; i++) {
		uint32_t m = most[i % COUNT(most)];
		uint64_t bytes = 0;

		while (put_one(&q, n, m))
			bytes += length_of(n++, m);
		ck_assert_uint_le(bytes, q.cap);
		/* At most the room of the next one and a gap as long are left over. */
		ck_assert_uint_ge(bytes + (n - out) * (sizeof(*p) + 7) + 2 * (sizeof(*p) + m + 8),
				  q.cap);
		ck_assert_ptr_null(queue_take(&q)); /* not published */
		queue_publish(&q);
		while ((p = queue_take(&q)))
			check_one(p, out++, m);
		ck_assert_uint_eq(out, n);
	}
	queue_close(&q);
	ck_assert_ptr_null(queue_take(&q));
	ck_assert(queue_ended(&q));
	queue_done(&q);
}
END_TEST

/* What is taken as it comes stays in the first piece of memory. */
START_TEST(warm)
{
	struct queue q;
	struct err e = { 0 };

	ck_assert_int_eq(queue_open(&q, 64 * QUEUE_LEAST, &e), 0);
	for (uint64_t n = 0; n < 300000; n++) {
		bool room = put_one(&q, n, 100);

		queue_publish(&q);
		check_one(queue_take(&q), n, 100);
		if (!room || queue_take(&q) || q.in > QUEUE_LEAST + 1024)
			ck_abort_msg("packet %llu at %zu", (unsigned long long)n, q.in);
	}
	queue_done(&q);
}
END_TEST

struct run {
	struct queue q;
	uint64_t n;
	uint32_t most;
	unsigned batch;
};

static void *producer(void *arg)
{
	struct run *r = arg;

	for (uint64_t n = 0; n < r->n;) {
		if (put_one(&r->q, n, r->most))
			n++;
		else
			sched_yield();
		if (n % r->batch == 0 || n == r->n)
			queue_publish(&r->q);
	}
	queue_close(&r->q);
	return NULL;
}

static const struct {
	uint64_t n;
	uint32_t most;
	unsigned batch;
} runs[] = { { 300000, 60, 1 }, { 1000000, 60, 64 }, { 200000, 3000, 7 }, { 3000, 262144, 2 } };

/* Two threads; the one that takes sleeps whenever there is nothing. */
START_TEST(threads)
{
	struct run r = { .n = runs[_i].n, .most = runs[_i].most, .batch = runs[_i].batch };
	const struct queued *p;
	struct err e = { 0 };
	uint64_t out = 0;
	pthread_t t;

	ck_assert_int_eq(queue_open(&r.q, 0, &e), 0);
	ck_assert_uint_eq(r.q.cap, QUEUE_LEAST);
	ck_assert_int_eq(pthread_create(&t, NULL, producer, &r), 0);
	for (;;) {
		while ((p = queue_take(&r.q)))
			check_one(p, out++, r.most);
		if (queue_ended(&r.q))
			break;
		struct pollfd pf = { .fd = r.q.filled, .events = POLLIN };
		if (queue_sleep(&r.q)) /* a wake that is lost is 60 s and an error */
			if (poll(&pf, 1, 60000) != 1)
				ck_abort_msg("nobody woke it");
	}
	ck_assert_uint_eq(out, r.n);
	pthread_join(t, NULL);
	queue_done(&r.q);
}
END_TEST

UNIT_TESTS(queue)
{
	tcase_add_test(t, full);
	tcase_add_test(t, warm);
	tcase_add_loop_test(t, threads, 0, COUNT(runs));
}
