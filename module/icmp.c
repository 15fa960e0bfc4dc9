// SPDX-License-Identifier: GPL-2.0
/* knat: ICMP errors and the packet that they quote. */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/route.h>
#include "flow.h"
#include "hairpin.h"
#include "icmp.h"
#include "local.h"
#include "look.h"
#include "lookup.h"
#include "net.h"
#include "odd.h"
#include "pptp.h"
#include "prefix.h"
#include "proto.h"
#include "rewrite.h"
#include "rule.h"

/**
 * struct quote - the packet that an error quotes
 * @off: offset of its IP header from skb->data
 * @l4: offset of its transport header
 * @span: bytes of the transport header that are there, 20 at most
 * @saddr: its source
 * @daddr: its destination
 * @sport: source port; of queries the id; 0 where it has none
 * @dport: destination port likewise
 * @proto: IP protocol
 * @id: the id of a call of PPTP, as its receiver knows it
 * @ports: it has ports or an id, and they are there
 * @call: it has such an id
 */
struct quote {
	u16	off;
	u16	l4;
	u16	span;
	__be32	saddr;
	__be32	daddr;
	__be16	sport;
	__be16	dport;
	__be16	id;
	u8	proto;
	bool	ports;
	bool	call;
};

/* What RFC 792 has every error quote of the transport header. */
#define QUOTE_L4_MIN	8

static bool quote_ports(const struct knat_packet *p, struct quote *q)
{
	const u8 *l4 = p->skb->data + q->l4;
	const struct icmphdr *icmph = (const void *)l4;
	const __be16 *port = (const void *)l4;

	switch (q->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		if (q->span < QUOTE_L4_MIN)
			return false;
		q->sport = port[0];
		q->dport = port[1];
		q->ports = true;
		return true;
	case IPPROTO_ESP:
		if (q->span < QUOTE_L4_MIN)
			return false;
		/* The SPI, as the sender's side sees it. */
		q->sport = port[0];
		q->dport = port[1];
		return true;
	case IPPROTO_GRE:
		q->call = knat_pptp_id(l4, q->span, &q->id);
		return true;
	case IPPROTO_ICMP:
		if (q->span < QUOTE_L4_MIN)
			return false;
		/* RFC 1122: there are no errors about errors. */
		switch (icmph->type) {
		case ICMP_DEST_UNREACH:
		case ICMP_SOURCE_QUENCH:
		case ICMP_REDIRECT:
		case ICMP_TIME_EXCEEDED:
		case ICMP_PARAMETERPROB:
			return false;
		}
		q->sport = icmph->un.echo.id;
		q->dport = icmph->un.echo.id;
		q->ports = true;
		return true;
	}
	return true;
}

static bool quote_parse(const struct knat_packet *p, struct quote *q)
{
	unsigned int off = p->thoff + sizeof(struct icmphdr);
	struct sk_buff *skb = p->skb;
	const struct iphdr *iph;

	memset(q, 0, sizeof(*q));
	if (!pskb_may_pull(skb, off + sizeof(*iph)))
		return false;
	iph = (const void *)(skb->data + off);
	if (iph->version != 4 || iph->ihl < 5 ||
	    off + iph->ihl * 4 > skb->len)
		return false;
	if (!pskb_may_pull(skb, off + iph->ihl * 4))
		return false;
	iph = (const void *)(skb->data + off);
	/* RFC 5508 REQ-3a. What the gateway tells itself is about a packet whose
	 * options it may have written to, and Linux quotes it before it has
	 * summed that up.
	 */
	if (skb->skb_iif && ip_fast_csum(iph, iph->ihl))
		return false;
	q->off = off;
	q->l4 = off + iph->ihl * 4;
	q->span = min_t(unsigned int, skb->len - q->l4, sizeof(struct tcphdr));
	if (!pskb_may_pull(skb, q->l4 + q->span))
		return false;
	iph = (const void *)(skb->data + off);
	q->saddr = iph->saddr;
	q->daddr = iph->daddr;
	q->proto = iph->protocol;
	/* A later fragment has no ports: only whole addresses can be found. */
	if (iph->frag_off & htons(IP_OFFSET)) {
		q->span = 0;
		return true;
	}
	return quote_ports(p, q);
}

/* The errors themselves are few: sum them up, whatever the device says. Nobody
 * leaves the checksum of an error to the device: one that did is dropped.
 */
static bool checksum_ok(const struct knat_packet *p)
{
	return !csum_fold(skb_checksum(p->skb, p->thoff,
				       p->skb->len - p->thoff, 0));
}

/* Change two bytes of the quoted packet, and the checksum of the error. */
static void quote_set16(struct knat_packet *p, void *field, __be16 to)
{
	struct icmphdr *icmph = (void *)(p->skb->data + p->thoff);
	__be16 from = *(__be16 *)field;

	inet_proto_csum_replace2(&icmph->checksum, p->skb, from, to, false);
	*(__be16 *)field = to;
}

