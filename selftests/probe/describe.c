// SPDX-License-Identifier: GPL-2.0
/* Words from packets. */
#define _GNU_SOURCE
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

#define PPTP_PORT	1723

static char text[4096];
static size_t text_len;

static void say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text + text_len, sizeof(text) - text_len, fmt, args);
	va_end(args);
	text_len += n;
	if (text_len >= sizeof(text))
		text_len = sizeof(text) - 1;
}

static void say_hex(const char *word, const uint8_t *data, size_t len)
{
	say(" %s ", word);
	while (len--)
		say("%02x", *data++);
}

/* A packet as far as it is there. */
struct view {
	const struct iphdr *ip;
	const uint8_t *l4;
	size_t l4_len;		/* bytes that should be there */
	size_t there;		/* bytes that are */
	unsigned int offset;	/* of a fragment */
	bool more;
	bool quoted;
	bool partial;
};

static bool sum_good(uint32_t sum)
{
	return sum_fold(sum) == 0;
}

/* Whether a partial checksum is that of the pseudo header. */
static bool partial_good(const struct view *v, uint16_t check)
{
	uint16_t want = ~sum_fold(sum_pseudo(&v->ip->saddr, &v->ip->daddr,
					     v->ip->protocol, v->l4_len));

	return check == want || (uint16_t)(check - 1) == want - 1 ||
	       (!check && want == 0xffff) || (!want && check == 0xffff);
}

static void say_sum(const struct view *v, uint16_t check)
{
	bool whole = v->there == v->l4_len && !v->offset && !v->more;
	bool good;

	if (v->ip->protocol == IPPROTO_UDP && !check) {
		say(" nocsum");
		return;
	}
	if (v->ip->protocol == IPPROTO_UDP && check == 0xffff && !v->partial)
		say(" onescsum");
	if (!v->quoted) {
		if (!whole)
			return;
		good = v->partial ? partial_good(v, check) :
			sum_good(sum_add(sum_pseudo(&v->ip->saddr,
						    &v->ip->daddr,
						    v->ip->protocol,
						    v->l4_len),
					 v->l4, v->l4_len));
		if (!good)
			say(" BAD-SUM");
		return;
	}
	if (!whole)
		say(" sum %04x", ntohs(check));
	else
		say(" sum %s",
		    sum_good(sum_add(sum_pseudo(&v->ip->saddr, &v->ip->daddr,
						v->ip->protocol, v->l4_len),
				     v->l4, v->l4_len)) ? "good" : "bad");
}

static void say_ip(const struct view *v)
{
	const struct iphdr *ip = v->ip;
	size_t options = ip->ihl * 4 - sizeof(*ip);

	say(" ttl %u", ip->ttl);
	if (ip->tos)
		say(" tos %u", ip->tos);
	if (ip->frag_off & htons(IP_DF))
		say(" df");
	if (v->offset || v->more)
		say(" frag %u+%zu%s ipid %u", v->offset, v->l4_len,
		    v->more ? ",more" : "", ntohs(ip->id));
	if (options)
		say_hex("opts", (const uint8_t *)(ip + 1), options);
}

static void say_data(const struct view *v, size_t header)
{
	if (v->there > header)
		say(" data %s", payload_print(v->l4 + header,
					      v->there - header));
}

static void say_udp(const struct view *v)
{
	const struct udphdr *udp = (const void *)v->l4;

	say_ip(v);
	say_sum(v, udp->check);
	if (ntohs(udp->len) != v->l4_len && !v->offset && !v->more)
		say(" udplen %u", ntohs(udp->len));
	say_data(v, sizeof(*udp));
}

static bool is_text(const uint8_t *data, size_t len)
{
	while (len && *data >= ' ' && *data <= '~') {
		data++;
		len--;
	}
	return !len;
}

