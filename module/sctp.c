// SPDX-License-Identifier: GPL-2.0
/* knat: SCTP, of associations with one address a side (RFC 9260). */
#include <linux/crc32c.h>
#include <linux/sctp.h>
#include "proto.h"

/* Chunks looked at, which come one after the other in a packet. What changes
 * the state is among the first: INIT and SHUTDOWN COMPLETE stand alone.
 */
#define SCTP_CHUNKS	8

static u8 sctp_chunk_flags(u8 type)
{
	switch (type) {
	case SCTP_CID_INIT:
		return KNAT_TCP_SYN;
	case SCTP_CID_INIT_ACK:
		return KNAT_TCP_SYN | KNAT_TCP_ACK;
	case SCTP_CID_SHUTDOWN:
	case SCTP_CID_SHUTDOWN_ACK:
	case SCTP_CID_SHUTDOWN_COMPLETE:
		return KNAT_TCP_FIN | KNAT_TCP_ACK;
	case SCTP_CID_ABORT:
		return KNAT_TCP_RST;
	}
	return KNAT_TCP_ACK;
}

/* What the chunks do to the association, in flags of TCP. */
static u8 sctp_flags(const struct knat_packet *p)
{
	unsigned int off = p->thoff + sizeof(struct sctphdr);
	struct sctp_chunkhdr buf;
	const struct sctp_chunkhdr *ch;
	u8 flags = 0;
	int n;

	for (n = 0; n < SCTP_CHUNKS; n++) {
		ch = skb_header_pointer(p->skb, off, sizeof(buf), &buf);
		if (!ch || be16_to_cpu(ch->length) < sizeof(*ch))
			break;
		flags |= sctp_chunk_flags(ch->type);
		off += ALIGN(be16_to_cpu(ch->length), 4);
	}
	return flags;
}

enum knat_packet_kind knat_sctp_parse(struct knat_packet *p)
{
	const struct sctphdr *sh = knat_packet_pull(p, sizeof(*sh));

	if (!sh)
		return KNAT_PACKET_BAD;
	p->sport = sh->source;
	p->dport = sh->dest;
	/* It may pull no more: @sh is not used any longer. */
	p->tcp_flags = sctp_flags(p);
	p->tracked = true;
	return KNAT_PACKET_PORTS;
}

__le32 knat_sctp_crc_diff(__be16 diff, unsigned int off, unsigned int len)
{
	static const u8 zeros[512];
	u32 crc = crc32c(0, &diff, sizeof(diff));
	unsigned int n;

	for (len -= off + sizeof(diff); len; len -= n) {
		n = min_t(unsigned int, len, sizeof(zeros));
		crc = crc32c(crc, zeros, n);
	}
	return cpu_to_le32(crc);
}

void knat_sctp_rewrite(struct knat_packet *p, bool src, __be16 port)
{
	struct sk_buff *skb = p->skb;
	struct sctphdr *sh = (void *)(skb->data + p->thoff);
	__be16 *field = src ? &sh->source : &sh->dest;
	__be16 diff = *field ^ port;

	/* The CRC covers no address. */
	if (!diff)
		return;
	*field = port;
	/* Else it is left to the device, or to whoever segments. */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return;
	sh->checksum ^= knat_sctp_crc_diff(diff, (u8 *)field - (u8 *)sh,
					   skb->len - p->thoff);
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}
