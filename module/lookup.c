// SPDX-License-Identifier: GPL-2.0
/* knat: look-ups that create and refresh nothing. */
#include "addr.h"
#include "lookup.h"
#include "map.h"
#include "net.h"
#include "pptp.h"
#include "prefix.h"
#include "proto.h"
#include "rule.h"
#include "session.h"

/**
 * struct lookup_key - a flow in any realm of a device
 * @flow: its ends
 * @dev: the device
 */
struct lookup_key {
	const struct knat_flow		*flow;
	const struct knat_view_dev	*dev;
};

static bool lookup_match(const void *entry, const void *arg)
{
	const struct knat_session *session = entry;
	const struct lookup_key *key = arg;

	return session->in.word == key->flow->near.word &&
	       !((session->far.word ^ key->flow->far.word) & KNAT_FAR_MASK) &&
	       knat_view_has_realm(key->dev, session->realm);
}

struct knat_session *knat_lookup_realms(struct knat_net *kn,
					const struct knat_view_dev *dev,
					const struct knat_flow *flow)
{
	struct lookup_key key = { .flow = flow, .dev = dev };
	struct knat_session *session;

	/* The hash is not of the realm. */
	session = knat_table_find(&kn->session_in,
				  knat_session_in_hash(kn, flow),
				  offsetof(struct knat_session, in_next),
				  lookup_match, &key);
	return session && knat_session_usable(kn, session) &&
	       !knat_session_is_permit(session) ? session : NULL;
}

struct knat_map *knat_lookup_map(struct knat_net *kn,
				 const struct knat_view_dev *dev,
				 union knat_ep in, u16 realm)
{
	struct knat_map *map = knat_map_lookup_in(kn, in, knat_far(0, 0, realm));

	if (map || likely(realm == dev->realm))
		return map;
	map = knat_map_lookup_in(kn, in, knat_far(0, 0, dev->realm));
	return map && (map->out.flags & KNAT_MAP_F_STATIC) ? map : NULL;
}

/* What is known of a packet of PPTP if its call is not known. */
static bool flow_by_address(struct knat_flow *flow)
{
	if (flow->near.proto != IPPROTO_GRE || !flow->remote_port)
		return false;
	flow->near.port = 0;
	flow->remote_port = 0;
	return true;
}

static bool outside_session(struct knat_net *kn, const struct knat_view *view,
			    const struct knat_view_dev *dev,
			    const struct knat_flow *flow,
			    struct knat_found *found)
{
	struct knat_session *session;

	if (!knat_proto_tracked(flow->near.proto) && !view->sessions_first)
		return false;
	session = knat_lookup_session(kn, dev, flow);
	if (!session)
		return false;
	found->addr = session->out_addr;
	found->port = session->ctl.out_port;
	found->call = knat_session_is_call(session);
	return true;
}

static bool outside_on_dev(struct knat_net *kn, const struct knat_view *view,
			   const struct knat_view_dev *dev,
			   const struct knat_flow *ends,
			   struct knat_found *found)
{
	struct knat_flow flow = *ends, call = *ends;
	union knat_ep in = flow.near;
	__be16 dport = flow.remote_port;
	struct knat_map *map;

	if (unlikely(flow_by_address(&flow))) {
		call.realm = knat_pptp_realm(dev, call.near.addr,
					     call.remote_addr);
		if (outside_session(kn, view, dev, &call, found))
			return true;
	}
	/* They may be halves of an SPI. */
	if (unlikely(knat_proto_by_address(in.proto))) {
		in.port = 0;
		dport = 0;
	}
	flow.realm = knat_view_realm(dev, in.proto, in.addr, flow.remote_addr,
				     dport);
	if (outside_session(kn, view, dev, &flow, found))
		return true;
	map = knat_lookup_map(kn, dev, in, flow.realm);
	if (!map)
		return false;
	found->addr = map->out.addr;
	found->port = map->out.port;
	return true;
}

bool knat_lookup_outside_of(struct knat_net *kn, int ifindex, u8 proto,
			    __be32 addr, __be16 port,
			    __be32 raddr, __be16 rport,
			    struct knat_found *found)
{
	/* Static mappings of no device in particular */
	static const struct knat_view_dev any_dev = {
		.realm = KNAT_REALM_STATIC,
	};
	const struct knat_view *view = rcu_dereference(kn->view);
	struct knat_flow flow = {
		.near = knat_ep(proto, addr, port),
		.remote_addr = raddr,
		.remote_port = rport,
	};
	u32 i;

	found->whole_addr = false;
	found->call = false;
	if (!view)
		return false;
	for (i = 0; i < view->nr_devs; i++)
		if ((!ifindex || view->devs[i].ifindex == ifindex) &&
		    outside_on_dev(kn, view, &view->devs[i], &flow, found))
			return true;
	if (outside_on_dev(kn, view, &any_dev, &flow, found))
		return true;
	found->whole_addr = true;
	return knat_prefix_outside_of(kn, addr, &found->addr);
}

bool knat_lookup_inside_of(struct knat_net *kn, u8 proto,
			   __be32 addr, __be16 port,
			   __be32 raddr, __be16 rport,
			   struct knat_found *found)
{
	struct knat_flow flow = {
		.near = knat_ep(proto, addr, port),
		.remote_addr = raddr,
		.remote_port = rport,
	};
	struct knat_session *session;
	struct knat_map *map;

	found->whole_addr = false;
	found->call = false;
	if (unlikely(knat_proto_by_address(proto))) {
		/* What the inside sends with ESP stands there, see esp.h. */
		if (proto == IPPROTO_ESP)
			flow.near.proto = IPPROTO_AH;
		session = knat_session_lookup_out(kn, &flow);
		if (!session && flow_by_address(&flow))
			session = knat_session_lookup_out(kn, &flow);
		if (session) {
			found->addr = session->in_addr;
			found->port = 0;
			return true;
		}
		flow.near = knat_ep(proto, addr, 0);
	}
	map = knat_map_lookup_out(kn, flow.near);
	if (map && (map->out.flags & KNAT_MAP_F_SESSIONS) &&
	    !knat_session_lookup_out(kn, &flow))
		return false;
	if (map) {
		found->addr = map->in.addr;
		found->port = map->in.port;
		return true;
	}
	found->whole_addr = true;
	return knat_prefix_inside_of(kn, addr, &found->addr);
}