static void say_tcp(const struct view *v)
{
	static const char letters[] = "FSRPAUEC";
	const struct tcphdr *tcp = (const void *)v->l4;
	const uint8_t *option = v->l4 + sizeof(*tcp);
	size_t left, header;
	unsigned int i;

	if (v->there < sizeof(*tcp)) {
		say(" seq %u", ntohl(tcp->seq));
		say_ip(v);
		return;
	}
	header = tcp->doff * 4;
	if (header < sizeof(*tcp) || header > v->there)
		header = v->there;
	say(" ");
	for (i = 0; i < 8; i++)
		if (v->l4[13] & (1 << i))
			say("%c", letters[i]);
	say(" seq %u ack %u win %u", ntohl(tcp->seq), ntohl(tcp->ack_seq),
	    ntohs(tcp->window));
	for (left = header - sizeof(*tcp); left > 1;) {
		if (option[0] == TCPOPT_MAXSEG && left >= 4)
			say(" mss %u", option[2] << 8 | option[3]);
		i = option[0] == TCPOPT_NOP ? 1 : option[1];
		if (option[0] == TCPOPT_EOL || !i || i > left)
			break;
		option += i;
		left -= i;
	}
	say_ip(v);
	say_sum(v, tcp->check);
	if (v->there > header && (tcp->source == htons(PPTP_PORT) ||
				  tcp->dest == htons(PPTP_PORT)) &&
	    !is_text(v->l4 + header, v->there - header))
		say(" pptp %s", pptp_print(v->l4 + header, v->there - header));
	else
		say_data(v, header);
}

static void say_packet(const uint8_t *data, size_t len, bool partial,
		       bool quoted);

static void say_icmp(const struct view *v)
{
	const struct icmphdr *icmp = (const void *)v->l4;
	size_t quote = v->there - sizeof(*icmp);

	say(" %u/%u", icmp->type, icmp->code);
	switch (icmp->type) {
	case ICMP_DEST_UNREACH:
		if (icmp->code == ICMP_FRAG_NEEDED)
			say(" mtu %u", ntohs(icmp->un.frag.mtu));
		break;
	case ICMP_PARAMETERPROB:
		say(" pointer %u", v->l4[4]);
		break;
	case ICMP_SOURCE_QUENCH:
	case ICMP_TIME_EXCEEDED:
		break;
	case ICMP_REDIRECT:
		say(" gateway %s", print_addr(icmp->un.gateway));
		break;
	default:
		say(" id %u seq %u", ntohs(icmp->un.echo.id),
		    ntohs(icmp->un.echo.sequence));
		say_ip(v);
		if (!v->quoted && !v->more && !v->offset &&
		    !sum_good(sum_add(0, v->l4, v->l4_len)))
			say(" BAD-SUM");
		if (v->quoted)
			say(" sum %04x", ntohs(icmp->checksum));
		say_data(v, sizeof(*icmp));
		return;
	}
	say_ip(v);
	if (!v->quoted && !v->more && !sum_good(sum_add(0, v->l4, v->l4_len)))
		say(" BAD-SUM");
	/* RFC 4884: a length field says where extensions begin. */
	if (v->l4[5] && (icmp->type == ICMP_DEST_UNREACH ||
			 icmp->type == ICMP_TIME_EXCEEDED ||
			 icmp->type == ICMP_PARAMETERPROB) &&
	    v->l4[5] * 4U < quote) {
		say_hex("extension", v->l4 + sizeof(*icmp) + v->l4[5] * 4,
			quote - v->l4[5] * 4);
		quote = v->l4[5] * 4;
	}
	say(" quotes ");
	say_packet(v->l4 + sizeof(*icmp), quote, false, true);
}

/* UDP-Lite, DCCP, SCTP, GRE, ESP */
static void say_proto(const struct view *v, const struct proto *proto,
		      const char *src, const char *dst)
{
	size_t header_len, at = proto_sum_offset(proto->number);
	uint16_t ports[2], check;
	const char *words;

	memcpy(ports, v->l4, sizeof(ports));
	if (proto->ports)
		say("%s %s:%u to %s:%u", proto->name, src, ntohs(ports[0]), dst,
		    ntohs(ports[1]));
	else
		say("%s %s to %s", proto->name, src, dst);
	words = proto_describe(v->ip, v->l4, v->there, &header_len);
	say("%s", words);
	say_ip(v);
	if (at && v->there == v->l4_len && !v->more && !v->partial) {
		if (v->quoted)
			say(" sum %s", proto_sum_good(v->ip, v->l4, v->l4_len) ?
			    "good" : "bad");
		else if (!proto_sum_good(v->ip, v->l4, v->l4_len))
			say(" BAD-SUM");
	} else if (at && v->quoted && v->there >= at + sizeof(check)) {
		memcpy(&check, v->l4 + at, sizeof(check));
		say(" sum %04x", ntohs(check));
	}
	say_data(v, header_len);
}

