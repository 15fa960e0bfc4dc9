// SPDX-License-Identifier: GPL-2.0
/* knat: ESP behind a shared address. */
#include <linux/in.h>
#include <net/ip.h>
#include <net/xfrm.h>
#include "age.h"
#include "esp.h"
#include "look.h"
#include "map.h"
#include "net.h"

/* RFC 4303 section 2.1: SPIs up to this are not used. */
#define ESP_SPI_RESERVED	255
/* The one that the note stands under. */
#define ESP_SPI_NOTE		1

/* The stamp of an SPI in use is at most a second old: one that nobody asked for
 * gives way to the next after twice that.
 */
#define ESP_UNASKED		(2 * HZ)

/* States of a note. A host that has sent a new SPI keeps others away, one that
 * has gone on sending without an answer does not. Nobody waits under a note that
 * says that its host is the only one to speak to the remote address; or that it
 * is not, which goes with the first two as well.
 */
#define ESP_NOTE_FIRM		KNAT_TCP_IN_SYN
#define ESP_NOTE_LOOSE		KNAT_TCP_IN_FIN
#define ESP_NOTE_SOLE		KNAT_TCP_OUT_FIN
#define ESP_NOTE_SHARED		KNAT_TCP_OUT_SYN

bool knat_esp_waits(u8 state)
{
	return state & (ESP_NOTE_FIRM | ESP_NOTE_LOOSE);
}

static u32 esp_spi(const struct knat_packet *p)
{
	const struct ip_esp_hdr *eh = (void *)(p->skb->data + p->thoff);

	return be32_to_cpu(eh->spi);
}

enum knat_packet_kind knat_esp_parse(struct knat_packet *p)
{
	if (!knat_packet_pull(p, sizeof(struct ip_esp_hdr)) ||
	    esp_spi(p) <= ESP_SPI_RESERVED)
		return KNAT_PACKET_BAD;
	p->tracked = true;
	return KNAT_PACKET_ADDRESS;
}

static void flow_set(struct knat_flow *flow, u8 proto, u32 spi)
{
	flow->near.proto = proto;
	flow->near.port = cpu_to_be16(spi >> 16);
	flow->remote_port = cpu_to_be16(spi & 0xffff);
}

void knat_esp_flow(const struct knat_packet *p, struct knat_flow *flow,
		   bool from_inside)
{
	flow_set(flow, from_inside ? IPPROTO_AH : IPPROTO_ESP, esp_spi(p));
}

/* What stands under an SPI of the flow between @out_addr and @raddr. */
static struct knat_session *spi_find(struct knat_net *kn, u8 proto,
				     __be32 out_addr, __be32 raddr, u32 spi)
{
	struct knat_flow flow = {
		.near = knat_ep(proto, out_addr, 0),
		.remote_addr = raddr,
	};

	flow_set(&flow, proto, spi);
	return knat_session_lookup_out(kn, &flow);
}

/* The note of whoever waits for @raddr on @out_addr. */
static struct knat_session *note_find(struct knat_net *kn, __be32 out_addr,
				      __be32 raddr)
{
	return spi_find(kn, IPPROTO_ESP, out_addr, raddr, ESP_SPI_NOTE);
}

static void note_leave(struct knat_net *kn, struct knat_map *map, __be32 raddr,
		       u32 spi, u8 state)
{
	struct knat_session *note;

	note = knat_session_open_spi(kn, map, IPPROTO_ESP, raddr, ESP_SPI_NOTE,
				     state, true);
	if (note)
		WRITE_ONCE(note->ack, spi);
}

static u32 session_spi(const struct knat_session *session)
{
	return be16_to_cpu(session->in_port) << 16 |
	       be16_to_cpu(session->remote_port);
}

/* Does the host that sends with @out have its answer? */
static void set_answered(struct knat_session *out, bool answered)
{
	knat_session_set_state(out, answered ?
			       KNAT_TCP_IN_SYN | KNAT_TCP_OUT_SYN :
			       KNAT_TCP_IN_SYN);
}

static void esp_pair(struct knat_session *in, struct knat_session *out)
{
	WRITE_ONCE(in->ack, session_spi(out));
	WRITE_ONCE(out->ack, session_spi(in));
	set_answered(out, true);
}

/* Did the answer to @out come before it, unasked? */
static bool answered_before(struct knat_net *kn, struct knat_session *note,
			    struct knat_session *out)
{
	struct knat_session *in;

	if (READ_ONCE(note->ctl.tcp) != ESP_NOTE_SOLE ||
	    note->in_addr != out->in_addr || !READ_ONCE(note->ack))
		return false;
	in = spi_find(kn, IPPROTO_ESP, out->out_addr, out->remote_addr,
		      READ_ONCE(note->ack));
	WRITE_ONCE(note->ack, 0);
	if (in)
		esp_pair(in, out);
	return in;
}

struct knat_session *knat_esp_open(const struct knat_packet *p,
				   struct knat_map *map)
{
	struct knat_session *note = note_find(p->kn, map->out.addr, p->daddr);
	u8 old = note ? READ_ONCE(note->ctl.tcp) : 0;
	struct knat_session *session;

