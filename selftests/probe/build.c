// SPDX-License-Identifier: GPL-2.0
/* Packets from words. */
#define _GNU_SOURCE
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

struct draft {
	struct iphdr ip;
	uint8_t options[40];
	size_t options_len;
	size_t header_len;	/* of l4 */
	size_t data_len;
	unsigned long cut;	/* bytes of l4 to send */
	uint16_t udplen, doff;	/* what the header says, if not the truth */
	struct sockaddr_in zero_src, zero_dst;	/* see draft_zero() */
	bool badsum, nocsum;
	uint8_t l4[PACKET_MAX];	/* cleared as far as headers reach */
};

static bool wrong(const char *word)
{
	bad("%s is not understood here", word);
	return false;
}

static bool parse_hex(const char *word, uint8_t *data, size_t max, size_t *len)
{
	unsigned int byte;

	for (*len = 0; *word; word += 2, (*len)++)
		if (*len == max || !word[1] || sscanf(word, "%2x", &byte) != 1)
			return false;
		else
			data[*len] = byte;
	return true;
}

bool parse_type(const char *word, uint8_t *type, uint8_t *code)
{
	unsigned int t, c;

	if (sscanf(word, "%u/%u", &t, &c) != 2 || t > 255 || c > 255)
		return false;
	*type = t;
	*code = c;
	return true;
}

/* The proto and the two ends: three or four words, their number returned. */
static int draft_ends(struct draft *d, int argc, char **argv)
{
	struct sockaddr_in from, to;
	struct udphdr *ports = (void *)d->l4;
	const struct proto *proto;
	bool ported;

	if (argc < 4 || strcmp(argv[2], "to"))
		return wrong(argc ? argv[0] : "nothing");
	proto = proto_named(argv[0]);
	ported = proto ? proto->ports :
		 !strcmp(argv[0], "udp") || !strcmp(argv[0], "tcp");
	if (ported) {
		if (!parse_end(argv[1], &from))
			return wrong(argv[1]);
		if (!parse_end(argv[3], &to))
			return wrong(argv[3]);
		ports->source = from.sin_port;
		ports->dest = to.sin_port;
		d->ip.saddr = from.sin_addr.s_addr;
		d->ip.daddr = to.sin_addr.s_addr;
	} else if (!parse_addr(argv[1], &d->ip.saddr)) {
		return wrong(argv[1]);
	} else if (!parse_addr(argv[3], &d->ip.daddr)) {
		return wrong(argv[3]);
	}
	if (proto) {
		d->ip.protocol = proto->number;
		d->header_len = proto->header_len;
		proto_start(proto->number, d->l4);
	} else if (!strcmp(argv[0], "udp")) {
		d->ip.protocol = IPPROTO_UDP;
		d->header_len = sizeof(struct udphdr);
	} else if (!strcmp(argv[0], "tcp")) {
		d->ip.protocol = IPPROTO_TCP;
		d->header_len = sizeof(struct tcphdr);
	} else if (!strcmp(argv[0], "icmp")) {
		d->ip.protocol = IPPROTO_ICMP;
		d->header_len = sizeof(struct icmphdr);
	} else if (strcmp(argv[0], "ip")) {
		return wrong(argv[0]);
	}
	return 4;
}

static bool tcp_flags(struct tcphdr *tcp, const char *word)
{
	static const char letters[] = "FSRPAUEC";
	uint8_t flags = 0;
	const char *at;

	for (; *word && *word != '-'; word++) {
		at = strchr(letters, *word);
		if (!at)
			return false;
		flags |= 1 << (at - letters);
	}
	((uint8_t *)tcp)[13] = flags;
	return true;
}

static bool draft_word(struct draft *d, const char *word)
{
	struct icmphdr *icmp = (void *)d->l4;

	if (!strcmp(word, "df"))
		d->ip.frag_off |= htons(IP_DF);
	else if (!strcmp(word, "badsum"))
		d->badsum = true;
	else if (!strcmp(word, "nocsum"))
		d->nocsum = true;
	else if (d->ip.protocol == IPPROTO_TCP)
		return tcp_flags((void *)d->l4, word);
	else if (d->ip.protocol == IPPROTO_ICMP)
		return parse_type(word, &icmp->type, &icmp->code);
	else
		return proto_word(d->ip.protocol, d->l4, word);
	return true;
}

