// SPDX-License-Identifier: GPL-2.0
/* knat: what becomes of the packet of a flow. */
#include <linux/icmp.h>
#include <net/route.h>
#include "coexist.h"
#include "esp.h"
#include "flow.h"
#include "local.h"
#include "look.h"
#include "map.h"
#include "net.h"
#include "odd.h"
#include "open.h"
#include "pptp.h"
#include "prefix.h"
#include "proto.h"
#include "session.h"
#include "tcp.h"

static void found_map_out(struct knat_way *way, struct knat_map *map)
{
	way->map = map;
	way->to.addr = map->out.addr;
	way->to.port = map->out.port;
	way->to.whole_addr = false;
}

static void found_map_in(struct knat_way *way, struct knat_map *map)
{
	way->map = map;
	way->to.addr = map->in.addr;
	way->to.port = map->in.port;
	way->to.whole_addr = false;
}

void knat_flow_goes_by(const struct knat_packet *p,
		       struct knat_session *session, bool from_inside)
{
	if (unlikely(p->look))
		return;
	if (p->proto == IPPROTO_TCP)
		knat_tcp_segment(p->kn, session, p, from_inside);
	else if (unlikely(p->tracked))
		knat_proto_packet(p->kn, session, p, from_inside);
	else if (from_inside ||
		 READ_ONCE(p->kn->config[KNAT_A_CONFIG_UDP_INBOUND_REFRESH]))
		knat_session_touch(session);
}

/* The session of a packet from the inside: that of the device or rule, or of
 * a static mapping.
 */
static struct knat_session *outward_session(const struct knat_packet *p,
					    const struct knat_view_dev *dev,
					    u16 realm)
{
	struct knat_flow flow = {
		.near = knat_ep(p->proto, p->saddr, p->sport),
		.remote_addr = p->daddr,
		.remote_port = knat_packet_far_port(p, p->dport),
		.realm = realm,
	};

	if (unlikely(p->proto == IPPROTO_ESP))
		knat_esp_flow(p, &flow, true);
	return knat_lookup_outward(p->kn, dev, &flow);
}

struct knat_session *knat_flow_call(const struct knat_packet *p,
				    const struct knat_view_dev *dev)
{
	if (p->proto != IPPROTO_GRE || !p->call)
		return NULL;
	return knat_pptp_outward(p, dev);
}

static struct knat_map *outward_map(const struct knat_packet *p,
				    const struct knat_view_dev *dev, u16 realm)
{
	union knat_ep in = knat_ep(p->proto, p->saddr, p->sport);
	struct knat_map *map;

	if (p->unmapped)
		return NULL;
	/* Where flows have sessions answers go by those. */
	map = p->tracked ? knat_map_lookup_in(p->kn, in, knat_far(0, 0, realm)) :
			   knat_lookup_map(p->kn, dev, in, realm);
	if (!map && READ_ONCE(p->kn->nr_static))
		map = knat_map_lookup_in(p->kn, in,
					 knat_far(0, 0, KNAT_REALM_STATIC));
	return map;
}

/* May there be one more? @map is NULL if it would be new itself. */
static bool session_has_room(const struct knat_packet *p,
			     const struct knat_map *map, __be32 out_addr,
			     __be32 raddr, bool from_inside)
{
	struct knat_host *host = map ? knat_map_host(map) : NULL;

	if (knat_session_full(p->kn, from_inside)) {
		knat_tell(p, REFUSE_SESSIONS);
		return false;
	}
	if (host && knat_session_full_host(host, from_inside)) {
		knat_tell(p, REFUSE_SUBSCRIBER);
		return false;
	}
	if (host && !knat_session_rate_allows(host, from_inside)) {
		knat_tell(p, REFUSE_RATE);
		return false;
	}
	if (p->kind == KNAT_PACKET_ADDRESS &&
	    knat_session_remote_taken(p->kn, p->proto, out_addr, raddr)) {
		knat_tell(p, REFUSE_REMOTE);
		return false;
	}
	return true;
}

/* Would a session be opened? A mapping that is for it alone goes with it. */
static bool session_foresee(const struct knat_packet *p,
			    const struct knat_map *map, __be32 out_addr,
			    __be32 raddr, bool from_inside)
{
	bool opens = session_has_room(p, map, out_addr, raddr, from_inside);

	p->look->new_session = opens;
	if (!map && !opens)
		p->look->new_map = false;
	return opens;
}

