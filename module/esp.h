/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: ESP behind a shared address (RFC 3715 section 2.1).
 *
 * An ESP packet names nothing but the SPI, which its receiver has chosen, and
 * nobody tells which SPI of one direction goes with which of the other. So the
 * first packet with a new SPI from the inside leaves a note that its host waits
 * for an answer, and the first packet from that remote address with an SPI that
 * is not known is taken for the answer. One host at a time waits for a remote
 * address. The note stays, and says whether any other host has spoken to the
 * remote address since: if not, an SPI that nobody waits for is the host's as well.
 *
 * All three are sessions of the host's mapping, with the SPI in their ports:
 *
 *   protocol	SPI		what it is
 *   AH		the remote's	the host sends with it
 *   ESP	the host's	packets with it are the host's
 *   ESP	1, a reserved	the note; knat_session_ctl.tcp is not 0 and
 *		one		knat_session.ack is the SPI that was sent, or
 *				when nobody waits the one that came unasked
 *
 * Of the first two knat_session.ack is the SPI of the other direction, once it is
 * known: a packet of either keeps both alive.
 *
 * The SPIs of one direction stand under the number of AH, which has no sessions.
 * Functions are called under rcu_read_lock(), softirq off.
 */
#ifndef _KNAT_ESP_H
#define _KNAT_ESP_H

#include "packet.h"
#include "session.h"

/* Is it the state of a note of a host that waits? */
bool knat_esp_waits(u8 state);

enum knat_packet_kind knat_esp_parse(struct knat_packet *p);

/* Bring the SPI of @p into @flow, and what it stands under. */
void knat_esp_flow(const struct knat_packet *p, struct knat_flow *flow,
		   bool from_inside);

/* A packet from the inside with an SPI that is not known, of mapping @map.
 * NULL: refused and counted.
 */
struct knat_session *knat_esp_open(const struct knat_packet *p,
				   struct knat_map *map);

/* A packet of @session goes by. */
void knat_esp_packet(struct knat_net *kn, struct knat_session *session);

/* A packet from @raddr with an SPI that is not known: its session from now on,
 * or NULL if nobody waits for it.
 */
struct knat_session *knat_esp_learn(const struct knat_packet *p, __be32 raddr);

#endif /* _KNAT_ESP_H */
