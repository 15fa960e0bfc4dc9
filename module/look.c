// SPDX-License-Identifier: GPL-2.0
/* knat: what would become of a packet. */
#include <linux/dccp.h>
#include <linux/icmp.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include "hairpin.h"
#include "hook.h"
#include "local.h"
#include "look.h"
#include "net.h"
#include "proto.h"
#include "static_dev.h"

/* Room for any of the transport headers */
#define LOOK_TRANSPORT	64

/* A packet that opens a flow, as far as its protocol tells. */
static void look_transport(struct sk_buff *skb,
			   const struct knat_look_packet *packet)
{
	u8 *head = skb_put_zero(skb, LOOK_TRANSPORT);
	struct sctp_chunkhdr *chunk;
	struct icmphdr *icmph;
	struct dccp_hdr *dh;
	struct tcphdr *th;
	struct udphdr *uh;

	skb_set_transport_header(skb, sizeof(struct iphdr));
	switch (packet->proto) {
	case IPPROTO_ICMP:
		icmph = (void *)head;
		icmph->type = ICMP_ECHO;
		icmph->un.echo.id = packet->sport;
		return;
	case IPPROTO_TCP:
		th = (void *)head;
		th->doff = sizeof(*th) / 4;
		th->syn = 1;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		uh = (void *)head;
		uh->len = htons(LOOK_TRANSPORT);
		uh->check = CSUM_MANGLED_0;
		break;
	case IPPROTO_SCTP:
		chunk = (void *)(head + sizeof(struct sctphdr));
		chunk->type = SCTP_CID_INIT;
		chunk->length = htons(LOOK_TRANSPORT - sizeof(struct sctphdr));
		break;
	case IPPROTO_DCCP:
		dh = (void *)head;
		dh->dccph_x = 1;
		dh->dccph_type = DCCP_PKT_REQUEST;
		dh->dccph_doff = LOOK_TRANSPORT / 4;
		break;
	default:
		return;
	}
	/* Those with ports have them in the same place. */
	((__be16 *)head)[0] = packet->sport;
	((__be16 *)head)[1] = packet->dport;
}

static struct sk_buff *look_skb(const struct knat_look_packet *packet)
{
	unsigned int len = sizeof(struct iphdr) + LOOK_TRANSPORT;
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + len, GFP_ATOMIC);
	struct iphdr *iph;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->ttl = IPDEFTTL;
	iph->tot_len = htons(len);
	iph->frag_off = htons(IP_DF);
	iph->protocol = packet->proto;
	iph->saddr = packet->saddr;
	iph->daddr = packet->daddr;
	ip_send_check(iph);
	look_transport(skb, packet);
	return skb;
}

/* The device that leads to @addr, or NULL. */
static struct net_device *look_dev(struct knat_net *kn, __be32 addr)
{
	int ifindex = knat_static_ifindex(kn, addr);

	return ifindex > 0 ? dev_get_by_index_rcu(kn->net, ifindex) : NULL;
}

/* The packet as it is now */
static void look_read(struct knat_look_packet *packet,
		      const struct sk_buff *skb)
{
	const struct icmphdr *icmph = (void *)skb_transport_header(skb);
	const __be16 *ports = (void *)skb_transport_header(skb);

	packet->saddr = ip_hdr(skb)->saddr;
	packet->daddr = ip_hdr(skb)->daddr;
	if (knat_proto_has_ports(packet->proto)) {
		packet->sport = ports[0];
		packet->dport = ports[1];
	} else if (packet->proto == IPPROTO_ICMP) {
		packet->sport = icmph->un.echo.id;
	}
}

/* In PREROUTING; true if it goes on to be routed. */
static bool look_in(struct knat_net *kn, const struct knat_view *view,
		    struct sk_buff *skb, struct knat_look_packet *packet,
		    struct knat_look *look)
{
	bool outside = knat_view_dev(view, packet->in->ifindex);
	struct knat_found src;

	skb->dev = packet->in;
	skb->skb_iif = packet->in->ifindex;
	if (knat_hook_in(kn, view, skb, packet->in, outside, look) != NF_ACCEPT)
		return false;
	if (knat_hairpin_maybe(skb) && knat_hairpin_unmark(skb, &src))
		knat_hairpin_out(kn, skb, &src);
	return true;
}

/* In POSTROUTING; true if it leaves. */
static bool look_out(struct knat_net *kn, const struct knat_view *view,
		     struct sk_buff *skb, struct knat_look_packet *packet,
		     struct knat_look *look)
{
	const struct knat_view_dev *dev;
	struct net_device *in = packet->in;

	if (!packet->out)
		packet->out = look_dev(kn, packet->daddr);
	dev = packet->out ? knat_view_dev(view, packet->out->ifindex) : NULL;
	if (!dev)
		return true;
	if (!in && !knat_local_addr(kn->net, packet->saddr))
		in = look_dev(kn, packet->saddr);
	skb->dev = packet->out;
	skb->skb_iif = in ? in->ifindex : 0;
	/* From somewhere else than the gateway, but nobody knows from where. */
	if (!in && !knat_local_addr(kn->net, packet->saddr))
		skb->skb_iif = LOOPBACK_IFINDEX;
	return knat_hook_out(kn, view, skb, dev, NULL, look) == NF_ACCEPT;
}

static bool look_all(struct knat_net *kn, const struct knat_view *view,
		     struct sk_buff *skb, struct knat_look_packet *packet,
		     struct knat_look *look)
{
	if (!packet->out && knat_lookup_is_outside(kn, packet->daddr)) {
		if (!packet->in)
			packet->in = look_dev(kn, packet->saddr);
		if (packet->in && !(packet->in->flags & IFF_LOOPBACK))
			return look_in(kn, view, skb, packet, look);
	}
	if (knat_local_addr(kn->net, packet->daddr))
		return true;
	return look_out(kn, view, skb, packet, look);
}

int knat_look(struct knat_net *kn, struct knat_look_packet *packet,
	      struct knat_look *look, bool *goes)
{
	struct sk_buff *skb = look_skb(packet);
	const struct knat_view *view;

	lockdep_assert_held(&kn->config_lock);

	if (!skb)
		return -ENOMEM;
	memset(look, 0, sizeof(*look));
	*goes = true;
	local_bh_disable();
	view = rcu_dereference(kn->view);
	if (view)
		*goes = look_all(kn, view, skb, packet, look);
	local_bh_enable();
	look_read(packet, skb);
	skb->dev = NULL;
	kfree_skb(skb);
	return 0;
}
