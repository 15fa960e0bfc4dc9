// SPDX-License-Identifier: GPL-2.0
/* differ: ICMP errors about packets that came through. */
#include <netinet/ip_icmp.h>
#include <string.h>

#include "differ.h"

/* As much as routers quote (RFC 1812 section 4.3.2.3), and no more */
#define QUOTE_MAX	(576 - sizeof(struct iphdr) - sizeof(struct icmphdr))

static const struct {
	uint8_t type, code;
} errors[] = {
	{ ICMP_DEST_UNREACH, ICMP_NET_UNREACH },
	{ ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
	{ ICMP_DEST_UNREACH, ICMP_PROT_UNREACH },
	{ ICMP_DEST_UNREACH, ICMP_PORT_UNREACH },
	{ ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED },
	{ ICMP_DEST_UNREACH, ICMP_PKT_FILTERED },
	{ ICMP_TIME_EXCEEDED, ICMP_EXC_TTL },
	{ ICMP_PARAMETERPROB, 0 },
};

bool error_next(struct step *step)
{
	const struct flow *flow = step->flow;
	const struct packet_plan *about;
	size_t header, whole;
	int i;

	step->from = rnd(SIDES);
	about = flow->seen[!step->from];
	if (!about[KNAT].len || !about[NFT].len)
		return false;
	header = ((const struct iphdr *)about[KNAT].data)->ihl * 4;
	whole = about[KNAT].len;
	i = rnd(sizeof(errors) / sizeof(*errors));
	step->error = true;
	step->l4[0] = errors[i].type;
	step->l4[1] = errors[i].code;
	if (errors[i].code == ICMP_FRAG_NEEDED &&
	    errors[i].type == ICMP_DEST_UNREACH)
		put16(step->l4 + 6, 576 + rnd(900));
	else if (errors[i].type == ICMP_PARAMETERPROB)
		step->l4[4] = rnd(20);
	step->l4_len = sizeof(struct icmphdr);
	switch (rnd(3)) {
	case 0:
		step->quote_len = header + 8;
		break;
	case 1:
		step->quote_len = header + 8 + rnd(whole - header - 7);
		break;
	default:
		step->quote_len = whole;
	}
	if (step->quote_len > QUOTE_MAX)
		step->quote_len = QUOTE_MAX;
	/* See cut_quotes_are_right() */
	if (flow->proto == IPPROTO_TCP && step->quote_len > header + 16 &&
	    step->quote_len < header + 20)
		step->quote_len = header + 16;
	/* See quoted_crc_stays() */
	if (flow->proto == SCTP && step->quote_len < whole)
		step->quote_len = header + 8;
	step->sorts[SORT_ERROR_WHOLE] = step->quote_len == whole;
	step->sorts[SORT_ERROR_SHORT] = step->quote_len == header + 8;
	step->ip.protocol = IPPROTO_ICMP;
	/* From the host itself, or a router before it */
	if (step->from == OUTSIDE) {
		step->ip.saddr = one_in(2) ? flow->remote :
					     ADDR(192, 0, 2, 254);
		step->ip.daddr = OUT_ADDR;
		step->sorts[SORT_ERROR_IN] = true;
	} else {
		step->ip.saddr = one_in(2) ? flow->in : ADDR(192, 168, 0, 9);
		step->ip.daddr = flow->remote;
		step->sorts[SORT_ERROR_OUT] = true;
	}
	return true;
}
