/* SPDX-License-Identifier: GPL-2.0 */
/*
 * differ: plays the hosts on both sides of two gateways, one that has knat and
 * one that has nf_nat, and gives both the same packets.
 *
 * A step (stream.c) is a packet that one side sends: what is the same for both
 * gateways. A plan is what one of them gets: outside ports differ, and so do the
 * quotes of errors (plan.c). What arrives (wire.c) is verified and compared
 * (compare.c), step by step.
 */
#ifndef DIFFER_H
#define DIFFER_H

#include <linux/virtio_net.h>
#include <netinet/ip.h>

#include "../../probe/probe.h"
#include "../random.h"

#define ADDR(a, b, c, d) \
	htonl((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* As selftests/fuzz/differ/run sets them up */
#define IN_ADDR		ADDR(192, 168, 0, 1)	/* of the gateways */
#define OUT_ADDR	ADDR(203, 0, 113, 1)
#define FORWARD_ADDR	ADDR(192, 168, 0, 5)	/* of the port forwards */
#define FORWARD_PORT	8000
#define FORWARDS	100
#define MTU		1500
#define IN_MTU		1400	/* to 192.168.0.128/25 */
#define OUT_MTU		1300	/* to 198.51.100.0/24 */

#define ETH		14
#define FRAGMENTS_MAX	64
#define ARRIVALS_MAX	256
#define FLOWS		48

#define UDPLITE		136
#define SCTP		132
#define GRE		47

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif

enum gateway { KNAT, NFT, GATEWAYS };
enum side { INSIDE, OUTSIDE, SIDES };

extern const char *const gateway_names[GATEWAYS];
extern const char *const side_names[SIDES];

/* What is sent, and counted. More than one may hold for a packet. */
#define SORTS(X) \
	X(UDP,		"udp") \
	X(UDP_NOCSUM,	"udp without checksum") \
	X(TCP,		"tcp") \
	X(TCP_SYN,	"tcp syn") \
	X(TCP_FIN,	"tcp fin") \
	X(TCP_RST,	"tcp rst") \
	X(ECHO,		"echo") \
	X(SCTP,		"sctp") \
	X(UDPLITE,	"udplite") \
	X(GRE,		"gre") \
	X(ERROR_IN,	"error from outside") \
	X(ERROR_OUT,	"error from inside") \
	X(ERROR_WHOLE,	"error that quotes all") \
	X(ERROR_SHORT,	"error that quotes 8 bytes of transport") \
	X(GATEWAY,	"to the gateway itself") \
	X(FORWARD,	"of a port forward") \
	X(OUTWARD,	"from inside") \
	X(INWARD,	"from outside") \
	X(OPTIONS,	"ip options") \
	X(FRAGMENTS,	"in fragments") \
	X(DISORDER,	"in fragments out of order") \
	X(PARTIAL,	"checksum left to the device") \
	X(GSO_TCP,	"tcp gso") \
	X(GSO_UDP,	"udp gso") \
	X(TTL_1,	"ttl 1") \
	X(TOO_BIG,	"too big for the path, with df") \
	X(CUT,		"larger than the path, without df") \
	X(MOVED,	"whose outside port is not the inside one")

enum sort {
#define X(name, text) SORT_##name,
	SORTS(X)
#undef X
	SORT_COUNT
};

/* A flow is known by its inside end and its remote end. */
struct flow {
	uint8_t		proto;
	in_addr_t	in, remote;
	uint16_t	in_port, remote_port;	/* in_port: id of an echo */
	bool		forward;	/* a port forward: the remote began */
	bool		open;		/* came through once: out_port */
	uint16_t	out_port[GATEWAYS];
	unsigned int	phase;		/* of TCP and SCTP */
	bool		over;
	uint32_t	next[SIDES];	/* TCP: sequence numbers */
	uint32_t	acked[SIDES];	/* what the other side has acked */
	bool		fin[SIDES];
	uint32_t	tag[SIDES];	/* SCTP: what packets of this side have */
	/*
	 * The last packet of each side, as it was sent and as it arrived at the
	 * other: for errors about it. No length: it did not arrive whole.
	 */
	struct packet_plan sent[SIDES][GATEWAYS], seen[SIDES][GATEWAYS];
};

struct step {
	struct flow	*flow;		/* NULL: with the gateway itself */
	enum side	from;
	struct iphdr	ip;		/* to OUT_ADDR, if from the outside */
	uint8_t		options[40];
	size_t		options_len;
	uint8_t		l4[PACKET_MAX];
	size_t		l4_len;
	bool		nocsum;
	bool		partial;
	uint16_t	gso_size;	/* 0: none; payload of a segment */
	bool		error;		/* l4 is the header of an error ... */
	size_t		quote_len;	/* that quotes so many bytes at most */
	unsigned int	fragment;	/* bytes of each; 0: sent whole */
	uint8_t		order[FRAGMENTS_MAX];
	unsigned int	fragments;
	bool		near;		/* will be refused, not arrive */
	bool		sorts[SORT_COUNT];
};

struct arrival {
	struct virtio_net_hdr h;
	size_t		len;
	uint8_t		*data;		/* from the IP header on */
};

struct arrivals {
	struct arrival	list[ARRIVALS_MAX];
	unsigned int	count;
};

/* What came of a step, at each gateway and each side */
struct outcome {
	struct arrivals at[GATEWAYS][SIDES];
};

/* main.c */

/* Says why there is no going on, and ends. */
void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* wire.c: packet sockets on the devices of the hosts */
void wire_open(const char *space);
/* False: the kernel knows no such offload. */
bool wire_send(enum gateway gw, enum side side, const uint8_t *ip, size_t len,
	       const struct virtio_net_hdr *h);
/* Sends the step to both, and waits for what comes of it. */
void wire_step(const struct step *step, struct outcome *outcome);
/* What arrived since; the bytes stay until the next call. */
void wire_collect(struct outcome *outcome);

/* able.c: what not every kernel can, and is left out there; prints it */
struct able {
	bool gso_udp, udplite, sctp, short_gre;
};

void able_find(struct able *able);

/* stream.c: what comes next */
void stream_start(const struct able *able);
void stream_next(struct step *step);
/* What of it arrived: for errors, and for the order of things in a flow. */
void stream_done(struct step *step, const struct outcome *outcome);

/* ip.c: what all packets can have */

/* TTL, TOS, DF, ID and options, and how the packet is sent: when l4 is there */
void ip_dress(struct step *step);
/* The largest packet for the way that the step goes */
unsigned int ip_path_mtu(const struct step *step);

/* tcp.c, sctp.c: the next packet of a connection; error.c: about a flow */
void tcp_start(struct flow *flow);
void tcp_next(struct step *step);
void tcp_done(const struct step *step);
void sctp_start(struct flow *flow);
void sctp_next(struct step *step);
void sctp_done(const struct step *step);
bool error_next(struct step *step);

/* plan.c: the packet of a step for one gateway, whole */
void plan_make(const struct step *step, enum gateway gw,
	       struct packet_plan *plan);
/* What a device is to do about it: all of it 0 if nothing */
void plan_offload(const struct step *step, struct packet_plan *plan,
		  struct virtio_net_hdr *h);

/* compare.c: NULL, or what is wrong */
const char *compare(const struct step *step, const struct outcome *outcome);
/* All that a step was and what came of it, for people */
void outcome_print(const struct step *step, const struct outcome *outcome);

/* known.c: where the two differ by design; false: one does not, any more */
bool known_differences(const struct able *able);

#endif /* DIFFER_H */
