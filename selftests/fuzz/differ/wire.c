// SPDX-License-Identifier: GPL-2.0
/* differ: packet sockets on the devices of the hosts. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "differ.h"

#define RECEIVE_BUFFER	(64 << 20)
#define BYTES_MAX	(4 << 20)	/* that arrive in one step */
/* To the gateway, and on, or back as an error; one more to be sure */
#define HOPS		3

const char *const gateway_names[] = { "knat", "nft" };
const char *const side_names[] = { "in", "out" };

static const uint8_t host_mac[] = { 2, 2, 2, 2, 2, 2 };
static const uint8_t gateway_mac[] = { 2, 0, 0, 0, 1, 1 };

static int fds[GATEWAYS][SIDES];

void wire_open(const char *space)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP) };
	int gw, side, fd, one = 1, size = RECEIVE_BUFFER;
	char device[16];

	for (gw = 0; gw < GATEWAYS; gw++) {
		for (side = 0; side < SIDES; side++) {
			snprintf(device, sizeof(device), "%s-%s",
				 gateway_names[gw], side_names[side]);
			at.sll_ifindex = device_in(space, device);
			fd = socket_in(space, AF_PACKET, SOCK_RAW, 0);
			if (!at.sll_ifindex || fd < 0 ||
			    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one,
				       sizeof(one)) ||
			    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
				       sizeof(size)) ||
			    bind(fd, (struct sockaddr *)&at, sizeof(at)))
				die("%s: %s", device, strerror(errno));
			fds[gw][side] = fd;
		}
	}
}

bool wire_send(enum gateway gw, enum side side, const uint8_t *ip, size_t len,
	       const struct virtio_net_hdr *h)
{
	static const struct virtio_net_hdr plain;
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };
	struct iovec parts[] = {
		{ (void *)(h ? h : &plain), sizeof(*h) },
		{ &eth, sizeof(eth) },
		{ (void *)ip, len },
	};

	memcpy(eth.h_dest, gateway_mac, sizeof(gateway_mac));
	memcpy(eth.h_source, host_mac, sizeof(host_mac));
	if (writev(fds[gw][side], parts, 3) >= 0)
		return true;
	if (errno == EINVAL && h && h->gso_type)
		return false;
	die("%s-%s: %zu bytes: %s", gateway_names[gw], side_names[side], len,
	    strerror(errno));
}

static void send_fragments(const struct step *step, enum gateway gw,
			   const struct packet_plan *whole)
{
	const struct iphdr *ip = (const void *)whole->data;
	size_t header = ip->ihl * 4, total = whole->len - header, start, len;
	static struct packet_plan part;
	struct iphdr one;
	unsigned int i;

	for (i = 0; i < step->fragments; i++) {
		start = step->order[i] * step->fragment;
		len = total - start < step->fragment ? total - start :
						       step->fragment;
		one = *ip;
		one.frag_off = (ip->frag_off & htons(IP_DF)) |
			       htons(start / 8 |
				     (start + len < total ? IP_MF : 0));
		packet_assemble(&one, (const void *)(ip + 1),
				header - sizeof(one),
				whole->data + header + start, len, &part);
		wire_send(gw, step->from, part.data, part.len, NULL);
	}
}

void wire_step(const struct step *step, struct outcome *outcome)
{
	static struct packet_plan plan;
	struct virtio_net_hdr h;
	int gw;

	for (gw = 0; gw < GATEWAYS; gw++) {
		plan_make(step, gw, &plan);
		if (step->flow && !step->error)
			step->flow->sent[step->from][gw] = plan;
		if (step->fragment) {
			send_fragments(step, gw, &plan);
			continue;
		}
		plan_offload(step, &plan, &h);
		if (!wire_send(gw, step->from, plan.data, plan.len, &h))
			die("the kernel does not take this offload");
	}
	wire_collect(outcome);
}

/* A packet for a host, and none that it has sent */
static bool ours(const struct sockaddr_ll *from, const uint8_t *frame,
		 size_t len)
{
	return from->sll_pkttype != PACKET_OUTGOING &&
	       len >= ETH + sizeof(struct iphdr) &&
	       !memcmp(frame, host_mac, sizeof(host_mac));
}

/* What waits at a socket goes behind the bytes that are used already. */
static void receive(enum gateway gw, enum side side, struct arrivals *to,
		    uint8_t *bytes, size_t *used)
{
	struct sockaddr_ll from;
	struct iovec parts[2];
	struct arrival *one;
	struct msghdr msg;
	ssize_t len;

	to->count = 0;
	for (;;) {
		if (to->count == ARRIVALS_MAX ||
		    *used + ETH + PACKET_MAX > BYTES_MAX)
			die("too much arrives");
		one = &to->list[to->count];
		parts[0] = (struct iovec){ &one->h, sizeof(one->h) };
		parts[1] = (struct iovec){ bytes + *used, BYTES_MAX - *used };
		msg = (struct msghdr){ &from, sizeof(from), parts, 2, NULL, 0,
				       0 };
		len = recvmsg(fds[gw][side], &msg, MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			return;
		if (len < (ssize_t)sizeof(one->h))
			die("%s-%s: %s", gateway_names[gw], side_names[side],
			    strerror(errno));
		len -= sizeof(one->h);
		if (!ours(&from, bytes + *used, len))
			continue;
		one->data = bytes + *used + ETH;
		one->len = len - ETH;
		*used += len;
		to->count++;
	}
}

void wire_collect(struct outcome *outcome)
{
	static uint8_t bytes[BYTES_MAX];
	size_t used = 0;
	int gw, side;

	settle_hops(HOPS);
	for (gw = 0; gw < GATEWAYS; gw++)
		for (side = 0; side < SIDES; side++)
			receive(gw, side, &outcome->at[gw][side], bytes, &used);
}
