// SPDX-License-Identifier: GPL-2.0
/* Requests as knat.yaml has them, and some that the gateway can grant. */
#include <stdio.h>
#include <string.h>

#include "../../../module/uapi/knat.h"
#include "netlink.h"
#include "tables.h"

#define MADE_MAX	128	/* attributes of a set */
#define IPV4(a, b, c, d) \
	((const uint8_t[]){ (a), (b), (c), (d) })

static bool made[sizeof(sets) / sizeof(sets[0])][MADE_MAX];

/* What does not fit is left out. */
static void put(struct nlmsghdr *message, uint16_t number, size_t len,
		const void *data)
{
	mnl_attr_put_check(message, BODY_MAX, number, len, data);
}

static void put_text(struct nlmsghdr *message, uint16_t number,
		     const char *text)
{
	put(message, number, strlen(text) + 1, text);
}

static uint64_t any_between(uint64_t low, uint64_t high)
{
	uint64_t any = (uint64_t)any_32() << 32 | any_32();

	return high - low == UINT64_MAX ? any : low + any % (high - low + 1);
}

/* Within the limits of the attribute, often at their edge */
static uint64_t make_number(const struct attribute *a)
{
	uint64_t near = a->high - a->low > 9000 ? a->low + 9000 : a->high;

	switch (rnd(8)) {
	case 0:
		return a->low;
	case 1:
		return a->high;
	case 2: case 3:
		return any_between(a->low, a->high);
	}
	return any_between(a->low, near);
}

static void put_string(struct nlmsghdr *message, const struct attribute *a)
{
	static const char *const names[] = {
		"p1", "p2", "p3", "out", "in", "lo", "", "xxxxxxxxxxxxxxx",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "%s%n", "a/b", ".",
	};
	char text[64];

	snprintf(text, a->high < sizeof(text) ? a->high + 1 : sizeof(text),
		 "%s", names[rnd(sizeof(names) / sizeof(names[0]))]);
	put_text(message, a->number, text);
}

static void put_address(struct nlmsghdr *message, const struct attribute *a)
{
	static const uint8_t some[][4] = {
		{ 192, 168, 0, 2 }, { 192, 168, 0, 3 }, { 203, 0, 113, 1 },
		{ 198, 51, 100, 1 }, { 198, 51, 100, 2 }, { 198, 51, 100, 0 },
		{ 10, 0, 0, 0 }, { 0, 0, 0, 0 }, { 255, 255, 255, 255 },
		{ 127, 0, 0, 1 }, { 224, 0, 0, 1 }, { 203, 0, 113, 11 },
	};

	put(message, a->number, 4, some[rnd(sizeof(some) / 4)]);
}

static void put_protocol(struct nlmsghdr *message, const struct attribute *a)
{
	static const uint8_t some[] = { 6, 17, 1, 132, 33, 136, 47, 50, 51,
					255 };

	put(message, a->number, 1, &some[rnd(sizeof(some))]);
}

static void put_attributes(struct nlmsghdr *message, unsigned int set,
			   uint64_t wanted, unsigned int tenths);

static void put_one(struct nlmsghdr *message, const struct attribute *a)
{
	struct nlattr *nest;
	uint64_t number;

	switch (a->kind) {
	case NUMBER:
		/* The machine is little endian, so that the low bytes come first. */
		number = make_number(a);
		put(message, a->number, a->size, &number);
		return;
	case ADDRESS:
		put_address(message, a);
		return;
	case PROTOCOL:
		put_protocol(message, a);
		return;
	case STRING:
		put_string(message, a);
		return;
	case EMPTY:
		put(message, a->number, 0, NULL);
		return;
	case NEST:
		nest = mnl_attr_nest_start_check(message, BODY_MAX, a->number);
		if (!nest)
			return;
		put_attributes(message, a->nested, UINT64_MAX, 6);
		mnl_attr_nest_end(message, nest);
	}
}

/* Each of @wanted so many times in ten */
static void put_attributes(struct nlmsghdr *message, unsigned int set,
			   uint64_t wanted, unsigned int tenths)
{
	const struct attribute *a;
	unsigned int i, times;

	for (i = 0; i < sets[set].nr; i++) {
		a = &sets[set].attributes[i];
		if (wanted != UINT64_MAX && !(i < 64 && wanted >> i & 1))
			continue;
		if ((unsigned int)rnd(10) >= tenths)
			continue;
		made[set][i] = true;
		times = a->multi ? (uint8_t[]){ 1, 1, 2, 3, 40 }[rnd(5)] : 1;
		while (times--)
			put_one(message, a);
	}
}

