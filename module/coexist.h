/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: what else on the gateway gets in the way of translation, and is to be
 * told once in the kernel log of each namespace.
 */
#ifndef _KNAT_COEXIST_H
#define _KNAT_COEXIST_H

#include <linux/types.h>

struct knat_net;
struct sk_buff;

/* A flowtable on an outside device forwards packets before knat sees them, with
 * their inside source. Called every second, process context.
 */
void knat_coexist_check(struct knat_net *kn);

/* Has nf_nat translated the source of @skb? It comes first, and its word
 * stands. Called where a flow is opened; any context.
 */
bool knat_coexist_nat(struct knat_net *kn, const struct sk_buff *skb);

#endif /* _KNAT_COEXIST_H */
