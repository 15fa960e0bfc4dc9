// SPDX-License-Identifier: GPL-2.0
/* Packets from words, sent through raw sockets: whole, in fragments, in ICMP
 * errors, in bursts.
 */
#define _GNU_SOURCE
#include <linux/virtio_net.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

#define FRAGMENTS_MAX	64
#define BURST_PACE	64	/* packets between two looks at the captures */

static bool transmit(int fd, const struct packet_plan *plan)
{
	const struct iphdr *ip = (const void *)plan->data;
	struct sockaddr_in to = { .sin_family = AF_INET };

	to.sin_addr.s_addr = ip->daddr;
	return sendto(fd, plan->data, plan->len, 0, (struct sockaddr *)&to,
		      sizeof(to)) == (ssize_t)plan->len;
}

static int raw_socket(const char *space)
{
	int fd = socket_in(space, AF_INET, SOCK_RAW, IPPROTO_RAW), one = 1;

	if (fd < 0)
		no_errno(space);
	else
		setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	return fd;
}

/* The transport checksum as sent, in hex, 0 where there is none. */
static unsigned int plan_sum(const struct packet_plan *plan)
{
	const struct iphdr *ip = (const void *)plan->data;
	size_t at = ip->ihl * 4;
	uint16_t sum = 0;

	at += proto_sum_offset(ip->protocol) ?
	      proto_sum_offset(ip->protocol) :
	      ip->protocol == IPPROTO_UDP ? offsetof(struct udphdr, check) :
	      ip->protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check) :
	      offsetof(struct icmphdr, checksum);
	if (at + 2 <= plan->len)
		memcpy(&sum, plan->data + at, 2);
	return ntohs(sum);
}

static void send_plan(const char *space, const struct packet_plan *plan)
{
	int fd = raw_socket(space);

	if (fd < 0)
		return;
	if (transmit(fd, plan))
		ok("%04x %s", plan_sum(plan),
		   describe(plan->data, plan->len, false));
	else
		no_errno("packet");
	close(fd);
}

void cmd_packet(int argc, char **argv)
{
	static struct packet_plan plan;

	if (argc < 2)
		return usage();
	if (packet_build(argc - 1, argv + 1, &plan))
		send_plan(argv[0], &plan);
}

/* "BYTE=VALUE,..." in hex, bytes of the IP header; its checksum follows unless it
 * is among them.
 */
static bool patch_header(struct packet_plan *plan, char *list)
{
	struct iphdr *ip = (void *)plan->data;
	unsigned int byte, value;
	bool check = true;
	char *word;

	for (word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (sscanf(word, "%x=%x", &byte, &value) != 2 ||
		    byte >= sizeof(*ip) || value > 255)
			return false;
		plan->data[byte] = value;
		if (byte / 2 == offsetof(struct iphdr, check) / 2)
			check = false;
	}
	if (check) {
		ip->check = 0;
		ip->check = sum_fold(sum_add(0, ip, sizeof(*ip)));
	}
	return true;
}

static bool parse_mac(const char *word, uint8_t *mac)
{
	return sscanf(word, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1,
		      mac + 2, mac + 3, mac + 4, mac + 5) == 6;
}

/* Through eth0 to the neighbour with this MAC; @in_pages: with as little as can
 * be of the packet in the linear part of the buffer.
 */
