// SPDX-License-Identifier: GPL-2.0
/* A packet from its header, its options and its transport. */
#include <netinet/ip.h>
#include <string.h>

#include "probe.h"

static uint16_t next_id = 0x1000;

uint16_t packet_id(void)
{
	return next_id++;
}

void packet_assemble(const struct iphdr *header, const uint8_t *options,
		     size_t options_len, const uint8_t *l4, size_t l4_len,
		     struct packet_plan *plan)
{
	struct iphdr *ip = (void *)plan->data;
	size_t len = sizeof(*ip) + options_len;

	*ip = *header;
	memcpy(ip + 1, options, options_len);
	ip->version = 4;
	ip->ihl = len / 4;
	memcpy(plan->data + len, l4, l4_len);
	plan->len = len + l4_len;
	ip->tot_len = htons(plan->len);
	ip->check = 0;
	ip->check = sum_fold(sum_add(0, ip, len));
}
