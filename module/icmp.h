/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: ICMP errors and the packet that they quote (RFC 5508 section 4).
 * Softirq or process context under rcu_read_lock(). Nothing is created or
 * refreshed.
 */
#ifndef _KNAT_ICMP_H
#define _KNAT_ICMP_H

#include <linux/netfilter.h>
#include "packet.h"

struct knat_found;

/* An error that came in for one of our outside addresses: translate the
 * quoted source and the outer destination to the inside. Errors about the
 * gateway's own packets pass. Returns a netfilter verdict. *hairpin is set
 * when the quoted destination was ours as well (error about a hairpin
 * packet): the outer source is then rewritten by the caller's POSTROUTING.
 */
unsigned int knat_icmp_error_in(struct knat_packet *p,
				struct knat_found *outer_src);

/* An error that the gateway makes about the hairpin packet that this CPU has at
 * hand goes back to its sender: the quoted destination becomes the outside end
 * that was sent to. A redirect about it is dropped: it would show the sender
 * the other host's inside address. From LOCAL_OUT.
 */
unsigned int knat_icmp_about_hairpin(struct knat_packet *p);

/* An error that leaves through outside device @ifindex: translate the quoted
 * destination and, unless it is the gateway's own, the outer source.
 */
unsigned int knat_icmp_error_out(struct knat_packet *p, int ifindex);

#endif /* _KNAT_ICMP_H */
