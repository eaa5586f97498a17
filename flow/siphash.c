/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012, and their reference code). */
#include "flow/siphash.h"

#include <string.h>
#include <sys/random.h>

#include "core/clock.h"

void siphash_key(uint64_t key[2], uint64_t seed)
{
	key[0] = seed;
	key[1] = ~seed * 0x9e3779b97f4a7c15ull;
	if (seed || getrandom(key, 2 * sizeof(*key), GRND_NONBLOCK) == 2 * sizeof(*key))
		return;
	key[0] ^= (uint64_t)clock_mono();
	key[1] ^= (uintptr_t)key;
}

struct siphash {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static inline void rounds(struct siphash *s, unsigned n)
{
	while (n--) {
		s->v0 += s->v1;
		s->v1 = rotl(s->v1, 13) ^ s->v0;
		s->v0 = rotl(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotl(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotl(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotl(s->v1, 17) ^ s->v2;
		s->v2 = rotl(s->v2, 32);
	}
}

/* n <= 8 bytes, the first one lowest. */
static inline uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

struct flow_id siphash(const uint64_t key[2], const uint8_t *p, size_t n)
{
	struct siphash s = { key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull ^ 0xee,
			     key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull };
	struct flow_id id;
	uint64_t last = (uint64_t)n << 56;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t m = load(p, 8);

		s.v3 ^= m;
		rounds(&s, 2);
		s.v0 ^= m;
	}
	last |= load(p, n);
	s.v3 ^= last;
	rounds(&s, 2);
	s.v0 ^= last;
	s.v2 ^= 0xee;
	rounds(&s, 4);
	id.a = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	s.v1 ^= 0xdd;
	rounds(&s, 4);
	id.b = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	return id;
}
