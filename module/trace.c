// SPDX-License-Identifier: GPL-2.0
/* knat: tracepoints, the code of trace.h. */
#include <net/ip.h>
#include "proto.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

const __be16 *knat_trace_ports(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int thoff = iph->ihl * 4;

	if (!knat_proto_has_ports(iph->protocol) ||
	    iph->frag_off & htons(IP_OFFSET) || iph->ihl < 5 ||
	    skb_headlen(skb) < thoff + 2 * sizeof(__be16))
		return NULL;
	return (const __be16 *)((const u8 *)iph + thoff);
}