static void send_frame(const char *space, const char *mac,
		       const struct packet_plan *plan, bool in_pages)
{
	struct virtio_net_hdr vnet = {};
	struct ether_header ether = {
		.ether_shost = { 0x02, 0, 0, 0, 0, 1 },
		.ether_type = htons(ETHERTYPE_IP),
	};
	struct iovec parts[] = {
		{ &vnet, in_pages ? sizeof(vnet) : 0 },
		{ &ether, sizeof(ether) },
		{ (void *)plan->data, plan->len },
	};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = device_in(space, "eth0"),
	};
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = parts, .msg_iovlen = 3,
	};
	int fd, one = 1;

	if (!parse_mac(mac, ether.ether_dhost))
		return usage();
	fd = socket_in(space, AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return no_errno(space);
	if (in_pages &&
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		no_errno("PACKET_VNET_HDR");
	else if (sendmsg(fd, &msg, 0) > 0)
		done();
	else
		no_errno("frame");
	close(fd);
}

/* What no raw socket would send */
void cmd_frame(int argc, char **argv)
{
	static struct packet_plan plan;

	if (argc < 4)
		return usage();
	if (!packet_build(argc - 3, argv + 3, &plan))
		return;
	if (!patch_header(&plan, argv[2]))
		return usage();
	send_frame(argv[0], argv[1], &plan, false);
}

/* A packet of more than a page has its headers in pages as well, whatever its
 * linear part would hold.
 */
void cmd_pages(int argc, char **argv)
{
	static struct packet_plan plan;

	if (argc < 3)
		return usage();
	if (packet_build(argc - 2, argv + 2, &plan))
		send_frame(argv[0], argv[1], &plan, true);
}

/* Sends a packet as fragments of BYTES each, in the given order. */
void cmd_fragment(int argc, char **argv)
{
	static struct packet_plan whole, part;
	unsigned long bytes, index, start, len;
	const struct iphdr *ip = (void *)whole.data;
	struct iphdr header;
	size_t options, total;
	char *word;
	int fd;

	if (argc < 4 || !parse_number(argv[1], 65528, &bytes) || !bytes ||
	    bytes % 8)
		return usage();
	if (!packet_build(argc - 3, argv + 3, &whole))
		return;
	options = ip->ihl * 4 - sizeof(*ip);
	total = whole.len - ip->ihl * 4;
	fd = raw_socket(argv[0]);
	if (fd < 0)
		return;
	for (word = strtok(argv[2], ","); word; word = strtok(NULL, ",")) {
		if (!parse_number(word, FRAGMENTS_MAX, &index) ||
		    index * bytes >= total) {
			bad("%s is no fragment", word);
			goto out;
		}
		start = index * bytes;
		len = total - start < bytes ? total - start : bytes;
		header = *ip;
		header.frag_off = (ip->frag_off & htons(IP_DF)) |
			htons(start / 8 |
			      (start + len < total ? IP_MF : 0));
		packet_assemble(&header, (void *)(ip + 1), options,
			 whole.data + ip->ihl * 4 + start, len, &part);
		if (!transmit(fd, &part)) {
			no_errno("fragment");
			goto out;
		}
	}
	ok("%04x %s", plan_sum(&whole),
	   describe(whole.data, whole.len, false));
out:
	close(fd);
}

struct error_words {
	uint8_t type, code;
	unsigned long mtu, pointer, quote, cut, ttl;	/* cut: bytes of the quote */
	in_addr_t to;
	bool extension, badsum, badquotesum;
};

/* Returns the index of "about" or "quoting", or 0. */
static int error_words(int argc, char **argv, struct error_words *w)
{
	int i;

	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "about") || !strcmp(argv[i], "quoting"))
			return i;
		if (!strcmp(argv[i], "extension"))
			w->extension = true;
		else if (!strcmp(argv[i], "badsum"))
			w->badsum = true;
		else if (!strcmp(argv[i], "badquotesum"))
			w->badquotesum = true;
		else if (i + 1 == argc)
			break;
		else if (!strcmp(argv[i], "to") &&
			 parse_addr(argv[i + 1], &w->to))
			i++;
		else if (!strcmp(argv[i], "mtu") &&
			 parse_number(argv[i + 1], 65535, &w->mtu))
			i++;
		else if (!strcmp(argv[i], "pointer") &&
			 parse_number(argv[i + 1], 255, &w->pointer))
			i++;
		else if (!strcmp(argv[i], "quote") &&
			 parse_number(argv[i + 1], 65535, &w->quote))
			i++;
		else if (!strcmp(argv[i], "cut") &&
			 parse_number(argv[i + 1], 65535, &w->cut))
			i++;
		else if (!strcmp(argv[i], "ttl") &&
			 parse_number(argv[i + 1], 255, &w->ttl))
			i++;
		else
			break;
	}
	bad("%s is no word of icmp-error", i < argc ? argv[i] : "nothing");
	return 0;
}

/* RFC 4884: the quote padded to 128 bytes, then one MPLS label stack. */
static size_t add_extension(uint8_t *icmp, size_t len)
{
	static const uint8_t object[] = { 0, 8, 1, 1, 0x00, 0x0c, 0x81, 0x40 };
	uint8_t *header = icmp + 8 + 128;
	uint16_t sum;

	memset(icmp + len, 0, 8 + 128 - len);
	icmp[5] = 128 / 4;
	memset(header, 0, 4);
	header[0] = 0x20;
	memcpy(header + 4, object, sizeof(object));
	sum = sum_fold(sum_add(0, header, 4 + sizeof(object)));
	memcpy(header + 2, &sum, 2);
	return 8 + 128 + 4 + sizeof(object);
}