static void say_packet(const uint8_t *data, size_t len, bool partial,
		       bool quoted)
{
	const struct proto *proto;
	const struct iphdr *ip = (const void *)data;
	struct view v = { .ip = ip, .quoted = quoted, .partial = partial };
	const char *src, *dst;
	size_t header, total;
	uint16_t ports[2];

	if (len < sizeof(*ip) || ip->version != 4 || ip->ihl < 5 ||
	    ip->ihl * 4U > len) {
		say("BAD-IP-HEADER");
		return;
	}
	header = ip->ihl * 4;
	total = ntohs(ip->tot_len);
	/* A segment train of more than 64 kB has no length. */
	if (!total && !quoted)
		total = len;
	if (total < header) {
		say("BAD-IP-LENGTH");
		return;
	}
	v.l4 = data + header;
	v.l4_len = total - header;
	v.there = len - header < v.l4_len ? len - header : v.l4_len;
	v.offset = (ntohs(ip->frag_off) & IP_OFFMASK) * 8;
	v.more = ntohs(ip->frag_off) & IP_MF;
	src = print_addr(ip->saddr);
	dst = print_addr(ip->daddr);
	if (!quoted && v.there < v.l4_len)
		say("BAD-IP-LENGTH ");
	proto = proto_numbered(ip->protocol);
	if (proto && !v.offset && v.there >= 8) {
		say_proto(&v, proto, src, dst);
	} else if (v.offset || v.there < 8 ||
		   (ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_TCP &&
		    ip->protocol != IPPROTO_ICMP)) {
		say("ip %s to %s proto %u", src, dst, ip->protocol);
		say_ip(&v);
		say_data(&v, 0);
	} else if (ip->protocol == IPPROTO_ICMP) {
		say("icmp %s to %s", src, dst);
		say_icmp(&v);
	} else {
		memcpy(ports, v.l4, sizeof(ports));
		say("%s %s:%u to %s:%u",
		    ip->protocol == IPPROTO_UDP ? "udp" : "tcp", src,
		    ntohs(ports[0]), dst, ntohs(ports[1]));
		if (ip->protocol == IPPROTO_UDP)
			say_udp(&v);
		else
			say_tcp(&v);
	}
	if (!sum_good(sum_add(0, data, header)))
		say(" BAD-%sIP-SUM", quoted ? "QUOTED-" : "");
}

const char *describe(const uint8_t *data, size_t len, bool partial)
{
	text_len = 0;
	text[0] = 0;
	say_packet(data, len, partial, false);
	return text;
}

void checksum_complete(uint8_t *data, size_t len)
{
	struct iphdr *ip = (void *)data;
	size_t header = ip->ihl * 4, offset;
	uint16_t sum;

	if (ip->protocol == IPPROTO_TCP)
		offset = offsetof(struct tcphdr, check);
	else if (ip->protocol == IPPROTO_UDP)
		offset = offsetof(struct udphdr, check);
	else if (proto_sum_offset(ip->protocol) && len >= header + 16)
		return proto_sum_set(ip, data + header, len - header);
	else
		return;
	if (len < header + offset + 2)
		return;
	memset(data + header + offset, 0, 2);
	sum = sum_fold(sum_add(sum_pseudo(&ip->saddr, &ip->daddr, ip->protocol,
					  len - header),
			       data + header, len - header));
	if (!sum && ip->protocol == IPPROTO_UDP)
		sum = 0xffff;
	memcpy(data + header + offset, &sum, 2);
}
