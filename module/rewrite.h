/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: rewriting of headers, with the checksums that cover them.
 *
 * Any context; no locks. Each may move the head of the skb.
 */
#ifndef _KNAT_REWRITE_H
#define _KNAT_REWRITE_H

#include <linux/in.h>
#include "packet.h"

/* Where a protocol that is translated by address alone has a checksum that
 * covers the addresses all the same: UDP-Lite and DCCP; else 0.
 */
static inline unsigned int knat_pseudo_check(u8 proto)
{
	return proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP ? 6 : 0;
}

/* Write source or destination and port (ICMP queries: the id). Returns false
 * when the header could not be made writable; the packet is then unchanged.
 * @p is brought up to date.
 */
bool knat_rewrite_src(struct knat_packet *p, __be32 addr, __be16 port);
bool knat_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 port);

/* The same for the address alone, of any protocol (checksums that cover a
 * pseudo header are kept right: TCP, UDP, UDP-Lite, DCCP).
 */
bool knat_rewrite_src_addr(struct knat_packet *p, __be32 addr);
bool knat_rewrite_dst_addr(struct knat_packet *p, __be32 addr);

/* Lower the MSS option of a SYN to at most @mss; false as above. */
bool knat_rewrite_mss(struct knat_packet *p, u16 mss);

#endif /* _KNAT_REWRITE_H */