static void quote_set32(struct knat_packet *p, void *field, __be32 to)
{
	struct icmphdr *icmph = (void *)(p->skb->data + p->thoff);
	__be32 from = *(__be32 *)field;

	inet_proto_csum_replace4(&icmph->checksum, p->skb, from, to, false);
	*(__be32 *)field = to;
}

/* The CRC covers all of the packet: what is cut off is not reckoned with. */
static void quote_crc(struct knat_packet *p, const struct quote *q, bool src,
		      __be16 diff)
{
	const struct iphdr *iph = (const void *)(p->skb->data + q->off);
	struct sctphdr *sh = (void *)(p->skb->data + q->l4);
	unsigned int len = p->skb->len - q->l4;

	if (!diff || q->span < sizeof(*sh) || iph->frag_off & htons(IP_MF) ||
	    ntohs(iph->tot_len) != q->l4 - q->off + len)
		return;
	quote_set32(p, &sh->checksum, (__force __be32)
		    (sh->checksum ^ knat_sctp_crc_diff(diff, src ? 0 : 2, len)));
}

/* The quoted transport header: its port or id, and as far as it was quoted its
 * checksum.
 */
static void quote_transport(struct knat_packet *p, const struct quote *q,
			    bool src, __be32 from, __be32 to, __be16 port)
{
	u8 *l4 = p->skb->data + q->l4;
	__be16 old = src ? q->sport : q->dport;
	unsigned int check_off, port_off = src ? 0 : 2;
	bool pseudo = true;
	__sum16 check;

	switch (q->proto) {
	case IPPROTO_TCP:
		check_off = offsetof(struct tcphdr, check);
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		check_off = offsetof(struct udphdr, check);
		break;
	case IPPROTO_SCTP:
		quote_crc(p, q, src, old ^ port);
		check_off = sizeof(struct tcphdr);
		break;
	case IPPROTO_ICMP:
		check_off = offsetof(struct icmphdr, checksum);
		port_off = offsetof(struct icmphdr, un.echo.id);
		pseudo = false;
		break;
	default:
		return;
	}
	if (q->span >= check_off + sizeof(check)) {
		check = *(__sum16 *)(l4 + check_off);
		if (q->proto != IPPROTO_UDP || check) {
			if (pseudo)
				csum_replace4(&check, from, to);
			csum_replace2(&check, old, port);
			if (q->proto != IPPROTO_TCP && pseudo && !check)
				check = CSUM_MANGLED_0;
			quote_set16(p, l4 + check_off, (__force __be16)check);
		}
	}
	if (q->ports && old != port)
		quote_set16(p, l4 + port_off, port);
}

static bool quote_rewrite(struct knat_packet *p, const struct quote *q,
			  bool src, const struct knat_found *to)
{
	__be16 port = src ? q->sport : q->dport;
	struct iphdr *iph;
	__be32 from;
	__sum16 check;

	if (skb_ensure_writable(p->skb, q->l4 + q->span))
		return false;
	iph = (void *)(p->skb->data + q->off);
	from = src ? iph->saddr : iph->daddr;
	check = iph->check;
	csum_replace4(&check, from, to->addr);
	quote_set16(p, &iph->check, (__force __be16)check);
	quote_set32(p, src ? &iph->saddr : &iph->daddr, to->addr);
	quote_transport(p, q, src, from, to->addr,
			to->whole_addr ? port : to->port);
	if (unlikely(to->call))
		quote_set16(p, p->skb->data + q->l4 + KNAT_PPTP_ID_OFFSET,
			    to->port);
	return true;
}

static unsigned int drop_error(const struct knat_packet *p)
{
	knat_tell(p, DROP_ICMP_ERROR);
	return NF_DROP;
}

static unsigned int drop_memory(const struct knat_packet *p)
{
	knat_tell(p, DROP_MEMORY);
	return NF_DROP;
}

unsigned int knat_icmp_about_hairpin(struct knat_packet *p)
{
	const struct icmphdr *icmph;
	struct knat_found sent;
	struct quote q;

	if (p->kind == KNAT_PACKET_BAD || p->kind == KNAT_PACKET_QUERY ||
	    !quote_parse(p, &q) ||
	    !knat_hairpin_last(p->kn, q.proto, q.saddr, q.sport, q.daddr,
			       q.dport, &sent))
		return NF_ACCEPT;
	icmph = (void *)(p->skb->data + p->thoff);
	if (icmph->type == ICMP_REDIRECT)
		return drop_error(p);
	return quote_rewrite(p, &q, false, &sent) ? NF_ACCEPT : drop_memory(p);
}

/* Queries have no far port to look for. */
static __be16 far_port(const struct quote *q, __be16 port)
{
	return q->proto == IPPROTO_ICMP ? 0 : port;
}