void cmd_icmp_error(int argc, char **argv)
{
	static struct packet_plan quoted, plan;
	struct error_words w = { .quote = 520, .ttl = 64 };
	struct iphdr header = { .protocol = IPPROTO_ICMP };
	const struct iphdr *inner = (void *)quoted.data;
	uint8_t icmp[1024] = {};
	const uint8_t *last;
	size_t len;
	uint16_t sum;
	int i;

	if (argc < 5 || !parse_addr(argv[1], &header.saddr) ||
	    !parse_type(argv[2], &w.type, &w.code))
		return usage();
	i = error_words(argc, argv, &w);
	if (!i)
		return;
	if (!strcmp(argv[i], "quoting")) {
		if (!packet_build(argc - i - 1, argv + i + 1, &quoted))
			return;
	} else {
		if (i + 2 != argc)
			return bad("about CAPTURE");
		last = capture_last(argv[i + 1], &quoted.len);
		if (!last)
			return;
		memcpy(quoted.data, last, quoted.len);
	}
	icmp[0] = w.type;
	icmp[1] = w.code;
	if (w.type == ICMP_PARAMETERPROB)
		icmp[4] = w.pointer;
	icmp[6] = w.mtu >> 8;
	icmp[7] = w.mtu;
	len = inner->ihl * 4 + w.quote;
	if (len > quoted.len)
		len = quoted.len;
	if (len > (w.extension ? 128 : sizeof(icmp) - 8))
		len = w.extension ? 128 : sizeof(icmp) - 8;
	if (w.cut && len > w.cut)
		len = w.cut;
	memcpy(icmp + 8, quoted.data, len);
	if (w.badquotesum)
		icmp[8 + offsetof(struct iphdr, check)] ^= 0x11;
	len += 8;
	if (w.extension)
		len = add_extension(icmp, len);
	sum = sum_fold(sum_add(0, icmp, len)) ^ (w.badsum ? 0x1010 : 0);
	memcpy(icmp + 2, &sum, 2);
	header.ttl = w.ttl;
	header.id = htons(packet_id());
	header.daddr = w.to ?: inner->saddr;
	packet_assemble(&header, NULL, 0, icmp, len, &plan);
	send_plan(argv[0], &plan);
}

/* "VALUE+COUNT" or "VALUE": cuts the count off. */
static bool parse_count(char *word, unsigned long *count)
{
	char *plus = strchr(word, '+');

	*count = 1;
	if (!plus)
		return true;
	*plus = 0;
	return parse_number(plus + 1, 1 << 24, count) && *count;
}

struct burst {
	const char *proto;
	unsigned long addrs, ports, remotes;
	in_addr_t addr;
	unsigned long port;
	struct sockaddr_in remote;
	char **words;
	int count;
};

/* Packet number n: remote ports change first, then ports, then addresses. */
static bool burst_build(const struct burst *b, unsigned long n,
			struct packet_plan *plan)
{
	in_addr_t addr = htonl(ntohl(b->addr) + n / b->remotes / b->ports);
	unsigned long port = b->port + n / b->remotes % b->ports;
	struct sockaddr_in to = b->remote;
	char proto[8], from[32], remote[32], id[16];
	char *words[WORDS_MAX] = { proto, from, "to", remote, "S", "id", id };
	int count = 4;

	to.sin_port = htons(ntohs(to.sin_port) + n % b->remotes);
	snprintf(proto, sizeof(proto), "%s", b->proto);
	if (!strcmp(proto, "icmp")) {
		snprintf(from, sizeof(from), "%s", print_addr(addr));
		snprintf(remote, sizeof(remote), "%s",
			 print_addr(to.sin_addr.s_addr));
		snprintf(id, sizeof(id), "%lu", port);
		words[4] = "8/0";
		count = 7;
	} else {
		snprintf(from, sizeof(from), "%s:%lu", print_addr(addr), port);
		snprintf(remote, sizeof(remote), "%s", print_end(&to));
		if (!strcmp(proto, "tcp") && !b->count)
			count = 5;
	}
	memcpy(words + count, b->words, b->count * sizeof(*words));
	return packet_build(count + b->count, words, plan);
}

/* One packet from each inside end to each remote port; of TCP SYNs, unless words
 * say something else.
 */
void cmd_burst(int argc, char **argv)
{
	static struct packet_plan plan;
	unsigned long total, n;
	struct burst b;
	int fd;

	if (argc < 5 || !parse_count(argv[2], &b.addrs) ||
	    !parse_addr(argv[2], &b.addr) || !parse_count(argv[3], &b.ports) ||
	    !parse_number(argv[3], 65535, &b.port) ||
	    !parse_count(argv[4], &b.remotes) ||
	    !parse_end(argv[4], &b.remote))
		return usage();
	b.proto = argv[1];
	b.words = argv + 5;
	b.count = argc - 5;
	fd = raw_socket(argv[0]);
	if (fd < 0)
		return;
	total = b.addrs * b.ports * b.remotes;
	for (n = 0; n < total; n++) {
		if (!burst_build(&b, n, &plan))
			goto out;
		if (!transmit(fd, &plan)) {
			no_errno("burst");
			goto out;
		}
		if (n % BURST_PACE == BURST_PACE - 1) {
			settle();
			captures_pump();
		}
	}
	settle();
	captures_pump();
	ok("%lu", total);
out:
	close(fd);
}