/* A packet from the inside whose mapping is known: on with it. */
static enum knat_fate outward_use(const struct knat_packet *p,
				  struct knat_map *map, struct knat_way *way)
{
	if (!(map->out.flags & KNAT_MAP_F_SESSIONS)) {
		if (likely(!p->look))
			knat_map_touch(map);
		found_map_out(way, map);
		return KNAT_TRANSLATE;
	}
	if (unlikely(p->look)) {
		found_map_out(way, map);
		return session_foresee(p, map, map->out.addr, p->daddr, true) ?
			KNAT_TRANSLATE : KNAT_REFUSE;
	}
	if (unlikely(p->proto == IPPROTO_ESP))
		way->session = knat_esp_open(p, map);
	else
		way->session = knat_session_open(p->kn, map, p->daddr,
						 knat_packet_far_port(p, p->dport),
						 true);
	if (!way->session) {
		/* A mapping that was made for nothing is not to stay. */
		if (!(map->out.flags & KNAT_MAP_F_STATIC) &&
		    !knat_map_sessions(map))
			knat_map_kill(p->kn, map);
		return KNAT_REFUSE;
	}
	/* It may be one that another CPU has just opened. */
	knat_flow_goes_by(p, way->session, true);
	found_map_out(way, map);
	return KNAT_TRANSLATE;
}

static enum knat_fate outward_open(const struct knat_packet *p,
				   struct knat_way *way)
{
	struct knat_map *map;

	if (unlikely(knat_odd_outward(p)))
		return KNAT_DROP;
	/* What AH protects are the addresses (RFC 3715 section 2.1). */
	if (unlikely(p->proto == IPPROTO_AH)) {
		knat_tell(p, DROP_AH);
		return KNAT_DROP;
	}
	if (unlikely(p->look))
		return knat_map_foresee(p, way->rule, way) &&
		       (!p->look->new_session ||
			session_foresee(p, way->map, way->to.addr, p->daddr,
					true)) ?
			KNAT_TRANSLATE : KNAT_REFUSE;
	map = knat_map_open(p, way->rule);
	return map ? outward_use(p, map, way) : KNAT_REFUSE;
}

const struct knat_view_rule *knat_flow_rule(const struct knat_packet *p,
					    const struct knat_view *view,
					    const struct knat_view_dev *dev)
{
	const struct knat_view_rule *rule;
	const struct knat_view_dev *from;

	rule = knat_view_match(dev, p->proto, p->saddr, p->daddr, p->dport);
	if (!rule || rule->src_mask || !p->skb->skb_iif)
		return rule;
	/* Outside is what the configuration names, not what static mappings
	 * of no device in particular hold on as well.
	 */
	from = knat_view_dev(view, p->skb->skb_iif);
	return from && from->realm != KNAT_REALM_STATIC ? NULL : rule;
}

/* The gateway speaks with another address of the outside device. */
static bool outward_own(const struct knat_packet *p)
{
	return !p->skb->skb_iif &&
	       !knat_lookup_is_outside(p->kn, p->saddr) &&
	       inet_dev_addr_type(p->kn->net, p->skb->dev, p->saddr) ==
	       RTN_LOCAL;
}

enum knat_fate knat_flow_outward(const struct knat_packet *p,
				 const struct knat_view *view,
				 const struct knat_view_dev *dev,
				 struct knat_way *way)
{
	struct knat_net *kn = p->kn;
	u16 realm = dev->realm;
	struct knat_map *map;

	way->map = NULL;
	way->session = NULL;
	way->rule = NULL;
	way->to.call = false;
	if (dev->by_rule) {
		way->rule = knat_flow_rule(p, view, dev);
		if (way->rule)
			realm = way->rule->realm;
	}

	if (p->tracked || view->sessions_first) {
		way->session = knat_flow_call(p, dev) ?:
			       outward_session(p, dev, realm);
		if (way->session) {
			if (unlikely(knat_pptp_ended(way->session))) {
				knat_tell(p, DROP_NO_SESSION);
				return KNAT_DROP;
			}
			knat_flow_goes_by(p, way->session, true);
			way->to.addr = way->session->out_addr;
			way->to.port = way->session->ctl.out_port;
			way->to.whole_addr = false;
			return KNAT_TRANSLATE;
		}
	}
	if (way->rule && !way->rule->pool)
		return KNAT_PASS;

	map = outward_map(p, dev, realm);
	if (map && (!p->tracked || knat_proto_opens(p))) {
		if ((map->out.flags & KNAT_MAP_F_SESSIONS) &&
		    unlikely(knat_odd_checksum(p)))
			return KNAT_DROP;
		return outward_use(p, map, way);
	}
	if (!map && knat_prefix_outside_of(kn, p->saddr, &way->to.addr)) {
		way->to.whole_addr = true;
		return KNAT_TRANSLATE;
	}

	if (!map && !dev->by_rule) {
		way->rule = knat_flow_rule(p, view, dev);
		if (way->rule && !way->rule->pool)
			return KNAT_PASS;
	}
	if (!map && (!way->rule || knat_coexist_nat(kn, p->skb) ||
		     outward_own(p))) {
		way->rule = NULL;
		return KNAT_PASS;
	}
	if (p->tracked && !knat_proto_opens(p)) {
		knat_tell(p, DROP_NO_SESSION);
		return KNAT_DROP;
	}
	return outward_open(p, way);
}

/* Queries of the gateway are mapped from the start, so that their id has an
 * owner; answers to queries from the outside are left alone.
 */