/* What comes in from the outside can tell nothing of two inside hosts. */
static bool from_outside(const struct knat_packet *p)
{
	const struct knat_view *view = rcu_dereference(p->kn->view);
	int iif = p->skb->skb_iif;

	return view && iif && knat_view_dev(view, iif);
}

unsigned int knat_icmp_error_in(struct knat_packet *p,
				struct knat_found *outer_src)
{
	struct knat_found in, far;
	struct quote q;

	if (!quote_parse(p, &q) || !checksum_ok(p))
		return drop_error(p);
	/* An error goes to whom the quoted packet came from. */
	if (q.saddr != p->daddr)
		return drop_error(p);
	if (!knat_lookup_inside_of(p->kn, q.proto, q.saddr,
				   q.call ? q.id : q.sport, q.daddr,
				   q.call ? KNAT_CALL_OUT :
					    far_port(&q, q.dport), &in)) {
		if (!knat_local_addr(p->kn->net, q.saddr))
			return drop_error(p);
		knat_count(p->kn, PASS_LOCAL);
		return NF_ACCEPT;
	}

	/* About a hairpin packet: the quoted destination is an inside host,
	 * too, which the sender knows by its outside end (RFC 5508 REQ-7). The
	 * gateway speaks for itself.
	 */
	if (!from_outside(p) &&
	    knat_lookup_outside_of(p->kn, 0, q.proto, q.daddr, q.dport,
				   q.saddr, far_port(&q, q.sport), &far)) {
		if (!quote_rewrite(p, &q, false, &far))
			return drop_memory(p);
		if (!knat_local_addr(p->kn->net, p->saddr)) {
			far.whole_addr = true;
			*outer_src = far;
		}
	}
	if (!quote_rewrite(p, &q, true, &in) ||
	    !knat_rewrite_dst_addr(p, in.addr))
		return drop_memory(p);
	knat_count(p->kn, ICMP_ERROR_IN);
	return NF_ACCEPT;
}

/* No mapping has to do with the quoted packet. It goes as the flow goes that it
 * is about; if that is translated, so would the sender have to be, and there is
 * nothing that it could become.
 */
static unsigned int error_out_unknown(const struct knat_packet *p,
				      const struct quote *q, int ifindex)
{
	const struct knat_view *view = rcu_dereference(p->kn->view);
	const struct knat_view_rule *rule;
	const struct knat_view_dev *dev;
	struct knat_packet answer = *p;

	if (knat_lookup_is_outside(p->kn, p->saddr) ||
	    knat_local_addr(p->kn->net, p->saddr)) {
		knat_count(p->kn, PASS_LOCAL);
		return NF_ACCEPT;
	}
	/* The rules may have changed since the hook looked. */
	dev = view ? knat_view_dev(view, ifindex) : NULL;
	if (!dev)
		return drop_error(p);
	answer.proto = q->proto;
	answer.saddr = q->daddr;
	answer.daddr = q->saddr;
	answer.dport = far_port(q, q->sport);
	rule = knat_flow_rule(&answer, view, dev);
	if (!rule)
		rule = knat_flow_rule(p, view, dev);
	if (rule && rule->pool)
		return drop_error(p);
	if (rule)
		knat_count(p->kn, PASS_EXEMPT);
	else
		knat_count(p->kn, PASS_NO_RULE);
	return NF_ACCEPT;
}

/* Does the quoted packet name a source route? It would show the outside which
 * inside addresses were on it (RFC 5508 section 7.3).
 */
static bool quote_has_route(const struct knat_packet *p, const struct quote *q)
{
	return knat_odd_route((const void *)(p->skb->data + q->off));
}

unsigned int knat_icmp_error_out(struct knat_packet *p, int ifindex)
{
	struct knat_found out;
	struct quote q;

	if (!quote_parse(p, &q) || !checksum_ok(p) || quote_has_route(p, &q))
		return drop_error(p);
	if (q.proto == IPPROTO_ESP)
		swap(q.sport, q.dport);
	if (q.saddr != p->daddr ||
	    !knat_lookup_outside_of(p->kn, ifindex, q.proto, q.daddr,
				    q.call ? q.id : q.dport, q.saddr,
				    q.call ? KNAT_CALL_IN :
					     far_port(&q, q.sport), &out))
		return error_out_unknown(p, &q, ifindex);
	if (!quote_rewrite(p, &q, false, &out))
		return drop_memory(p);
	/* A router with an address of its own is known by that (RFC 5508 REQ-5).
	 * The gateway speaks for itself, if with an address of this side.
	 */
	knat_prefix_outside_of(p->kn, p->saddr, &out.addr);
	if (!knat_lookup_is_outside(p->kn, p->saddr) &&
	    inet_dev_addr_type(p->kn->net, p->skb->dev, p->saddr) != RTN_LOCAL &&
	    !knat_rewrite_src_addr(p, out.addr))
		return drop_memory(p);
	knat_count(p->kn, ICMP_ERROR_OUT);
	return NF_ACCEPT;
}
