/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: rewriting of headers, with the checksums that cover them.
 *
 * Any context; no locks. Each may move the head of the skb.
 */
#ifndef _KNAT_REWRITE_H
#define _KNAT_REWRITE_H

#include "packet.h"

/* Bring a transport checksum in the header up to date: @pseudo is by how much
 * the sum of the pseudo header changes, @header that of the transport header.
 */
void knat_check_update(__sum16 *check, struct knat_packet *p,
		       __wsum pseudo, __wsum header);

/* Write source or destination and port (ICMP queries: the id). Returns false
 * when the header could not be made writable; the packet is then unchanged.
 * @p is brought up to date.
 */
bool knat_rewrite_src(struct knat_packet *p, __be32 addr, __be16 port);
bool knat_rewrite_dst(struct knat_packet *p, __be32 addr, __be16 port);

/* The same for the address alone, of any protocol. */
bool knat_rewrite_src_addr(struct knat_packet *p, __be32 addr);
bool knat_rewrite_dst_addr(struct knat_packet *p, __be32 addr);

/* Lower the MSS option of a SYN to at most @mss; false as above. */
bool knat_rewrite_mss(struct knat_packet *p, u16 mss);

#endif /* _KNAT_REWRITE_H */
