// SPDX-License-Identifier: GPL-2.0
/* knat: transport checksums. */
#include <linux/crc32c.h>
#include <linux/dccp.h>
#include <linux/sctp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "checksum.h"

/* With the pseudo header, which says that there are @len bytes; the first @covered
 * of them are summed up.
 */
static bool sum_wrong(const struct knat_packet *p, unsigned int len,
		      unsigned int covered)
{
	const struct iphdr *iph = ip_hdr(p->skb);

	return csum_tcpudp_magic(iph->saddr, iph->daddr, len, p->proto,
				 skb_checksum(p->skb, p->thoff, covered, 0));
}

/* RFC 4340 section 9.2 */
static unsigned int dccp_covered(const struct dccp_hdr *dh, unsigned int len)
{
	unsigned int covered;

	if (!dh->dccph_cscov)
		return len;
	covered = (dh->dccph_doff + dh->dccph_cscov - 1) * 4;
	return min(covered, len);
}

/* RFC 9260 section 6.8: the CRC32c of the packet with zero in its place */
static bool sctp_wrong(const struct knat_packet *p, unsigned int len)
{
	const struct sctphdr *sh = (void *)(p->skb->data + p->thoff);
	struct sctphdr head = *sh;
	unsigned int off, n;
	u8 buf[128];
	u32 crc;

	head.checksum = 0;
	crc = crc32c(~0, &head, sizeof(head));
	for (off = sizeof(head); off < len; off += n) {
		n = min_t(unsigned int, len - off, sizeof(buf));
		if (skb_copy_bits(p->skb, p->thoff + off, buf, n))
			return true;
		crc = crc32c(crc, buf, n);
	}
	return sh->checksum != cpu_to_le32(~crc);
}

bool knat_checksum_wrong(const struct knat_packet *p)
{
	const u8 *th = p->skb->data + p->thoff;
	unsigned int len = p->skb->len - p->thoff;
	const struct udphdr *uh = (const void *)th;

	if (skb_csum_unnecessary(p->skb) || p->look)
		return false;
	switch (p->proto) {
	case IPPROTO_TCP:
		return sum_wrong(p, len, len);
	case IPPROTO_UDP:
		return uh->check && sum_wrong(p, be16_to_cpu(uh->len),
					      be16_to_cpu(uh->len));
	case IPPROTO_UDPLITE:
		return sum_wrong(p, len, be16_to_cpu(uh->len) ?: len);
	case IPPROTO_DCCP:
		return sum_wrong(p, len, dccp_covered((const void *)th, len));
	case IPPROTO_SCTP:
		return sctp_wrong(p, len);
	case IPPROTO_ICMP:
		return csum_fold(skb_checksum(p->skb, p->thoff, len, 0));
	}
	return false;
}
