/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: IP protocols beside TCP, UDP and ICMP.
 *
 * UDP-Lite is translated like UDP. DCCP and SCTP have ports and connections:
 * what their packets do to a connection is told in the flags of TCP, so that
 * their sessions have its states. All others are known by address alone: one
 * inside host at a time for each outside and remote address.
 *
 * What belongs to one protocol is in the file of its name. All of it runs
 * under rcu_read_lock(), softirq off or in process context.
 */
#ifndef _KNAT_PROTO_H
#define _KNAT_PROTO_H

#include <linux/in.h>
#include "packet.h"
#include "tcp.h"

/* Connections with ports, beside those of TCP. */
static inline bool knat_proto_connects(u8 proto)
{
	return proto == IPPROTO_DCCP || proto == IPPROTO_SCTP;
}

static inline bool knat_proto_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || knat_proto_connects(proto);
}

/* Known by address alone; of its ends the port is 0. */
static inline bool knat_proto_by_address(u8 proto)
{
	return !knat_proto_has_ports(proto) && proto != IPPROTO_ICMP;
}

/* Flows of it have a session each, and a mapping lives as long as they do. */
static inline bool knat_proto_tracked(u8 proto)
{
	return proto == IPPROTO_TCP ||
	       (proto != IPPROTO_UDP && proto != IPPROTO_ICMP &&
		proto != IPPROTO_UDPLITE);
}

/* May a packet without a session open one? */
static inline bool knat_proto_opens(const struct knat_packet *p)
{
	return p->kind == KNAT_PACKET_ADDRESS || knat_tcp_opens(p);
}

/* The transport header of a packet that is neither TCP, UDP nor ICMP. */
enum knat_packet_kind knat_proto_parse(struct knat_packet *p);
enum knat_packet_kind knat_udplite_parse(struct knat_packet *p);
enum knat_packet_kind knat_dccp_parse(struct knat_packet *p);
enum knat_packet_kind knat_sctp_parse(struct knat_packet *p);

/* How much of the transport header is written when a port changes. */
unsigned int knat_proto_span(u8 proto);

/* The port at the source (or destination) and the checksum. The header is
 * writable; @pseudo and @header are by how much the sums change.
 */
void knat_proto_rewrite(struct knat_packet *p, bool src, __be16 port,
			__wsum pseudo, __wsum header);
void knat_sctp_rewrite(struct knat_packet *p, bool src, __be16 port);
/* By how much the CRC32c of @len bytes changes when two bytes at @off change by
 * @diff: CRCs are linear, so it is that of the difference. A CRC that was wrong
 * stays wrong.
 */
__le32 knat_sctp_crc_diff(__be16 diff, unsigned int off, unsigned int len);

/* A packet of @session goes by, that is not of TCP and whose protocol is
 * tracked: advance its state and refresh it.
 */
void knat_proto_packet(struct knat_net *kn, struct knat_session *session,
		       const struct knat_packet *p, bool from_inside);

/* Jiffies that a session of a protocol lives without packets; @state is
 * knat_session_ctl.tcp, 0 where it is not known.
 */
u32 knat_proto_timeout(const struct knat_net *kn, u8 proto, u8 state);

/* A change of state may shorten the time left to this. */
u32 knat_proto_nap(const struct knat_net *kn, u8 proto);

/* A packet for the gateway that asks for a connection which an inside host
 * may be about to open from its side: it must not be answered (RFC 5597
 * REQ-4).
 */
bool knat_dccp_unsolicited(const struct knat_packet *p);

#endif /* _KNAT_PROTO_H */
