// SPDX-License-Identifier: GPL-2.0
/*
 * differ: where knat and nf_nat differ by design. The stream keeps clear of
 * these; here they are shown, so that this list stays true.
 */
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>

#include "differ.h"

#define HOST	ADDR(192, 168, 0, 20)
#define OTHER	ADDR(192, 168, 0, 21)
#define NEAR	ADDR(192, 0, 2, 100)
#define STRANGE	ADDR(192, 0, 2, 101)

static struct outcome outcome;
static struct flow flow;

/* A packet; one from the outside is for the outside end of flow. */
static void make(struct step *step, enum side from, uint8_t proto,
		 in_addr_t src, unsigned int sport, in_addr_t dst,
		 unsigned int dport)
{
	memset(step, 0, sizeof(*step));
	step->flow = &flow;
	step->from = from;
	step->ip.protocol = flow.proto = proto;
	step->ip.saddr = src;
	step->ip.daddr = dst;
	step->ip.ttl = 64;
	put16(step->l4, sport);
	put16(step->l4 + 2, dport);
	step->l4_len = proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
					      sizeof(struct udphdr) + 4;
	if (proto == IPPROTO_TCP)
		step->l4[12] = 5 << 4;
	else
		put16(step->l4 + 4, step->l4_len);
}

/* How many packets a gateway made of the last one */
static unsigned int arrived(enum gateway gw, enum side side)
{
	return outcome.at[gw][side].count;
}

/* The source port of the packet that arrived outside, 0: none did */
static unsigned int source_port(enum gateway gw)
{
	const struct arrivals *at = &outcome.at[gw][OUTSIDE];

	return at->count == 1 ? get16(at->list[0].data + sizeof(struct iphdr)) :
				0;
}

/* Sends a packet from the inside, and learns its outside ends. */
static bool opens(struct step *step)
{
	int gw;

	wire_step(step, &outcome);
	for (gw = 0; gw < GATEWAYS; gw++) {
		flow.out_port[gw] = source_port(gw);
		if (!flow.out_port[gw])
			return false;
		flow.seen[INSIDE][gw].len = outcome.at[gw][OUTSIDE].list[0].len;
		memcpy(flow.seen[INSIDE][gw].data,
		       outcome.at[gw][OUTSIDE].list[0].data,
		       flow.seen[INSIDE][gw].len);
	}
	return true;
}

static unsigned int icmp_type(enum gateway gw, enum side side)
{
	const struct arrivals *at = &outcome.at[gw][side];

	if (at->count != 1 ||
	    ((const struct iphdr *)at->list[0].data)->protocol != IPPROTO_ICMP)
		return 256;
	return at->list[0].data[sizeof(struct iphdr)];
}

static bool anybody_may_answer(struct step *step)
{
	make(step, INSIDE, IPPROTO_UDP, HOST, 3000, NEAR, 53);
	if (!opens(step))
		return false;
	make(step, OUTSIDE, IPPROTO_UDP, STRANGE, 4000, OUT_ADDR, 0);
	wire_step(step, &outcome);
	return arrived(KNAT, INSIDE) == 1 && !arrived(NFT, INSIDE) &&
	       !arrived(KNAT, OUTSIDE) &&
	       icmp_type(NFT, OUTSIDE) == ICMP_DEST_UNREACH;
}

static bool one_port_for_all(struct step *step)
{
	bool same[GATEWAYS] = { true, true };
	int gw, remote;

	/* The port is another's, but with the first remote end alone. */
	make(step, INSIDE, IPPROTO_UDP, HOST, 3100, NEAR, 53);
	if (!opens(step))
		return false;
	make(step, INSIDE, IPPROTO_UDP, OTHER, 3100, NEAR, 54);
	if (!opens(step))
		return false;
	for (remote = 53; remote < 58; remote++) {
		make(step, INSIDE, IPPROTO_UDP, OTHER, 3100, NEAR, remote);
		wire_step(step, &outcome);
		for (gw = 0; gw < GATEWAYS; gw++)
			same[gw] &= source_port(gw) == flow.out_port[gw];
	}
	return same[KNAT] && !same[NFT];
}

static bool hosts_meet_by_outside_ends(struct step *step)
{
	make(step, INSIDE, IPPROTO_UDP, HOST, 3200, NEAR, 53);
	if (!opens(step))
		return false;
	make(step, INSIDE, IPPROTO_UDP, OTHER, 3201, OUT_ADDR,
	     flow.out_port[KNAT]);
	wire_step(step, &outcome);
	return icmp_type(KNAT, INSIDE) == 256 && arrived(KNAT, INSIDE) == 1 &&
	       icmp_type(NFT, INSIDE) == ICMP_DEST_UNREACH;
}

/* Whether the quote that arrived inside has the checksum that was sent */
static bool quotes_checksum(enum gateway gw)
{
	const struct arrivals *at = &outcome.at[gw][INSIDE];
	const uint8_t *sent = flow.sent[INSIDE][gw].data;
	size_t check = sizeof(struct iphdr) + offsetof(struct tcphdr, check);

	return at->count == 1 &&
	       !memcmp(at->list[0].data + sizeof(struct iphdr) +
		       sizeof(struct icmphdr) + check, sent + check, 2);
}

