/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: fragments.
 *
 * The stack puts datagrams together before anything else sees them, and keeps
 * what it has of them up to a limit of memory. Fragments whose rest never comes
 * must not stop those of others (RFC 4787 REQ-14a): once half of the memory is
 * in use, only datagrams whose fragments come in order get more of it, and no
 * source gets more than a share.
 */
#ifndef _KNAT_FRAG_H
#define _KNAT_FRAG_H

#include <linux/netfilter.h>

struct knat_frags;
struct knat_net;

/* Process context; kn->frags is NULL before. */
int knat_frags_init(struct knat_net *kn);
/* No packet comes any more. */
void knat_frags_exit(struct knat_net *kn);

unsigned int knat_hook_frag(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);

#endif /* _KNAT_FRAG_H */