/* One of four that may be there */
static void make_pool(struct nlmsghdr *message, uint8_t command)
{
	uint8_t first = 32 + rnd(4) * 8;
	uint32_t limit = rnd(1000);
	struct nlattr *nest;
	char name[8];

	snprintf(name, sizeof(name), "f%u", first);
	put_text(message, KNAT_A_POOL_NAME, name);
	if (command == KNAT_CMD_POOL_DEL)
		return;
	if (command == KNAT_CMD_POOL_SET) {
		put(message, KNAT_A_POOL_LIMIT, 4, &limit);
		return;
	}
	nest = mnl_attr_nest_start(message, KNAT_A_POOL_RANGE);
	put(message, KNAT_A_RANGE_FIRST, 4, IPV4(198, 51, 100, first));
	put(message, KNAT_A_RANGE_LAST, 4,
	    IPV4(198, 51, 100, first + rnd(8)));
	mnl_attr_nest_end(message, nest);
}

static void make_rule(struct nlmsghdr *message)
{
	uint8_t action = one_in(2) ? KNAT_ACTION_MASQUERADE :
				     KNAT_ACTION_EXEMPT;
	uint32_t prio = 100 + rnd(4);
	uint8_t len = 16;

	put_text(message, KNAT_A_RULE_OIF, "out");
	put(message, KNAT_A_RULE_ACTION, 1, &action);
	put(message, KNAT_A_RULE_SRC, 4, IPV4(10, rnd(4), 0, 0));
	put(message, KNAT_A_RULE_SRC_LEN, 1, &len);
	put(message, KNAT_A_RULE_PRIO, 4, &prio);
}

/* A new static mapping, or one of those that were asked for last */
static void make_map(struct nlmsghdr *message, uint8_t command)
{
	static struct end {
		uint8_t		proto;
		uint16_t	port;
	} ends[4] = { { 6, 6000 }, { 6, 6000 }, { 6, 6000 }, { 6, 6000 } };
	static unsigned int next;
	struct end end = { one_in(2) ? 6 : 17, 6000 + rnd(500) };
	uint16_t in_port = 1 + rnd(60000);

	if (command == KNAT_CMD_MAP_ADD)
		ends[next++ % 4] = end;
	else
		end = ends[rnd(4)];
	put(message, KNAT_A_MAP_PROTO, 1, &end.proto);
	put(message, KNAT_A_MAP_OUT_ADDR, 4, IPV4(203, 0, 113, 1));
	put(message, KNAT_A_MAP_OUT_PORT, 2, &end.port);
	if (command == KNAT_CMD_MAP_SET)
		put_text(message, KNAT_A_MAP_LABEL, "fuzzed");
	if (command != KNAT_CMD_MAP_ADD)
		return;
	put(message, KNAT_A_MAP_IN_ADDR, 4, IPV4(192, 168, 0, 2 + rnd(40)));
	put(message, KNAT_A_MAP_IN_PORT, 2, &in_port);
}

static void make_lookup(struct nlmsghdr *message)
{
	uint8_t proto = one_in(2) ? 6 : 17;
	uint16_t port = 1 + rnd(60000), remote_port = one_in(2) ? 53 : 443;

	put(message, KNAT_A_LOOKUP_PROTO, 1, &proto);
	put(message, KNAT_A_LOOKUP_SRC, 4, IPV4(192, 168, 0, 2 + rnd(60)));
	put(message, KNAT_A_LOOKUP_SRC_PORT, 2, &port);
	put(message, KNAT_A_LOOKUP_DST, 4, IPV4(203, 0, 113, 2 + rnd(60)));
	put(message, KNAT_A_LOOKUP_DST_PORT, 2, &remote_port);
}

/* What chance would hardly ever make right; false if it can be left to it */
static bool make_sensible(struct nlmsghdr *message, uint8_t command)
{
	switch (command) {
	case KNAT_CMD_POOL_ADD:
	case KNAT_CMD_POOL_SET:
	case KNAT_CMD_POOL_DEL:
		make_pool(message, command);
		return true;
	case KNAT_CMD_RULE_ADD:
	case KNAT_CMD_RULE_DEL:
		make_rule(message);
		return true;
	case KNAT_CMD_MAP_ADD:
	case KNAT_CMD_MAP_SET:
	case KNAT_CMD_MAP_DEL:
		make_map(message, command);
		return true;
	case KNAT_CMD_LOOKUP:
		make_lookup(message);
		return true;
	case KNAT_CMD_FASTPATH_ADD:
	case KNAT_CMD_FASTPATH_DEL:
		put_text(message, KNAT_A_FASTPATH_DEV, "out");
		return true;
	}
	return false;
}

void make_body(struct nlmsghdr *message, const struct request *request)
{
	uint64_t wanted = one_in(12) ? UINT64_MAX : request->attributes;

	if (!rnd(3) || !make_sensible(message, request->command))
		put_attributes(message, request->set, wanted,
			       (uint8_t[]){ 3, 6, 9 }[rnd(3)]);
}

bool all_made(unsigned int *nr)
{
	const struct attribute *a;
	unsigned int set, i;
	bool all = true;

	*nr = 0;
	for (set = 0; set < nr_sets; set++)
		for (i = 0; i < sets[set].nr; i++) {
			a = &sets[set].attributes[i];
			*nr += a->asked;
			if (!a->asked || made[set][i])
				continue;
			printf("never sent: %s of %s\n", a->name,
			       sets[set].name);
			all = false;
		}
	return all;
}