static bool draft_fragment(struct draft *d, const char *word)
{
	unsigned int offset;

	if (sscanf(word, "%u", &offset) != 1 || offset % 8 || offset > 65528)
		return false;
	d->ip.frag_off |= htons(offset / 8);
	if (strstr(word, "more"))
		d->ip.frag_off |= htons(IP_MF);
	return true;
}

/* These bytes of the payload, and no others */
static bool draft_slice(struct draft *d, const char *word)
{
	uint8_t *data = d->l4 + d->header_len;
	size_t from, len;

	if (sscanf(word, "%zu+%zu", &from, &len) != 2 || from > d->data_len ||
	    len > d->data_len - from)
		return false;
	memmove(data, data + from, len);
	d->data_len = len;
	return true;
}

static bool draft_icmp_pair(struct draft *d, const char *word, unsigned long n)
{
	struct icmphdr *icmp = (void *)d->l4;

	if (!strcmp(word, "id"))
		icmp->un.echo.id = htons(n);
	else if (!strcmp(word, "seq"))
		icmp->un.echo.sequence = htons(n);
	else if (!strcmp(word, "mtu"))
		icmp->un.frag.mtu = htons(n);
	else if (!strcmp(word, "pointer"))
		d->l4[4] = n;
	else
		return false;
	return true;
}

static bool draft_tcp_pair(struct draft *d, const char *word, unsigned long n)
{
	struct tcphdr *tcp = (void *)d->l4;
	uint8_t *option = d->l4 + d->header_len;

	if (!strcmp(word, "seq")) {
		tcp->seq = htonl(n);
	} else if (!strcmp(word, "ack")) {
		tcp->ack_seq = htonl(n);
	} else if (!strcmp(word, "win")) {
		tcp->window = htons(n);
	} else if (!strcmp(word, "mss")) {
		option[0] = TCPOPT_MAXSEG;
		option[1] = TCPOLEN_MAXSEG;
		option[2] = n >> 8;
		option[3] = n;
		d->header_len += TCPOLEN_MAXSEG;
	} else if (!strcmp(word, "nops") && n % 4 == 0 && n <= 20) {
		memset(option, TCPOPT_NOP, n);
		d->header_len += n;
	} else {
		return false;
	}
	return true;
}

static bool draft_pair(struct draft *d, const char *word, const char *value)
{
	unsigned long n;

	if (!strcmp(word, "data")) {
		d->data_len = payload_make(value, d->l4 + d->header_len,
					   PACKET_MAX - 60 - d->header_len);
		return true;
	}
	if (!strcmp(word, "pptp"))
		return pptp_make(value, d->l4 + d->header_len,
				 PACKET_MAX - 60 - d->header_len, &d->data_len);
	if (!strcmp(word, "slice"))
		return draft_slice(d, value);
	if (!strcmp(word, "frag"))
		return draft_fragment(d, value);
	if (!strcmp(word, "zerosrc"))
		return parse_end(value, &d->zero_src);
	if (!strcmp(word, "zerodst"))
		return parse_end(value, &d->zero_dst);
	if (!strcmp(word, "opts"))
		return parse_hex(value, d->options, sizeof(d->options),
				 &d->options_len) && d->options_len % 4 == 0;
	if (!parse_number(value, 0xffffffff, &n))
		return false;
	if (!strcmp(word, "ttl"))
		d->ip.ttl = n;
	else if (!strcmp(word, "tos"))
		d->ip.tos = n;
	else if (!strcmp(word, "ipid"))
		d->ip.id = htons(n);
	else if (!strcmp(word, "cut"))
		d->cut = n;
	else if (!strcmp(word, "udplen") && d->ip.protocol == IPPROTO_UDP)
		d->udplen = n;
	else if (!strcmp(word, "doff") && d->ip.protocol == IPPROTO_TCP)
		d->doff = n;
	else if (!strcmp(word, "proto") && !d->header_len)
		d->ip.protocol = n;
	else if (d->ip.protocol == IPPROTO_ICMP)
		return draft_icmp_pair(d, word, n);
	else if (d->ip.protocol == IPPROTO_TCP)
		return draft_tcp_pair(d, word, n);
	else if (!d->header_len)
		return false;
	else
		return proto_pair(d->ip.protocol, d->l4, &d->header_len, word,
				  n);
	return true;
}