	if (note && note->in_addr != p->saddr) {
		if (old & ESP_NOTE_FIRM) {
			knat_tell(p, REFUSE_ESP);
			return NULL;
		}
		old |= ESP_NOTE_SHARED;
	}
	session = knat_session_open_spi(p->kn, map, IPPROTO_AH, p->daddr,
					esp_spi(p), KNAT_TCP_IN_SYN, true);
	if (!session)
		return NULL;
	if (note && answered_before(p->kn, note, session))
		return session;
	if (note)
		knat_session_kill(p->kn, note);
	note_leave(p->kn, map, p->daddr, esp_spi(p),
		   ESP_NOTE_FIRM | (old & ESP_NOTE_SHARED));
	return session;
}

/* What is known of the remote address lives as long as its host speaks to it. */
static void note_touch(struct knat_session *note,
		       const struct knat_session *session)
{
	if (note && note->in_addr == session->in_addr &&
	    !knat_esp_waits(READ_ONCE(note->ctl.tcp)))
		knat_session_touch(note);
}

static void esp_wait(struct knat_net *kn, struct knat_session *session)
{
	struct knat_session *note = note_find(kn, session->out_addr,
					      session->remote_addr);

	knat_session_touch(session);
	note_touch(note, session);
	/* Meanwhile others may have spoken to the remote address. */
	if (!note)
		note_leave(kn, session->map, session->remote_addr,
			   session_spi(session),
			   ESP_NOTE_LOOSE | ESP_NOTE_SHARED);
}

void knat_esp_packet(struct knat_net *kn, struct knat_session *session)
{
	bool out = session->proto == IPPROTO_AH;
	struct knat_session *other;

	if (out && !(READ_ONCE(session->ctl.tcp) & KNAT_TCP_OUT_SYN)) {
		esp_wait(kn, session);
		return;
	}
	if ((u32)jiffies - READ_ONCE(session->stamp) < HZ)
		return;
	knat_session_touch(session);
	note_touch(note_find(kn, session->out_addr, session->remote_addr),
		   session);
	other = spi_find(kn, out ? IPPROTO_ESP : IPPROTO_AH, session->out_addr,
			 session->remote_addr, READ_ONCE(session->ack));
	if (other)
		knat_session_touch(other);
	else if (out)
		set_answered(session, false);
}

/* The gateway's own tunnels are not to be taken for an inside host's. */
static bool esp_of_gateway(const struct knat_packet *p)
{
#if IS_ENABLED(CONFIG_XFRM)
	const xfrm_address_t *daddr = (const xfrm_address_t *)&p->daddr;
	struct xfrm_state *x;

	x = xfrm_state_lookup(p->kn->net, p->skb->mark, daddr,
			      cpu_to_be32(esp_spi(p)), IPPROTO_ESP, AF_INET);
	if (x)
		xfrm_state_put(x);
	return x;
#else
	return false;
#endif
}

/* A new SPI that nobody waits for belongs to the only host that there is, before
 * which it may come with new keys. There is room for one, which gives way when
 * it has been silent for a while, so that whoever makes them up gets no further
 * than that; and a static mapping says more than a note.
 */
static struct knat_session *learn_unasked(const struct knat_packet *p,
					  struct knat_session *note)
{
	struct knat_session *old, *in;

	if (knat_map_lookup_out(p->kn, knat_ep(IPPROTO_ESP, p->daddr, 0)))
		return NULL;
	old = spi_find(p->kn, IPPROTO_ESP, p->daddr, note->remote_addr,
		       READ_ONCE(note->ack));
	if (old && knat_age(READ_ONCE(old->stamp)) < ESP_UNASKED)
		return NULL;
	in = knat_session_open_spi(p->kn, note->map, IPPROTO_ESP,
				   note->remote_addr, esp_spi(p), 0, false);
	if (!in)
		return NULL;
	if (old && old != in)
		knat_session_kill(p->kn, old);
	WRITE_ONCE(note->ack, esp_spi(p));
	return in;
}

struct knat_session *knat_esp_learn(const struct knat_packet *p, __be32 raddr)
{
	struct knat_session *note = note_find(p->kn, p->daddr, raddr);
	struct knat_session *in, *out;
	u8 state;

	if (!note || esp_of_gateway(p))
		return NULL;
	state = READ_ONCE(note->ctl.tcp);
	if (state == ESP_NOTE_SOLE)
		return learn_unasked(p, note);
	if (!knat_esp_waits(state))
		return NULL;
	in = knat_session_open_spi(p->kn, note->map, IPPROTO_ESP, raddr,
				   esp_spi(p), 0, true);
	if (!in)
		return NULL;
	out = spi_find(p->kn, IPPROTO_AH, p->daddr, raddr,
		       READ_ONCE(note->ack));
	if (out)
		esp_pair(in, out);
	WRITE_ONCE(note->ack, 0);
	knat_session_set_state(note, state & ESP_NOTE_SHARED ?: ESP_NOTE_SOLE);
	WRITE_ONCE(note->stamp, (u32)jiffies);
	return in;
}
