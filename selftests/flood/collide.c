// SPDX-License-Identifier: GPL-2.0
/*
 * How even the hash of the tables is when somebody chooses the ends who knows all
 * but the key. The function is that of module/table.h, see Makefile.
 *
 *   usage: collide check [SEED]
 *          collide packets COUNT ADDRESS REMOTE
 *
 * The first prints TAP: sets of ends that a host may choose, with many keys. The
 * second prints COUNT commands for the probe of namespace in1: SYNs from ADDRESS
 * to ports of REMOTE and those addresses after it, whose sessions would all be in
 * one bucket if the key were 0.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t u64;

struct knat_table {
	u64 key[2];
};

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)((unsigned __int128)a * b >> shift);
}

#include "hash.h"

#define ORDER		14		/* of the number of buckets */
#define ENTRIES		(4 << ORDER)	/* as full as tables are after they have grown */
#define SLOTS		7
#define KEYS		300
/* With 4 entries to a bucket by chance, 20 are in one of 16,384 once in 5000 tables,
 * 28 never; 2.3 of a hundred find no slot.
 */
#define LONGEST		28
#define OVERFLOW	6		/* of a hundred */

struct ends {
	u64 near, far;
};

static struct ends ends[ENTRIES];
static uint16_t load[1 << ORDER];
static u64 state;

static u64 rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

/* As union knat_ep and union knat_far have them in memory */
static u64 near_end(uint32_t addr, uint16_t port, uint8_t proto)
{
	uint8_t b[8] = { addr >> 24, addr >> 16, addr >> 8, addr, port >> 8,
			 port, proto };
	u64 word;

	memcpy(&word, b, sizeof(word));
	return word;
}

static u64 far_end(uint32_t addr, uint16_t port)
{
	return near_end(addr, port, 0);
}

static unsigned int bucket(const struct knat_table *table, const struct ends *e,
			   int order)
{
	return knat_table_hash(table, e->near, e->far) >> (64 - order);
}

/* What a host can choose; @i counts. */
static struct ends one_host(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001 + (i >> 16), i, 17), 0 };
}

static struct ends many_hosts(unsigned int i)
{
	return (struct ends){ near_end(0x0a000000 + i, 5000, 17), 0 };
}

static struct ends hosts_by_256(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001 + (i << 8), 5000, 17), 0 };
}

static struct ends even_ports(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001 + (i >> 15), i << 1, 17), 0 };
}

static struct ends remote_ports(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001, 5000, 6),
			      far_end(0xc6120001 + (i >> 16), i) };
}

static struct ends remote_hosts(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001, 5000, 6),
			      far_end(0xc6000000 + (i << 4), 80) };
}

/* Both ends go along, so that their exclusive or stays what it is. */
static struct ends both_alike(unsigned int i)
{
	u64 end = near_end(0x0a000000 + (i >> 8), i << 8, 0);

	return (struct ends){ end ^ near_end(0, 0, 6), end };
}

static struct ends both_products(unsigned int i)
{
	return (struct ends){ near_end(0x0a000001, i >> 8, 6),
			      far_end(0xc6120001, i & 255) };
}

static const struct {
	const char *name;
	struct ends (*make)(unsigned int i);
} sets[] = {
	{ "ports of a few hosts", one_host },
	{ "hosts with the same port", many_hosts },
	{ "every 256th host", hosts_by_256 },
	{ "even ports", even_ports },
	{ "ports of a few remote hosts", remote_ports },
	{ "every 16th remote host", remote_hosts },
	{ "both ends alike", both_alike },
	{ "each of 256 ports with each of 256 remote ports", both_products },
};

#define SETS	(sizeof(sets) / sizeof(sets[0]))

/* Ends whose hash has eight bits of a key in common */
static void collide_with(u64 key0, u64 key1)
{
	struct knat_table table = { { key0, key1 } };
	unsigned int n = 0;
	struct ends e;

	while (n < ENTRIES) {
		e.near = near_end(0x0a000001 + rnd() % 64, rnd(), 6);
		e.far = far_end(0xc6120001 + rnd() % 64, rnd());
		if (!bucket(&table, &e, 8))
			ends[n++] = e;
	}
}

/* Entries of the fullest bucket, and how many of a hundred find no slot */
static unsigned int measure(const struct knat_table *table, double *overflow)
{
	unsigned int i, longest = 0, over = 0;

	memset(load, 0, sizeof(load));
	for (i = 0; i < ENTRIES; i++) {
		uint16_t *l = &load[bucket(table, &ends[i], ORDER)];

		if (++*l > SLOTS)
			over++;
		if (*l > longest)
			longest = *l;
	}
	*overflow = 100.0 * over / ENTRIES;
	return longest;
}

static int number, failed;

static void check_set(const char *name)
{
	unsigned int longest = 0, l, i;
	double overflow = 0, o;
	bool good;

	for (i = 0; i < KEYS; i++) {
		struct knat_table table = { { rnd(), rnd() } };

		l = measure(&table, &o);
		longest = l > longest ? l : longest;
		overflow = o > overflow ? o : overflow;
	}
	good = longest <= LONGEST && overflow <= OVERFLOW;
	failed += !good;
	printf("%sok %d - %s: with %d keys at most %u in a bucket, %.1f %% without a slot\n",
	       good ? "" : "not ", ++number, name, KEYS, longest, overflow);
}

static int check(void)
{
	struct knat_table none = {};
	double overflow;
	unsigned int i, s;

	printf("1..%zu\n", SETS + 4);
	for (s = 0; s < SETS; s++) {
		for (i = 0; i < ENTRIES; i++)
			ends[i] = sets[s].make(i);
		check_set(sets[s].name);
	}
	collide_with(0, 0);
	i = measure(&none, &overflow);
	failed += i < 500;
	printf("%sok %d - ends chosen for key 0 collide with it: %u in a bucket\n",
	       i < 500 ? "not " : "", ++number, i);
	check_set("ends chosen for key 0");
	collide_with(rnd(), rnd());
	check_set("ends chosen for another key");
	collide_with(rnd(), 0);
	check_set("ends chosen for half another key");
	return failed > 0;
}

static int packets(unsigned int count, uint32_t near, uint32_t far)
{
	struct knat_table none = {};
	struct ends e = { near_end(near, 5000, 6), 0 };
	unsigned int i, order = ORDER;

	for (i = 0; count; i++) {
		uint32_t addr = far + (i >> 16);

		e.far = far_end(addr, i);
		if (!(i & 65535) || bucket(&none, &e, order))
			continue;
		printf("packet in1 tcp %u.%u.%u.%u:5000 to %u.%u.%u.%u:%u S\n",
		       near >> 24, near >> 16 & 255, near >> 8 & 255, near & 255,
		       addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		       addr & 255, i & 65535);
		count--;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct in_addr near, far;

	if (argc >= 2 && !strcmp(argv[1], "check")) {
		state = argc > 2 ? strtoull(argv[2], NULL, 0) : (u64)time(NULL);
		printf("# seed %llu\n", (unsigned long long)state);
		state = state * 0x9e3779b97f4a7c15ULL + 1;
		return check();
	}
	if (argc == 5 && !strcmp(argv[1], "packets") &&
	    inet_pton(AF_INET, argv[3], &near) == 1 &&
	    inet_pton(AF_INET, argv[4], &far) == 1)
		return packets(atoi(argv[2]), ntohl(near.s_addr),
			       ntohl(far.s_addr));
	fprintf(stderr, "usage: collide check [SEED] | packets COUNT ADDRESS REMOTE\n");
	return 2;
}
