// SPDX-License-Identifier: GPL-2.0
/* knat: IP protocols beside TCP, UDP and ICMP. */
#include <linux/dccp.h>
#include <linux/sctp.h>
#include <linux/udp.h>
#include "checksum.h"
#include "esp.h"
#include "net.h"
#include "pptp.h"
#include "proto.h"
#include "rewrite.h"
#include "session.h"
#include "tcp.h"

/* UDP-Lite and DCCP have it at the same place, DCCP for no other reason. */
#define PROTO_CHECK	offsetof(struct udphdr, check)

static_assert(offsetof(struct dccp_hdr, dccph_checksum) == PROTO_CHECK);

enum knat_packet_kind knat_proto_parse(struct knat_packet *p)
{
	switch (p->proto) {
	case IPPROTO_UDPLITE:
		return knat_udplite_parse(p);
	case IPPROTO_DCCP:
		return knat_dccp_parse(p);
	case IPPROTO_SCTP:
		return knat_sctp_parse(p);
	case IPPROTO_ESP:
		return knat_esp_parse(p);
	case IPPROTO_GRE:
		p->call = knat_pptp_parse(p);
		break;
	}
	p->tracked = true;
	return KNAT_PACKET_ADDRESS;
}

unsigned int knat_proto_span(u8 proto)
{
	return proto == IPPROTO_SCTP ? sizeof(struct sctphdr) :
				       PROTO_CHECK + sizeof(__sum16);
}

void knat_proto_rewrite(struct knat_packet *p, bool src, __be16 port,
			__wsum pseudo, __wsum header)
{
	u8 *th = p->skb->data + p->thoff;
	__be16 *ports = (__be16 *)th;
	__sum16 *check = (__sum16 *)(th + PROTO_CHECK);

	if (p->proto == IPPROTO_SCTP) {
		knat_sctp_rewrite(p, src, port);
		return;
	}
	ports[src ? 0 : 1] = port;
	knat_check_update(check, p, pseudo, header);
	/* RFC 3828 section 3.1: 0 is no checksum, and one there must be. */
	if (!*check && p->proto == IPPROTO_UDPLITE)
		*check = CSUM_MANGLED_0;
}

void knat_proto_packet(struct knat_net *kn, struct knat_session *session,
		       const struct knat_packet *p, bool from_inside)
{
	union knat_session_ctl old, new;

	if (p->proto == IPPROTO_ESP) {
		knat_esp_packet(kn, session);
		return;
	}
	knat_session_touch(session);
	if (p->kind != KNAT_PACKET_PORTS)
		return;
	old.word = READ_ONCE(session->ctl.word);
	do {
		new = old;
		new.tcp = knat_tcp_next(old.tcp, p->tcp_flags, from_inside);
		if (likely(new.tcp == old.tcp) || knat_checksum_wrong(p))
			return;
	} while (!try_cmpxchg(&session->ctl.word, &old.word, new.word));
	/* The timeout has changed: it counts from now. */
	WRITE_ONCE(session->stamp, (u32)jiffies);
}

static bool state_established(u8 state)
{
	switch (knat_tcp_state(state)) {
	case KNAT_SESSION_ESTABLISHED:
	case KNAT_SESSION_IN_FIN:
	case KNAT_SESSION_OUT_FIN:
		return true;
	default:
		return false;
	}
}

u32 knat_proto_timeout(const struct knat_net *kn, u8 proto, u8 state)
{
	bool established = state_established(state);
	int setting;

	switch (proto) {
	case IPPROTO_UDPLITE:
		setting = KNAT_A_CONFIG_UDP_TIMEOUT;
		break;
	case IPPROTO_DCCP:
		setting = established ? KNAT_A_CONFIG_DCCP_ESTABLISHED_TIMEOUT :
					KNAT_A_CONFIG_DCCP_TRANSITORY_TIMEOUT;
		break;
	case IPPROTO_SCTP:
		setting = established ? KNAT_A_CONFIG_SCTP_ESTABLISHED_TIMEOUT :
					KNAT_A_CONFIG_SCTP_TRANSITORY_TIMEOUT;
		break;
	case IPPROTO_ESP:
		setting = knat_esp_waits(state) ?
				KNAT_A_CONFIG_ESP_ANSWER_TIMEOUT :
				KNAT_A_CONFIG_OTHER_TIMEOUT;
		break;
	case IPPROTO_GRE:
		setting = established ? KNAT_A_CONFIG_TCP_ESTABLISHED_TIMEOUT :
			  state == KNAT_TCP_IN_SYN ?
					KNAT_A_CONFIG_TCP_OPENING_TIMEOUT :
			  state ? KNAT_A_CONFIG_TCP_CLOSING_TIMEOUT :
				  KNAT_A_CONFIG_OTHER_TIMEOUT;
		break;
	default:
		setting = KNAT_A_CONFIG_OTHER_TIMEOUT;
	}
	return READ_ONCE(kn->timeout[setting]);
}

u32 knat_proto_nap(const struct knat_net *kn, u8 proto)
{
	return min(knat_proto_timeout(kn, proto, 0),
		   knat_proto_timeout(kn, proto,
				      KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN));
}
