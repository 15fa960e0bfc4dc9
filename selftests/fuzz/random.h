/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that follow from a seed alone, and fields in network order. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdint.h>

extern uint64_t random_state;

static inline void random_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

/* xorshift64* */
static inline uint32_t any_32(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL) >> 32;
}

static inline int rnd(uint32_t below)
{
	return any_32() % below;
}

static inline int one_in(uint32_t n)
{
	return !rnd(n);
}

static inline int any_bytes(uint8_t *p, int len)
{
	int i;

	for (i = 0; i < len; i++)
		p[i] = rnd(256);
	return len;
}

static inline void put16(uint8_t *p, uint32_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static inline int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

#endif /* FUZZ_RANDOM_H */