/*
 * With another source or destination the checksum of this UDP or UDP-Lite packet shall
 * come to zero: two more bytes of payload see to that.
 */
static void draft_zero(struct draft *d)
{
	size_t l4_len = d->header_len + d->data_len + 2;
	struct udphdr *udp = (void *)d->l4, was = *udp;
	struct iphdr ip = d->ip;
	uint16_t rest = 0;

	if (d->zero_src.sin_port) {
		ip.saddr = d->zero_src.sin_addr.s_addr;
		udp->source = d->zero_src.sin_port;
	}
	if (d->zero_dst.sin_port) {
		ip.daddr = d->zero_dst.sin_addr.s_addr;
		udp->dest = d->zero_dst.sin_port;
	}
	if (ip.protocol == IPPROTO_UDP)
		udp->len = htons(l4_len);
	memset(d->l4 + l4_len - 2, 0, 2);
	rest = sum_fold(sum_add(sum_pseudo(&ip.saddr, &ip.daddr, ip.protocol,
					   l4_len), d->l4, l4_len));
	*udp = was;
	memcpy(d->l4 + l4_len - 2, &rest, 2);
	d->data_len += 2;
}

static void draft_checksum(struct draft *d, size_t l4_len)
{
	struct udphdr *udp = (void *)d->l4;
	struct tcphdr *tcp = (void *)d->l4;
	uint32_t pseudo = sum_pseudo(&d->ip.saddr, &d->ip.daddr,
				     d->ip.protocol, l4_len);
	uint16_t *check, sum;

	if (d->ip.protocol == IPPROTO_UDP) {
		check = &udp->check;
		udp->len = htons(d->udplen ?: l4_len);
	} else if (d->ip.protocol == IPPROTO_TCP) {
		check = &tcp->check;
		tcp->doff = d->doff ?: d->header_len / 4;
	} else if (d->ip.protocol == IPPROTO_ICMP) {
		check = &((struct icmphdr *)d->l4)->checksum;
		pseudo = 0;
	} else {
		if (d->header_len)
			proto_finish(&d->ip, d->l4, l4_len, d->badsum,
				     d->nocsum);
		return;
	}
	sum = sum_fold(sum_add(pseudo, d->l4, l4_len));
	if (!sum && d->ip.protocol == IPPROTO_UDP)
		sum = 0xffff;
	if (d->badsum)
		sum ^= htons(0x0110);
	if (d->nocsum)
		sum = 0;
	memcpy(check, &sum, 2);
}

bool packet_build(int argc, char **argv, struct packet_plan *plan)
{
	static struct draft d;
	size_t l4_len;
	int i;

	memset(&d, 0, offsetof(struct draft, l4) + 128);
	d.ip.ttl = 64;
	d.ip.id = htons(packet_id());
	i = draft_ends(&d, argc, argv);
	if (!i)
		return false;
	if (d.ip.protocol == IPPROTO_TCP)
		((struct tcphdr *)d.l4)->window = htons(65535);
	for (; i < argc; i++) {
		if (draft_word(&d, argv[i]))
			continue;
		if (i + 1 == argc || !draft_pair(&d, argv[i], argv[i + 1]))
			return wrong(argv[i]);
		i++;
	}
	if (d.zero_src.sin_port || d.zero_dst.sin_port)
		draft_zero(&d);
	l4_len = d.header_len + d.data_len;
	draft_checksum(&d, l4_len);
	if (d.cut && d.cut < l4_len)
		l4_len = d.cut;
	packet_assemble(&d.ip, d.options, d.options_len, d.l4, l4_len, plan);
	return true;
}
