/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: tracepoints. They cost nothing while nobody traces.
 *
 * Addresses are arrays of four bytes and ports numbers in host order, as in the
 * tracepoints of the kernel's own TCP. @net is the inode number of the network
 * namespace, as in /proc/PID/ns/net.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM knat

#if !defined(_KNAT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KNAT_TRACE_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>
#include "map.h"
#include "net.h"
#include "session.h"

/* The longest name of a counter, and its end */
#define KNAT_TRACE_NAME	28

/* The ports of a packet on its way, if they can be read; else NULL. */
const __be16 *knat_trace_ports(const struct sk_buff *skb);

DECLARE_EVENT_CLASS(knat_map,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_map *map, const char *reason),
	TP_ARGS(kn, map, reason),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u8, proto)
		__array(u8, in_addr, 4)
		__field(u16, in_port)
		__array(u8, out_addr, 4)
		__field(u16, out_port)
		__array(char, reason, KNAT_TRACE_NAME)
	),
	TP_fast_assign(
		__entry->net = kn->net->ns.inum;
		__entry->proto = map->in.proto;
		memcpy(__entry->in_addr, &map->in.addr, 4);
		__entry->in_port = be16_to_cpu(map->in.port);
		memcpy(__entry->out_addr, &map->out.addr, 4);
		__entry->out_port = be16_to_cpu(map->out.port);
		strscpy(__entry->reason, reason, KNAT_TRACE_NAME);
	),
	TP_printk("net=%u proto=%u in=%pI4:%u out=%pI4:%u reason=%s",
		  __entry->net, __entry->proto,
		  __entry->in_addr, __entry->in_port,
		  __entry->out_addr, __entry->out_port,
		  __entry->reason)
);

/* Traffic has opened a mapping, for no @reason. */
DEFINE_EVENT_PRINT(knat_map, knat_map_new,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_map *map, const char *reason),
	TP_ARGS(kn, map, reason),
	TP_printk("net=%u proto=%u in=%pI4:%u out=%pI4:%u",
		  __entry->net, __entry->proto,
		  __entry->in_addr, __entry->in_port,
		  __entry->out_addr, __entry->out_port)
);

/* It is gone; its port rests. */
DEFINE_EVENT(knat_map, knat_map_gone,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_map *map, const char *reason),
	TP_ARGS(kn, map, reason)
);

/* The mapping gets no more sessions, and the packet that wanted one is dropped;
 * @reason is the counter that has it.
 */
DEFINE_EVENT(knat_map, knat_refuse,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_map *map, const char *reason),
	TP_ARGS(kn, map, reason)
);

DECLARE_EVENT_CLASS(knat_session,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_session *session, const char *reason),
	TP_ARGS(kn, session, reason),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u8, proto)
		__array(u8, in_addr, 4)
		__field(u16, in_port)
		__array(u8, out_addr, 4)
		__field(u16, out_port)
		__array(u8, remote_addr, 4)
		__field(u16, remote_port)
		__array(char, reason, KNAT_TRACE_NAME)
	),
	TP_fast_assign(
		struct knat_session_ports ports = knat_session_ports(session);

		__entry->net = kn->net->ns.inum;
		__entry->proto = knat_session_proto(session);
		memcpy(__entry->in_addr, &session->in_addr, 4);
		__entry->in_port = be16_to_cpu(ports.in);
		memcpy(__entry->out_addr, &session->out_addr, 4);
		__entry->out_port = be16_to_cpu(ports.out);
		memcpy(__entry->remote_addr, &session->remote_addr, 4);
		__entry->remote_port = be16_to_cpu(ports.remote);
		strscpy(__entry->reason, reason, KNAT_TRACE_NAME);
	),
	TP_printk("net=%u proto=%u in=%pI4:%u out=%pI4:%u remote=%pI4:%u reason=%s",
		  __entry->net, __entry->proto,
		  __entry->in_addr, __entry->in_port,
		  __entry->out_addr, __entry->out_port,
		  __entry->remote_addr, __entry->remote_port,
		  __entry->reason)
);

/* A session is there: of TCP, or of another protocol that has them. */
DEFINE_EVENT_PRINT(knat_session, knat_session_new,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_session *session, const char *reason),
	TP_ARGS(kn, session, reason),
	TP_printk("net=%u proto=%u in=%pI4:%u out=%pI4:%u remote=%pI4:%u",
		  __entry->net, __entry->proto,
		  __entry->in_addr, __entry->in_port,
		  __entry->out_addr, __entry->out_port,
		  __entry->remote_addr, __entry->remote_port)
);

/* It is gone. */
DEFINE_EVENT(knat_session, knat_session_gone,
	TP_PROTO(const struct knat_net *kn,
		 const struct knat_session *session, const char *reason),
	TP_ARGS(kn, session, reason)
);

/* A packet is dropped; @reason is the counter that has it. */
TRACE_EVENT(knat_drop,
	TP_PROTO(const struct knat_net *kn, const struct sk_buff *skb, u32 reason),
	TP_ARGS(kn, skb, reason),
	TP_STRUCT__entry(
		__field(u32, net)
		__field(u8, proto)
		__field(const void *, skbaddr)
		__array(u8, saddr, 4)
		__field(u16, sport)
		__array(u8, daddr, 4)
		__field(u16, dport)
		__array(char, reason, KNAT_TRACE_NAME)
	),
	TP_fast_assign(
		const struct iphdr *iph = ip_hdr(skb);
		const __be16 *ports = knat_trace_ports(skb);

		__entry->net = kn->net->ns.inum;
		__entry->proto = iph->protocol;
		__entry->skbaddr = skb;
		memcpy(__entry->saddr, &iph->saddr, 4);
		__entry->sport = ports ? be16_to_cpu(ports[0]) : 0;
		memcpy(__entry->daddr, &iph->daddr, 4);
		__entry->dport = ports ? be16_to_cpu(ports[1]) : 0;
		strscpy(__entry->reason, knat_counter_name(reason),
			KNAT_TRACE_NAME);
	),
	TP_printk("net=%u proto=%u src=%pI4:%u dst=%pI4:%u reason=%s",
		  __entry->net, __entry->proto,
		  __entry->saddr, __entry->sport, __entry->daddr, __entry->dport,
		  __entry->reason)
);

#endif /* _KNAT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
