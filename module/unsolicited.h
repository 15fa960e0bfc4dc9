/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: connection requests from the outside that nobody waits for.
 *
 * They may be one half of a simultaneous open, so nothing answers them at
 * once: some are kept for a while, and answered with an ICMP error unless the
 * inside has opened the same connection by then (RFC 5382 REQ-4, RFC 5597
 * REQ-4).
 */
#ifndef _KNAT_UNSOLICITED_H
#define _KNAT_UNSOLICITED_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include "packet.h"

/**
 * struct knat_unsolicited - the requests of a namespace that are kept
 * @queue: in order of arrival; its lock protects it
 * @work: answers those whose time has come
 */
struct knat_unsolicited {
	struct sk_buff_head	queue;
	struct delayed_work	work;
};

void knat_unsolicited_init(struct knat_net *kn);
/* No packet comes any more. */
void knat_unsolicited_exit(struct knat_net *kn);

/* Forget them: nothing is to be translated any more. */
void knat_unsolicited_flush(struct knat_net *kn);

/* Keep or drop @p, a SYN or DCCP Request in PREROUTING: a netfilter verdict. */
unsigned int knat_unsolicited_syn(struct knat_packet *p);

#endif /* _KNAT_UNSOLICITED_H */