static bool cut_quotes_are_right(struct step *step)
{
	make(step, INSIDE, IPPROTO_TCP, HOST, 3500, NEAR, 80);
	step->l4[13] = 2;
	if (!opens(step))
		return false;
	make(step, OUTSIDE, IPPROTO_ICMP, NEAR, 0, OUT_ADDR, 0);
	step->error = true;
	step->l4_len = sizeof(struct icmphdr);
	memcpy(step->l4, (uint8_t []){ 11, 0, 0, 0, 0, 0, 0, 0 }, 8);
	step->quote_len = sizeof(struct iphdr) + 18;
	wire_step(step, &outcome);
	return quotes_checksum(KNAT) && arrived(NFT, INSIDE) == 1 &&
	       !quotes_checksum(NFT);
}

/* Both hosts have the same port: that of the second has to change. */
static bool quoted_crc_stays(struct step *step)
{
	static const uint8_t init[] = { 1, 0, 0, 20, 1, 2, 3, 4, 0, 0, 100, 0,
					0, 1, 0, 1, 5, 6, 7, 8 };
	const size_t crc = sizeof(struct iphdr) + 8;
	const struct arrivals *at;
	bool stays[GATEWAYS];
	int host, gw;

	for (host = 0; host < 2; host++) {
		make(step, INSIDE, SCTP, host ? OTHER : HOST, 3600, NEAR, 80);
		step->l4_len = 12 + sizeof(init);
		memset(step->l4 + 4, 0, 8);
		memcpy(step->l4 + 12, init, sizeof(init));
		if (!opens(step))
			return false;
	}
	make(step, OUTSIDE, IPPROTO_ICMP, NEAR, 0, OUT_ADDR, 0);
	step->error = true;
	step->l4_len = sizeof(struct icmphdr);
	memcpy(step->l4, (uint8_t []){ 11, 0, 0, 0, 0, 0, 0, 0 }, 8);
	step->quote_len = sizeof(struct iphdr) + 16;
	wire_step(step, &outcome);
	for (gw = 0; gw < GATEWAYS; gw++) {
		at = &outcome.at[gw][INSIDE];
		if (at->count != 1)
			return false;
		stays[gw] = !memcmp(at->list[0].data + sizeof(struct iphdr) +
				    sizeof(struct icmphdr) + crc,
				    flow.seen[INSIDE][gw].data + crc, 4);
	}
	return stays[KNAT] && !stays[NFT];
}

static bool no_reset_to_who_may_be_expected(struct step *step)
{
	make(step, OUTSIDE, IPPROTO_TCP, NEAR, 4100, OUT_ADDR, 0);
	flow.out_port[KNAT] = flow.out_port[NFT] = 3300;
	step->l4[13] = 2;
	wire_step(step, &outcome);
	return !arrived(KNAT, OUTSIDE) && arrived(NFT, OUTSIDE) == 1;
}

static bool source_routes_are_dropped(struct step *step)
{
	static const uint8_t route[] = { 131, 7, 8, 192, 0, 2, 1, 0 };

	make(step, INSIDE, IPPROTO_UDP, HOST, 3400, NEAR, 53);
	memcpy(step->options, route, sizeof(route));
	step->options_len = sizeof(route);
	wire_step(step, &outcome);
	return !arrived(KNAT, OUTSIDE) && arrived(NFT, OUTSIDE) == 1;
}

static const struct {
	const char *what, *reason;
	bool (*shows)(struct step *step);
	bool sctp;	/* needs that */
} known[] = {
	{ "a stranger may send to a mapping",
	  "endpoint-independent filtering, RFC 4787 REQ-8",
	  anybody_may_answer, false },
	{ "an inside end has one outside port for all remote ends",
	  "endpoint-independent mapping, RFC 4787 REQ-1",
	  one_port_for_all, false },
	{ "inside hosts reach each other by their outside ends",
	  "hairpinning, RFC 4787 REQ-9",
	  hosts_meet_by_outside_ends, false },
	{ "a connection request that nothing waits for gets no reset",
	  "it may be one half of a simultaneous open, RFC 5382 REQ-4",
	  no_reset_to_who_may_be_expected, false },
	{ "quotes that end in the header of TCP have a right checksum",
	  "nf_nat changes it in headers that are quoted whole, RFC 5508 REQ-4",
	  cut_quotes_are_right, false },
	{ "the CRC of an SCTP packet of which a part is quoted stays as it is",
	  "nf_nat has that of the part, which nobody has sent",
	  quoted_crc_stays, true },
	{ "source routes do not pass",
	  "they are for getting past filters, RFC 7126 section 4.3",
	  source_routes_are_dropped, false },
};

bool known_differences(const struct able *able)
{
	static struct step step;
	bool good = true, shown;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].sctp && !able->sctp)
			continue;
		shown = known[i].shows(&step);
		printf("  %s: %s (%s)\n", shown ? "differs" : "DOES NOT DIFFER",
		       known[i].what, known[i].reason);
		if (!shown) {
			printf("differ: they were to differ in this\n");
			outcome_print(&step, &outcome);
			good = false;
		}
	}
	return good;
}
