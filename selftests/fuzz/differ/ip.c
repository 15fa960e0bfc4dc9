// SPDX-License-Identifier: GPL-2.0
/* differ: what all packets can have, and how they are sent. */
#include <netinet/udp.h>
#include <string.h>

#include "differ.h"

unsigned int ip_path_mtu(const struct step *step)
{
	uint32_t to;

	if (!step->flow)
		return MTU;
	to = ntohl(step->from == INSIDE ? step->ip.daddr : step->flow->in);
	if (step->from == INSIDE)
		return to >> 8 == ntohl(ADDR(198, 51, 100, 0)) >> 8 ? OUT_MTU :
								    MTU;
	return to & 128 ? IN_MTU : MTU;
}

/*
 * Options that a router only passes on, or writes to as any other would: the
 * time stamps have no room, because clocks differ.
 */
static void any_options(struct step *step)
{
	static const struct {
		uint8_t len, bytes[20];
	} some[] = {
		{ 4, { 1, 1, 1, 1 } },
		{ 4, { 1, 1, 1, 0 } },
		{ 4, { 148, 4, 0, 0 } },
		{ 12, { 7, 11, 4 } },
		{ 8, { 7, 7, 8, 10, 0, 0, 1, 0 } },
		{ 12, { 68, 12, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8 } },
		{ 8, { 30, 6, 0, 0, 7, 7, 0, 0 } },
	};
	int i;

	while (step->options_len < 20 && one_in(2)) {
		i = rnd(sizeof(some) / sizeof(*some));
		/* Each but NOP once, and nothing behind the end */
		if (step->options_len && (some[i].bytes[0] != 1 ||
					  step->options[step->options_len - 1] == 0))
			break;
		memcpy(step->options + step->options_len, some[i].bytes,
		       some[i].len);
		step->options_len += some[i].len;
	}
	step->sorts[SORT_OPTIONS] = step->options_len;
}

static void shuffle(struct step *step)
{
	unsigned int i, j, n = step->fragments;
	uint8_t t;

	for (i = 0; i < n; i++)
		step->order[i] = i;
	switch (rnd(4)) {
	case 0:
		return;
	case 1:		/* last first */
		for (i = 0; i < n; i++)
			step->order[i] = n - 1 - i;
		break;
	case 2:		/* two change places */
		i = rnd(n - 1);
		step->order[i] = i + 1;
		step->order[i + 1] = i;
		break;
	case 3:
		for (i = n - 1; i; i--) {
			j = rnd(i + 1);
			t = step->order[i];
			step->order[i] = step->order[j];
			step->order[j] = t;
		}
		break;
	}
	step->sorts[SORT_DISORDER] = true;
}

static void cut_up(struct step *step, size_t len)
{
	unsigned int least = (len / FRAGMENTS_MAX + 8) & ~7U;
	unsigned int most = (MTU - sizeof(struct iphdr)) & ~7U;

	step->fragment = one_in(3) ? most : least + rnd(most - least + 1);
	step->fragment &= ~7U;
	if (step->fragment < 8)
		step->fragment = 8;
	if (step->fragment >= len)
		step->fragment = (len - 1) & ~7U;
	step->fragments = (len + step->fragment - 1) / step->fragment;
	step->sorts[SORT_FRAGMENTS] = true;
	shuffle(step);
}

/* The size of the packets that need a path: of segments and fragments too */
static unsigned int on_the_way(const struct step *step, size_t len)
{
	unsigned int header = sizeof(struct iphdr) + step->options_len;

	if (step->fragment)
		return header + step->fragment;
	if (step->gso_size)
		return header + step->gso_size +
		       (step->ip.protocol == IPPROTO_TCP ?
			(step->l4[12] >> 4) * 4U : sizeof(struct udphdr));
	return header + len;
}

void ip_dress(struct step *step)
{
	bool ported = step->ip.protocol == IPPROTO_TCP ||
		      step->ip.protocol == IPPROTO_UDP;
	bool sensitive = step->sorts[SORT_TCP_SYN] || step->sorts[SORT_TCP_FIN] ||
			 step->sorts[SORT_TCP_RST] || step->sorts[SORT_SCTP];
	size_t len = step->l4_len + (step->error ? step->quote_len : 0);

	step->ip.id = rnd(65536);
	if (one_in(3))
		step->ip.tos = rnd(256);
	step->ip.ttl = one_in(4) ? 2 + rnd(254) : 64;
	if (one_in(2))
		step->ip.frag_off = htons(IP_DF);
	if (!step->gso_size && one_in(10))
		any_options(step);
	if (step->gso_size) {
		step->partial = true;
	} else if (sizeof(struct iphdr) + step->options_len + len > MTU ||
		   (len > 16 && one_in(12))) {
		/* Which options the later ones have is another question. */
		step->options_len = 0;
		step->sorts[SORT_OPTIONS] = false;
		cut_up(step, len);
	} else if (ported && !step->nocsum && one_in(4)) {
		step->partial = true;
	}
	step->sorts[SORT_PARTIAL] = step->partial;
	/* Trackers believe what they see, even if it does not get through. */
	if (step->flow && !sensitive && !step->error && one_in(24)) {
		step->ip.ttl = 1;
		step->sorts[SORT_TTL_1] = step->near = true;
	}
	if (on_the_way(step, len) > ip_path_mtu(step)) {
		if (sensitive || step->error)
			step->ip.frag_off = 0;
		if (step->ip.frag_off) {
			step->sorts[SORT_TOO_BIG] = step->near = true;
		} else {
			step->sorts[SORT_CUT] = true;
		}
	}
	step->sorts[step->from == INSIDE ? SORT_OUTWARD : SORT_INWARD] = true;
}
