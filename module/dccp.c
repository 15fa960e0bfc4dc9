// SPDX-License-Identifier: GPL-2.0
/* knat: DCCP (RFC 4340, RFC 5596; behind a NAT: RFC 5597). */
#include <linux/dccp.h>
#include "proto.h"

/* DCCP-Listen (RFC 5596 section 2.1), which the kernel does not know. */
#define DCCP_TYPE_LISTEN	10

/* What a packet does to the connection, in flags of TCP. There is no half
 * closed connection: CloseReq, Close and Reset begin the end of both halves,
 * which is what a RST does.
 */
static u8 dccp_flags(u8 type)
{
	switch (type) {
	case DCCP_PKT_REQUEST:
	case DCCP_TYPE_LISTEN:
		return KNAT_TCP_SYN;
	case DCCP_PKT_RESPONSE:
		return KNAT_TCP_SYN | KNAT_TCP_ACK;
	case DCCP_PKT_CLOSEREQ:
	case DCCP_PKT_CLOSE:
	case DCCP_PKT_RESET:
		return KNAT_TCP_RST;
	}
	return KNAT_TCP_ACK;
}

enum knat_packet_kind knat_dccp_parse(struct knat_packet *p)
{
	const struct dccp_hdr *dh = knat_packet_pull(p, sizeof(*dh));
	unsigned int len;

	if (!dh)
		return KNAT_PACKET_BAD;
	/* Long sequence numbers (X) make the header longer. */
	len = sizeof(*dh) + (dh->dccph_x ? sizeof(struct dccp_hdr_ext) : 0);
	if (dh->dccph_doff * 4 < len ||
	    p->thoff + dh->dccph_doff * 4 > p->skb->len)
		return KNAT_PACKET_BAD;
	p->sport = dh->dccph_sport;
	p->dport = dh->dccph_dport;
	p->tcp_flags = dccp_flags(dh->dccph_type);
	p->tracked = true;
	return KNAT_PACKET_PORTS;
}

bool knat_dccp_unsolicited(const struct knat_packet *p)
{
	const struct dccp_hdr *dh = (void *)(p->skb->data + p->thoff);

	return p->proto == IPPROTO_DCCP && p->kind == KNAT_PACKET_PORTS &&
	       (dh->dccph_type == DCCP_TYPE_LISTEN ||
		dh->dccph_type == DCCP_PKT_SYNC);
}