static bool local_query(const struct knat_packet *p)
{
	const struct icmphdr *icmph = (void *)(p->skb->data + p->thoff);

	if (p->kind != KNAT_PACKET_QUERY)
		return false;
	return icmph->type == ICMP_ECHO || icmph->type == ICMP_TIMESTAMP ||
	       icmph->type == ICMP_INFO_REQUEST || icmph->type == ICMP_ADDRESS;
}

enum knat_fate knat_flow_local(const struct knat_packet *p,
			       const struct knat_view *view,
			       const struct knat_view_dev *dev,
			       struct knat_way *way)
{
	union knat_ep out = knat_ep(p->proto, p->saddr, p->sport);
	const struct knat_view_rule *rule = NULL;
	struct knat_map *map;

	way->rule = NULL;
	/* Forwarded: somebody else has translated it, or it is on its way
	 * round.
	 */
	if (p->skb->skb_iif || !knat_local_addr(p->kn->net, p->saddr)) {
		knat_coexist_nat(p->kn, p->skb);
		return KNAT_PASS;
	}
	if (p->kind == KNAT_PACKET_QUERY && !local_query(p))
		return KNAT_PASS;
	map = knat_map_lookup_out(p->kn, out);
	if (!map && dev->by_rule)
		rule = knat_flow_rule(p, view, dev);
	if (!map && !local_query(p) &&
	    !knat_lookup_map(p->kn, dev, out, rule ? rule->realm : dev->realm))
		return KNAT_PASS;
	return knat_flow_outward(p, view, dev, way);
}

struct knat_map *knat_flow_target(const struct knat_packet *p)
{
	return knat_map_lookup_out(p->kn,
				   knat_ep(p->proto, p->daddr, p->dport));
}

enum knat_fate knat_flow_inward(const struct knat_packet *p,
				const struct knat_view *view,
				__be32 raddr, __be16 rport,
				struct knat_way *way)
{
	struct knat_net *kn = p->kn;
	struct knat_flow flow = {
		.near = knat_ep(p->proto, p->daddr, p->dport),
		.remote_addr = raddr,
		.remote_port = knat_packet_far_port(p, rport),
	};
	struct knat_map *map;

	way->map = NULL;
	way->session = NULL;
	way->rule = NULL;
	way->to.call = false;
	if (p->tracked || view->sessions_first) {
		if (unlikely(p->proto == IPPROTO_ESP))
			knat_esp_flow(p, &flow, false);
		if (unlikely(p->proto == IPPROTO_GRE) && p->call) {
			way->session = knat_pptp_inward(p, raddr);
			way->to.call = way->session;
		}
		if (likely(!way->session))
			way->session = knat_session_lookup_out(kn, &flow);
		if (unlikely(p->proto == IPPROTO_ESP) && !way->session)
			way->session = knat_esp_learn(p, raddr);
		if (way->session) {
			if (unlikely(knat_pptp_ended(way->session))) {
				knat_tell(p, DROP_NO_SESSION);
				return KNAT_DROP;
			}
			knat_flow_goes_by(p, way->session, false);
			way->to.addr = way->session->in_addr;
			way->to.port = way->session->in_port;
			way->to.whole_addr = false;
			return KNAT_TRANSLATE;
		}
	}

	map = knat_map_lookup_out(kn, knat_ep(p->proto, p->daddr, p->dport));
	if (!map) {
		if (!knat_prefix_inside_of(kn, p->daddr, &way->to.addr))
			return KNAT_PASS;
		way->to.whole_addr = true;
		return KNAT_TRANSLATE;
	}
	found_map_in(way, map);
	/* It would seem to come from whom it goes to. */
	if (unlikely(map->in.addr == raddr)) {
		knat_tell(p, DROP_LAND);
		return KNAT_DROP;
	}
	if (!(map->out.flags & KNAT_MAP_F_SESSIONS)) {
		if (likely(!p->look) &&
		    READ_ONCE(kn->config[KNAT_A_CONFIG_UDP_INBOUND_REFRESH]))
			knat_map_touch(map);
		return KNAT_TRANSLATE;
	}
	if (p->tracked && !knat_proto_opens(p)) {
		knat_tell(p, DROP_NO_SESSION);
		return KNAT_DROP;
	}
	if (!knat_session_permitted(kn, map, raddr, flow.remote_port)) {
		knat_tell(p, DROP_FILTERED);
		return p->proto == IPPROTO_TCP || p->proto == IPPROTO_DCCP ?
			KNAT_HOLD : KNAT_DROP;
	}
	if (unlikely(knat_odd_inward(p, flow.remote_port)))
		return KNAT_DROP;
	/* The error about it needs no session. */
	if (unlikely(knat_odd_ttl(p, map->in.addr)))
		return KNAT_TRANSLATE;
	if (unlikely(p->look))
		return session_foresee(p, map, map->out.addr, raddr, false) ?
			KNAT_TRANSLATE : KNAT_DROP;
	way->session = knat_session_open(kn, map, raddr, flow.remote_port,
					 false);
	if (!way->session)
		return KNAT_DROP;
	knat_flow_goes_by(p, way->session, false);
	return KNAT_TRANSLATE;
}
