// SPDX-License-Identifier: GPL-2.0
/*
 * differ: what arrived is verified for each gateway, and then held against what
 * the other one made of the same packet. Left out of that are what may differ:
 * outside ports, with the checksums that they go into, and the IP
 * identifications that a gateway chooses.
 */
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "differ.h"

#define SHOWN	6	/* packets of one place, at most */

static char why[512];

static const char *wrong(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static const char *wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return why;
}

static bool is_partial(const struct arrival *one)
{
	return one->h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
}

static unsigned int offset_of(const struct iphdr *ip)
{
	return (ntohs(ip->frag_off) & IP_OFFMASK) * 8;
}

static bool is_fragment(const struct iphdr *ip)
{
	return ip->frag_off & htons(IP_MF | IP_OFFMASK);
}

static bool is_error(const uint8_t *l4)
{
	return l4[0] == ICMP_DEST_UNREACH || l4[0] == ICMP_TIME_EXCEEDED ||
	       l4[0] == ICMP_PARAMETERPROB;
}

/* Where the port or id of a packet from the inside is, and its checksum */
static uint8_t *end_of(uint8_t *l4, size_t there, uint8_t proto, bool dst)
{
	size_t at = proto == IPPROTO_ICMP ? 4 : dst ? 2 : 0;

	return proto == GRE || there < at + 2 ? NULL : l4 + at;
}

static uint8_t *sum_of(uint8_t *l4, size_t there, uint8_t proto)
{
	size_t at = proto == IPPROTO_TCP ? offsetof(struct tcphdr, check) :
		    proto == IPPROTO_UDP ? offsetof(struct udphdr, check) :
		    proto == IPPROTO_ICMP ? offsetof(struct icmphdr, checksum) :
		    proto_sum_offset(proto);

	return !at || there < at + 2 ? NULL : l4 + at;
}

/*
 * The packet that arrived in fragments from number @from on, with a header of
 * its own; then @from is that of the next packet. A packet that is none is one
 * fragment.
 */
static const char *put_together(const struct arrivals *arrivals,
				unsigned int *from, uint8_t *whole,
				size_t *whole_len)
{
	const struct iphdr *first = (const void *)arrivals->list[*from].data;
	const struct iphdr *ip = first;
	size_t total = 0, bytes = 0, header, len;
	struct iphdr *built = (void *)whole;

	while (*from < arrivals->count) {
		ip = (const void *)arrivals->list[*from].data;
		if (ip->id != first->id || ip->saddr != first->saddr)
			break;
		header = ip->ihl * 4;
		len = arrivals->list[*from].len - header;
		if (sizeof(*ip) + offset_of(ip) + len > PACKET_MAX)
			return wrong("fragments of too large a packet");
		memcpy(whole + sizeof(*ip) + offset_of(ip),
		       arrivals->list[*from].data + header, len);
		bytes += len;
		if (!(ip->frag_off & htons(IP_MF)))
			total = offset_of(ip) + len;
		++*from;
		if (!is_fragment(ip))
			break;
	}
	if (bytes != total)
		return wrong("fragments do not make a whole: %zu of %zu bytes",
			     bytes, total);
	*whole_len = sizeof(*built) + total;
	*built = *first;
	built->ihl = sizeof(*built) / 4;
	built->frag_off = 0;
	built->tot_len = htons(*whole_len);
	built->check = 0;
	built->check = sum_fold(sum_add(0, built, sizeof(*built)));
	return NULL;
}

/* A checksum that is wrong is wrong in the whole. */
static const char *verify_fragments(const struct arrivals *arrivals)
{
	static uint8_t whole[PACKET_MAX + 1];
	const char *bad, *text;
	unsigned int i = 0;
	size_t len;

	while (i < arrivals->count) {
		bad = put_together(arrivals, &i, whole, &len);
		if (bad)
			return bad;
		text = describe(whole, len, false);
		if (strstr(text, "BAD"))
			return wrong("in the whole of the fragments: %s", text);
	}
	return NULL;
}

