/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: static mappings by their ends, and which cannot be there together.
 *
 * kn->statics_out has all of them by what they have for themselves on the
 * outside, kn->statics_in those of whole addresses by their inside. Under
 * kn->config_lock.
 */
#ifndef _KNAT_STATIC_INDEX_H
#define _KNAT_STATIC_INDEX_H

struct knat_net;
struct knat_static;
struct netlink_ext_ack;

void knat_static_index(struct knat_net *kn, struct knat_static *fixed);
void knat_static_unindex(struct knat_net *kn, struct knat_static *fixed);
/* May @fixed be added to what is there? Else @extack says why not. */
int knat_static_check(struct knat_net *kn, const struct knat_static *fixed,
		      struct netlink_ext_ack *extack);
/* Find by proto and outside end, as typed; see knat_static_new(). */
struct knat_static *knat_static_find(struct knat_net *kn,
				     const struct knat_static *conf,
				     const char *dev);

#endif /* _KNAT_STATIC_INDEX_H */
