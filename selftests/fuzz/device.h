/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of a device: packets that are sent, and those that arrived last. */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include <linux/virtio_net.h>
#include <stdint.h>
#include <sys/socket.h>

#define ETH		14
#define MAX		2048
#define KEPT		64U	/* packets that arrived and may be answered */
#define BATCH		32	/* packets for one system call */

extern struct packet {
	uint8_t	data[MAX];
	int	len;
} kept[KEPT];
extern unsigned int nr_kept, nr_long;	/* the latter are not kept */

extern unsigned long nr_sent, nr_refused;

/* Packets that wait for one system call */
struct queue {
	int		fd;
	int		len;
	struct {
		struct virtio_net_hdr h;
		uint8_t	data[MAX];
	} bufs[BATCH];
	struct iovec	iov[BATCH];
	struct mmsghdr	msgs[BATCH];
};

/* With @vnet, packets go with a struct virtio_net_hdr. */
int device_open(int ifindex, int vnet);
void keep_arrivals(int fd);
/* The frame goes with the next batch; one that is long, at once. */
void enqueue(struct queue *q, const struct virtio_net_hdr *h,
	     const void *frame, int len);
void flush(struct queue *q);

#endif /* FUZZ_DEVICE_H */
