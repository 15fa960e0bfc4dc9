// SPDX-License-Identifier: GPL-2.0
/* knat: UDP-Lite (RFC 3828). */
#include <linux/udp.h>
#include "proto.h"

enum knat_packet_kind knat_udplite_parse(struct knat_packet *p)
{
	const struct udphdr *uh = knat_packet_pull(p, sizeof(*uh));
	unsigned int coverage;

	/* RFC 3828 section 3.1: a packet without a checksum is to be dropped,
	 * and so is one whose coverage cannot be.
	 */
	if (!uh || !uh->check)
		return KNAT_PACKET_BAD;
	coverage = be16_to_cpu(uh->len);
	if (coverage && (coverage < sizeof(*uh) ||
			 p->thoff + coverage > p->skb->len))
		return KNAT_PACKET_BAD;
	p->sport = uh->source;
	p->dport = uh->dest;
	return KNAT_PACKET_PORTS;
}