/* NULL, or what describe() finds wrong in a packet */
static const char *complaint(const struct step *step, const struct arrival *one)
{
	const struct iphdr *ip = (const void *)one->data;
	const char *text, *bad;

	if (is_fragment(ip))
		return sum_fold(sum_add(0, ip, ip->ihl * 4)) ?
			"the checksum of the header" : NULL;
	text = describe(one->data, one->len, is_partial(one));
	bad = strstr(text, "BAD");
	/*
	 * What a gateway tells about: the options are those that it has written
	 * to, and the checksum is not.
	 */
	if (bad && step->near && step->options_len &&
	    strstr(text, "BAD-QUOTED-IP-SUM") == bad)
		bad = NULL;
	/* The quote of a packet that a device was to finish is not. */
	if (bad || step->partial)
		return bad;
	/* As a word: others are numbers. */
	bad = strstr(text, " sum bad");
	return bad && (bad[8] == ' ' || !bad[8]) ? bad : NULL;
}

static const char *verify(const struct step *step,
			  const struct arrivals *arrivals, enum side side)
{
	const struct arrival *one;
	const struct iphdr *ip;
	bool fragments = false;
	const char *bad;
	unsigned int i;

	for (i = 0; i < arrivals->count; i++) {
		one = &arrivals->list[i];
		ip = (const void *)one->data;
		bad = complaint(step, one);
		if (bad)
			return wrong("packet %u: %s", i + 1, bad);
		if (ntohs(ip->tot_len) != one->len)
			return wrong("packet %u: %zu bytes arrived", i + 1,
				     one->len);
		if (side == OUTSIDE && ntohl(ip->saddr) >> 16 == 0xc0a8)
			return wrong("packet %u: an inside source", i + 1);
		fragments |= is_fragment(ip);
	}
	return fragments ? verify_fragments(arrivals) : NULL;
}

/* The outside port is learnt from the first packet, and then stays. */
static const char *learn(const struct step *step,
			 const struct outcome *outcome, enum gateway gw)
{
	const struct arrivals *arrivals = &outcome->at[gw][OUTSIDE];
	struct flow *flow = step->flow;
	const struct iphdr *ip;
	unsigned int i, header;
	uint8_t *end;

	if (!flow || step->from == OUTSIDE || step->error)
		return NULL;
	for (i = 0; i < arrivals->count; i++) {
		ip = (const void *)arrivals->list[i].data;
		if (offset_of(ip))
			continue;
		header = ip->ihl * 4;
		end = end_of(arrivals->list[i].data + header,
			     arrivals->list[i].len - header, flow->proto,
			     false);
		if (!end)
			continue;
		if (!flow->open && !flow->forward)
			flow->out_port[gw] = get16(end);
		else if (flow->out_port[gw] != get16(end))
			return wrong("the outside port was %u, and is %u",
				     flow->out_port[gw], get16(end));
	}
	return NULL;
}

/* The quote of an error has to be what its receiver once sent. */
static const char *verify_quotes(const struct step *step,
				 const struct arrivals *arrivals,
				 enum gateway gw, enum side side)
{
	const struct packet_plan *sent;
	const struct iphdr *ip, *quoted, *was;
	size_t header, there, len;
	const uint8_t *l4;
	unsigned int i;

	/* Who quotes a packet that a device was to finish has no checksum. */
	if (!step->flow || (step->partial && !step->error))
		return NULL;
	sent = &step->flow->sent[side][gw];
	was = (const void *)sent->data;
	for (i = 0; i < arrivals->count; i++) {
		ip = (const void *)arrivals->list[i].data;
		l4 = arrivals->list[i].data + ip->ihl * 4;
		if (ip->protocol != IPPROTO_ICMP || is_fragment(ip) ||
		    !is_error(l4))
			continue;
		quoted = (const void *)(l4 + sizeof(struct icmphdr));
		header = quoted->ihl * 4;
		there = arrivals->list[i].data + arrivals->list[i].len -
			(const uint8_t *)quoted - header;
		len = sent->len - was->ihl * 4;
		if (len > there)
			len = there;
		if (quoted->saddr != was->saddr ||
		    quoted->daddr != was->daddr ||
		    quoted->protocol != was->protocol)
			return wrong("an error quotes ends that were not sent");
		/* Fragments that arrived as a whole may be quoted as such. */
		if (!offset_of(quoted) &&
		    memcmp((const uint8_t *)quoted + header,
			   sent->data + was->ihl * 4, len))
			return wrong("an error quotes what was not sent");
	}
	return NULL;
}

