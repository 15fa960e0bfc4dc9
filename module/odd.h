/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: packets that no host sends in earnest, and that are to leave no trace in
 * the tables. What lacks a header is told by packet.h.
 */
#ifndef _KNAT_ODD_H
#define _KNAT_ODD_H

#include <linux/in.h>
#include "packet.h"

/* Addresses that are never those of one host beyond a router: this network,
 * loopback, link-local (RFC 3927 section 2.7), multicast, broadcast.
 */
static inline bool knat_odd_addr(__be32 addr)
{
	switch (*(const u8 *)&addr) {
	case 0:
	case 127:
	case 224 ... 239:
		return true;
	case 169:
		return ipv4_is_linklocal_169(addr);
	case 255:
		return ipv4_is_lbcast(addr);
	}
	return false;
}

/* Is there a source route among the options? The next hop is in it then, not in
 * the destination. The IP header is readable.
 */
bool knat_odd_route(const struct iphdr *iph);

/* A packet from the inside that would open a flow: counted if it may not. */
bool knat_odd_outward(const struct knat_packet *p);

/* A packet from remote port @rport that would open a session inwards: counted if
 * it may not.
 */
bool knat_odd_inward(const struct knat_packet *p, __be16 rport);

/* A packet that would open a session of a mapping that is there: likewise. */
bool knat_odd_checksum(const struct knat_packet *p);

/* Will a packet for @in_addr be dropped for its TTL on the way there? */
bool knat_odd_ttl(const struct knat_packet *p, __be32 in_addr);

#endif /* _KNAT_ODD_H */
