// SPDX-License-Identifier: GPL-2.0
/* Packets to and from a device, many for one system call. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/uio.h>

#include "device.h"

struct packet kept[KEPT];
unsigned int nr_kept, nr_long;
unsigned long nr_sent, nr_refused;

int device_open(int ifindex, int vnet)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW, vnet ? 0 : htons(ETH_P_IP));

	if (vnet) {
		to.sll_protocol = 0;
		if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &vnet,
			       sizeof(vnet)))
			return -1;
	}
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		return -1;
	return fd;
}

/* What arrived by now, to a limit: the fuzzer is to send, too. */
void keep_arrivals(int fd)
{
	static uint8_t data[BATCH][MAX];
	static struct sockaddr_ll from[BATCH];
	static struct iovec iov[BATCH];
	static struct mmsghdr msgs[BATCH];
	int i, n, len, times = 8;
	struct packet *to;

	do {
		for (i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ data[i], MAX };
			msgs[i].msg_hdr = (struct msghdr){
				.msg_iov = &iov[i],
				.msg_iovlen = 1,
				.msg_name = &from[i],
				.msg_namelen = sizeof(from[i]),
			};
		}
		n = recvmmsg(fd, msgs, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++) {
			len = msgs[i].msg_len;
			if (len < ETH + 20 ||
			    from[i].sll_pkttype == PACKET_OUTGOING)
				continue;
			if (len > 1500) {
				nr_long++;
				continue;
			}
			to = &kept[nr_kept++ % KEPT];
			to->len = len - ETH;
			memcpy(to->data, data[i] + ETH, to->len);
		}
	} while (n == BATCH && --times);
}

/* One that is refused ends the call: the rest is for the next. */
void flush(struct queue *q)
{
	int n, at = 0;

	while (at < q->len) {
		n = sendmmsg(q->fd, q->msgs + at, q->len - at, 0);
		if (n > 0) {
			nr_sent += n;
			at += n;
		} else {
			nr_refused++;
			at++;
		}
	}
	q->len = 0;
}

static void send_now(struct queue *q, const struct virtio_net_hdr *h,
		     const void *frame, int len)
{
	struct iovec parts[] = {
		{ (void *)h, h ? sizeof(*h) : 0 },
		{ (void *)frame, len },
	};

	flush(q);
	if (writev(q->fd, parts, 2) < 0)
		nr_refused++;
	else
		nr_sent++;
}

void enqueue(struct queue *q, const struct virtio_net_hdr *h,
	     const void *frame, int len)
{
	int i = q->len;

	if (len > MAX) {
		send_now(q, h, frame, len);
		return;
	}
	q->len++;
	memcpy(q->bufs[i].data, frame, len);
	q->iov[i] = (struct iovec){ q->bufs[i].data, len };
	if (h) {
		q->bufs[i].h = *h;
		q->iov[i] = (struct iovec){ &q->bufs[i], len + sizeof(*h) };
	}
	q->msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &q->iov[i],
					      .msg_iovlen = 1 };
	if (q->len == BATCH)
		flush(q);
}