/* A packet, or one that is quoted, without what may differ */
static void blank(const struct step *step, enum gateway gw, enum side side,
		  uint8_t *data, size_t len, bool quoted)
{
	struct iphdr *ip = (void *)data;
	size_t header = ip->ihl * 4, there = len - header;
	uint8_t *l4 = data + header, *at;

	ip->check = 0;
	/* Inward, identifications are left alone, but for what it says itself. */
	if (quoted || side == OUTSIDE || ip->saddr == IN_ADDR ||
	    ip->saddr == OUT_ADDR)
		ip->id = 0;
	if (offset_of(ip))
		return;
	if (ip->protocol == IPPROTO_ICMP && there > sizeof(struct icmphdr) &&
	    is_error(l4) && !quoted) {
		memset(l4 + offsetof(struct icmphdr, checksum), 0, 2);
		if (there >= sizeof(struct icmphdr) + sizeof(*ip))
			blank(step, gw, side, l4 + sizeof(struct icmphdr),
			      there - sizeof(struct icmphdr), true);
		return;
	}
	if (side == INSIDE)
		return;
	at = sum_of(l4, there, ip->protocol);
	if (at && ip->protocol == SCTP && there >= 12)
		memset(at, 0, 4);
	else if (at)
		put16(at, ip->protocol == IPPROTO_UDP && get16(at));
	at = end_of(l4, there, ip->protocol, quoted);
	if (at && step->flow && ip->protocol == step->flow->proto &&
	    get16(at) == step->flow->out_port[gw])
		put16(at, step->flow->in_port);
}

static const char *compare_bytes(const uint8_t *knat, const uint8_t *nft,
				 size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (knat[i] != nft[i])
			return wrong("byte %zu is %02x, and %02x", i, knat[i],
				     nft[i]);
	return NULL;
}

static void canonical(const struct step *step, enum gateway gw, enum side side,
		      const struct arrival *one, uint8_t *data)
{
	memcpy(data, one->data, one->len);
	if (is_partial(one))
		checksum_complete(data, one->len);
	blank(step, gw, side, data, one->len, false);
}

static const char *compare_one(const struct step *step, enum side side,
			       const struct arrival *knat,
			       const struct arrival *nft)
{
	static uint8_t of[GATEWAYS][PACKET_MAX + 1];

	if (knat->len != nft->len)
		return wrong("%zu bytes, and %zu", knat->len, nft->len);
	if (is_partial(knat) != is_partial(nft) ||
	    knat->h.gso_type != nft->h.gso_type ||
	    knat->h.gso_size != nft->h.gso_size)
		return wrong("offload differs: gso %u/%u, and %u/%u",
			     knat->h.gso_type, knat->h.gso_size,
			     nft->h.gso_type, nft->h.gso_size);
	canonical(step, KNAT, side, knat, of[KNAT]);
	canonical(step, NFT, side, nft, of[NFT]);
	return compare_bytes(of[KNAT], of[NFT], knat->len);
}

/*
 * Of fragments, the headers and then the whole: a checksum may be in another
 * fragment than the ports. DF is left out. The kernel keeps it in fragments if
 * it makes them anew, and not if it finds them as they came, which depends on
 * how much of the packet somebody has looked at.
 */
static const char *compare_fragments(const struct step *step, enum side side,
				     const struct arrivals *knat,
				     const struct arrivals *nft)
{
	static uint8_t of[GATEWAYS][PACKET_MAX + 1];
	size_t len[GATEWAYS];
	unsigned int i, at[GATEWAYS] = {};
	const char *bad;

	for (i = 0; i < knat->count; i++) {
		struct iphdr *one = (void *)of[KNAT], *other = (void *)of[NFT];

		if (knat->list[i].len != nft->list[i].len)
			return wrong("fragment %u: %zu bytes, and %zu", i + 1,
				     knat->list[i].len, nft->list[i].len);
		memcpy(one, knat->list[i].data, 60);
		memcpy(other, nft->list[i].data, 60);
		one->id = other->id = 0;
		one->check = other->check = 0;
		one->frag_off &= ~htons(IP_DF);
		other->frag_off &= ~htons(IP_DF);
		bad = compare_bytes(of[KNAT], of[NFT],
				    one->ihl == other->ihl ? one->ihl * 4 : 1);
		if (bad)
			return bad;
	}
	while (at[KNAT] < knat->count && at[NFT] < nft->count) {
		bad = put_together(knat, &at[KNAT], of[KNAT], &len[KNAT]) ?:
		      put_together(nft, &at[NFT], of[NFT], &len[NFT]);
		if (bad)
			return bad;
		if (len[KNAT] != len[NFT])
			return wrong("the wholes differ in length");
		blank(step, KNAT, side, of[KNAT], len[KNAT], false);
		blank(step, NFT, side, of[NFT], len[NFT], false);
		bad = compare_bytes(of[KNAT], of[NFT], len[KNAT]);
		if (bad)
			return bad;
	}
	return NULL;
}

