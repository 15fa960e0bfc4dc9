/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what the hooks know of a packet.
 *
 * Lives on the stack of one hook call. The pointers into the skb are taken
 * anew after every call that may move its head (see rewrite.h).
 */
#ifndef _KNAT_PACKET_H
#define _KNAT_PACKET_H

#include <linux/skbuff.h>
#include <linux/ip.h>

struct knat_look;
struct knat_net;

/**
 * enum knat_packet_kind - how a packet is translated
 * @KNAT_PACKET_PORTS: TCP, UDP, UDP-Lite, DCCP and SCTP
 * @KNAT_PACKET_QUERY: ICMP query or reply with an id
 * @KNAT_PACKET_ADDRESS: any other protocol: by address alone
 * @KNAT_PACKET_ERROR: ICMP error, quotes another packet
 * @KNAT_PACKET_OTHER: any other ICMP type: only one to one
 * @KNAT_PACKET_BAD: truncated or impossible header, or a source route
 */
enum knat_packet_kind {
	KNAT_PACKET_PORTS,
	KNAT_PACKET_QUERY,
	KNAT_PACKET_ADDRESS,
	KNAT_PACKET_ERROR,
	KNAT_PACKET_OTHER,
	KNAT_PACKET_BAD,
};

/**
 * struct knat_packet - a packet, parsed
 * @skb: the packet; its network header is IPv4, whole (not a fragment)
 * @kn: the namespace
 * @saddr: source address
 * @daddr: destination address
 * @sport: source port; of ICMP queries the id
 * @dport: destination port; of ICMP queries the id
 * @proto: IP protocol
 * @tcp_flags: byte 13 of the TCP header, for TCP; of DCCP and SCTP what comes
 *	to the same
 * @tracked: its flow has a session
 * @unmapped: quick.h has looked for a mapping of its inside end, and there is
 *	none
 * @call: of GRE: it is a packet of PPTP, with the id of a call
 * @thoff: offset of the transport header from skb->data
 * @kind: how it is translated
 * @drop: of KNAT_PACKET_BAD the counter, enum knat_counter
 * @look: NULL; else it is no packet but a question about one: nothing is
 *	  counted, refreshed, opened or answered
 */
struct knat_packet {
	struct sk_buff		*skb;
	struct knat_net		*kn;
	__be32			saddr;
	__be32			daddr;
	__be16			sport;
	__be16			dport;
	u8			proto;
	u8			tcp_flags;
	u16			thoff;
	bool			tracked;
	bool			unmapped;
	bool			call;
	enum knat_packet_kind	kind;
	u32			drop;
	struct knat_look	*look;
};

#define KNAT_TCP_FIN	0x01
#define KNAT_TCP_SYN	0x02
#define KNAT_TCP_RST	0x04
#define KNAT_TCP_ACK	0x10

/* The port of the far end: only with ports it has one. */
static inline __be16 knat_packet_far_port(const struct knat_packet *p,
					  __be16 port)
{
	return p->kind == KNAT_PACKET_PORTS ? port : 0;
}

/* Make @len bytes from the transport header on readable: NULL if there are not
 * as many. May move the head of the skb.
 */
void *knat_packet_pull(struct knat_packet *p, unsigned int len);

/**
 * knat_packet_parse() - read the headers of a packet
 * @p: filled in
 * @kn: the namespace
 * @skb: the packet, skb->data at the IPv4 header, no fragment
 *
 * May move the head of the skb (pskb_may_pull). Never fails: what cannot be
 * read is KNAT_PACKET_BAD.
 */
void knat_packet_parse(struct knat_packet *p, struct knat_net *kn,
		       struct sk_buff *skb);

#endif /* _KNAT_PACKET_H */
