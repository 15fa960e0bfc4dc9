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

/**
 * knat_icmp_error_in() - an error for one of our outside addresses
 * @p: the error
 * @outer_src: its address is set to what the outer source must become at
 *	POSTROUTING, if the error is about a hairpin packet
 *
 * Translates the quoted source and the outer destination to the inside, and of
 * a hairpin packet the quoted destination to its outside end.
 *
 * Return: NF_ACCEPT, also if there is no mapping but the quoted source is the
 * gateway's own address; else NF_DROP, and it was counted.
 */
unsigned int knat_icmp_error_in(struct knat_packet *p,
				struct knat_found *outer_src);

/* An error that the gateway makes about the hairpin packet that this CPU has at
 * hand goes back to its sender: the quoted destination becomes the outside end
 * that was sent to. A redirect about it is dropped: it would show the sender
 * the other host's inside address. From LOCAL_OUT.
 */
unsigned int knat_icmp_about_hairpin(struct knat_packet *p);

/**
 * knat_icmp_error_out() - an error that leaves through an outside device
 * @p: the error, in POSTROUTING
 * @ifindex: the device
 *
 * Translates the quoted destination to the outside and, unless the gateway
 * sends it with an address of that side, the outer source.
 *
 * Return: NF_ACCEPT, also if there is no mapping but the error would show no
 * inside address that a rule hides; else NF_DROP, and it was counted.
 */
unsigned int knat_icmp_error_out(struct knat_packet *p, int ifindex);

#endif /* _KNAT_ICMP_H */