/* Of one side */
static const char *compare_arrivals(const struct step *step, enum side side,
				    const struct arrivals *knat,
				    const struct arrivals *nft)
{
	const char *bad = NULL;
	unsigned int i;

	if (knat->count != nft->count)
		return wrong("%u packets arrive by way of knat, and %u by nft",
			     knat->count, nft->count);
	if (knat->count && is_fragment((const void *)knat->list[0].data))
		return compare_fragments(step, side, knat, nft);
	for (i = 0; i < knat->count && !bad; i++)
		bad = compare_one(step, side, &knat->list[i], &nft->list[i]);
	return bad;
}

/* All that is sent gets through, or is refused with an answer. */
static const char *missing(const struct step *step,
			   const struct outcome *outcome, enum gateway gw)
{
	bool through = outcome->at[gw][!step->from].count;
	bool told = outcome->at[gw][step->from].count;

	if (through != !step->near)
		return wrong(through ? "it gets through" :
				       "it does not get through");
	if (told != step->near)
		return wrong(told ? "it is answered" : "it is not answered");
	return NULL;
}

const char *compare(const struct step *step, const struct outcome *outcome)
{
	const struct arrivals *arrivals;
	static char text[640];
	const char *bad;
	int gw, side;

	for (gw = 0; gw < GATEWAYS; gw++) {
		bad = learn(step, outcome, gw) ?: missing(step, outcome, gw);
		for (side = 0; side < SIDES && !bad; side++) {
			arrivals = &outcome->at[gw][side];
			bad = verify(step, arrivals, side) ?:
			      verify_quotes(step, arrivals, gw, side);
		}
		if (bad) {
			snprintf(text, sizeof(text), "%s: %s",
				 gateway_names[gw], bad);
			return text;
		}
	}
	for (side = 0; side < SIDES; side++) {
		bad = compare_arrivals(step, side, &outcome->at[KNAT][side],
				       &outcome->at[NFT][side]);
		if (bad) {
			snprintf(text, sizeof(text), "%sside: %s",
				 side_names[side], bad);
			return text;
		}
	}
	return NULL;
}

void outcome_print(const struct step *step, const struct outcome *outcome)
{
	static const char *const texts[] = {
#define X(name, text) text,
		SORTS(X)
#undef X
	};
	static struct packet_plan plan;
	const struct arrivals *at;
	unsigned int i;
	int gw, side;

	printf("  it is");
	for (i = 0; i < SORT_COUNT; i++)
		if (step->sorts[i])
			printf(" [%s]", texts[i]);
	if (step->gso_size)
		printf(", segments of %u", step->gso_size);
	if (step->fragment) {
		printf(", fragments of %u:", step->fragment);
		for (i = 0; i < step->fragments; i++)
			printf(" %u", step->order[i]);
	}
	putchar('\n');
	for (gw = 0; gw < GATEWAYS; gw++) {
		plan_make(step, gw, &plan);
		printf("  sent %s to %s: %s\n",
		       step->from == INSIDE ? "out" : "in", gateway_names[gw],
		       describe(plan.data, plan.len, false));
		for (side = 0; side < SIDES; side++) {
			at = &outcome->at[gw][side];
			for (i = 0; i < at->count && i < SHOWN; i++)
				printf("    arrives %sside: %s\n",
				       side_names[side],
				       describe(at->list[i].data,
						at->list[i].len,
						is_partial(&at->list[i])));
			if (at->count > SHOWN)
				printf("    and %u more\n", at->count - SHOWN);
			else if (!at->count)
				printf("    nothing arrives %sside\n",
				       side_names[side]);
		}
	}
}
