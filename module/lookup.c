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

/* What is known of a packet of PPTP if its call is not known. */
static bool flow_by_address(struct knat_flow *flow)
{
	if (flow->near.proto != IPPROTO_GRE || !flow->remote_port)
		return false;
	flow->near.port = 0;
	flow->remote_port = 0;
	return true;
}

static bool outside_in_realm(struct knat_net *kn, const struct knat_view *view,
			     const struct knat_flow *ends, u16 realm,
			     struct knat_found *found)
{
	struct knat_flow flow = *ends;
	struct knat_session *session;
	struct knat_map *map;
	union knat_ep in;

	flow.realm = realm;
	if (knat_proto_tracked(flow.near.proto) || view->sessions_first) {
		session = knat_session_lookup_in(kn, &flow);
		if (!session && unlikely(flow_by_address(&flow)))
			session = knat_session_lookup_in(kn, &flow);
		if (session) {
			found->addr = session->out_addr;
			found->port = session->ctl.out_port;
			found->call = knat_session_is_call(session);
			return true;
		}
	}
	in = flow.near;
	/* It may be half an SPI. */
	if (unlikely(knat_proto_by_address(in.proto)))
		in.port = 0;
	map = knat_map_lookup_in(kn, in, knat_far(0, 0, realm));
	if (!map)
		return false;
	found->addr = map->out.addr;
	found->port = map->out.port;
	return true;
}

static bool outside_on_dev(struct knat_net *kn, const struct knat_view *view,
			   const struct knat_view_dev *dev,
			   const struct knat_flow *flow,
			   struct knat_found *found)
{
	u16 realm;

	if (flow->near.proto == IPPROTO_GRE && flow->remote_port)
		realm = knat_pptp_realm(dev, flow->near.addr,
					flow->remote_addr);
	else
		realm = knat_view_realm(dev, flow->near.proto, flow->near.addr,
					flow->remote_addr, flow->remote_port);
	return outside_in_realm(kn, view, flow, realm, found);
}

bool knat_lookup_outside_of(struct knat_net *kn, int ifindex, u8 proto,
			    __be32 addr, __be16 port,
			    __be32 raddr, __be16 rport,
			    struct knat_found *found)
{
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
	if (outside_in_realm(kn, view, &flow, KNAT_REALM_STATIC, found))
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
