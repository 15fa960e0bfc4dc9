// SPDX-License-Identifier: GPL-2.0
/* knat: packets that no host sends in earnest. */
#include <linux/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include "checksum.h"
#include "local.h"
#include "look.h"
#include "net.h"
#include "odd.h"

bool knat_odd_route(const struct iphdr *iph)
{
	const u8 *opt = (const u8 *)(iph + 1);
	unsigned int len = iph->ihl * 4 - sizeof(*iph), i = 0;

	while (i < len) {
		switch (opt[i]) {
		case IPOPT_END:
			return false;
		case IPOPT_NOOP:
			i++;
			continue;
		case IPOPT_LSRR:
		case IPOPT_SSRR:
			return true;
		}
		if (i + 1 >= len || opt[i + 1] < 2)
			return false;
		i += opt[i + 1];
	}
	return false;
}

static bool zero_port(const struct knat_packet *p)
{
	switch (p->kind) {
	case KNAT_PACKET_PORTS:
		return !p->sport || !p->dport;
	case KNAT_PACKET_QUERY:
		return !p->sport;
	default:
		return false;
	}
}

bool knat_odd_outward(const struct knat_packet *p)
{
	const struct rtable *rt = skb_rtable(p->skb);

	if (zero_port(p)) {
		knat_tell(p, DROP_PORT_ZERO);
		return true;
	}
	/* The gateway knows what it does. */
	if (!p->skb->skb_iif)
		return false;
	if (knat_odd_addr(p->saddr)) {
		knat_tell(p, DROP_MARTIAN_SOURCE);
		return true;
	}
	if (knat_odd_addr(p->daddr) ||
	    (rt && (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))) {
		knat_tell(p, DROP_MARTIAN_DESTINATION);
		return true;
	}
	return knat_odd_checksum(p);
}

bool knat_odd_inward(const struct knat_packet *p, __be16 rport)
{
	if (p->kind == KNAT_PACKET_PORTS && !rport) {
		knat_tell(p, DROP_PORT_ZERO);
		return true;
	}
	return knat_odd_checksum(p);
}

bool knat_odd_checksum(const struct knat_packet *p)
{
	if (likely(!knat_checksum_wrong(p)))
		return false;
	knat_tell(p, DROP_CHECKSUM);
	return true;
}

bool knat_odd_ttl(const struct knat_packet *p, __be32 in_addr)
{
	return ip_hdr(p->skb)->ttl <= 1 &&
	       !knat_local_addr(p->kn->net, in_addr);
}
