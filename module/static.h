/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: static mappings, as configured.
 *
 * A port forward owns one struct knat_map for each port and holds its ports
 * in the bitmap. A one-to-one or prefix mapping has no entries: addresses are
 * exchanged by arithmetic. All under kn->config_lock; packets read prefix
 * mappings from kn->prefixes under RCU, see prefix.h. Entries: static_entry.h;
 * how mappings are found: static_index.h; devices: static_dev.h.
 */
#ifndef _KNAT_STATIC_H
#define _KNAT_STATIC_H

#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/rbtree.h>
#include "addr.h"
#include "rule.h"
#include "uapi/knat.h"

struct knat_loose;

/**
 * struct knat_static - a static mapping
 * @list: in kn->statics
 * @out_node: in kn->statics_out
 * @in_node: in kn->statics_in, of whole addresses
 * @id: grows with every mapping that is added, for dumps
 * @proto: a protocol with ports or one known by address, then of port 0; 0:
 *	whole addresses
 * @len: prefix length, of whole addresses
 * @out_addr: outside address; of a dev mapping the device's, or 0
 * @in_addr: inside address
 * @out_port: first outside port, host order
 * @out_port_last: last one
 * @in_port: inside port of the first
 * @lifetime: seconds, 0: for ever
 * @expires: jiffies64 at which it goes, if @lifetime
 * @label: the user's
 * @outdev: of a dev mapping
 * @via: else the device that @out_addr belongs to, or NULL
 * @loose: no device is known: it holds on all but the inside's, which this is;
 *	   else NULL
 * @addr: the outside address object, while there is an address
 * @maps: the entries, (out_port_last - out_port + 1) pointers
 */
struct knat_static {
	struct list_head	list;
	struct rb_node		out_node;
	struct rb_node		in_node;
	u64			id;
	u8			proto;
	u8			len;
	__be32			out_addr;
	__be32			in_addr;
	u16			out_port;
	u16			out_port_last;
	u16			in_port;
	struct knat_loose	*loose;
	u32			lifetime;
	u64			expires;
	char			label[KNAT_LABEL_MAX + 1];
	struct knat_outdev	*outdev;
	struct knat_outdev	*via;
	struct knat_addr	*addr;
	struct knat_map		**maps;
};

/**
 * struct knat_static_turn - what a static mapping is about to be
 * @label: the user's
 * @relabel: @label is given
 * @lifetime: seconds from then on, 0: as it was
 */
struct knat_static_turn {
	char	label[KNAT_LABEL_MAX + 1];
	bool	relabel;
	u32	lifetime;
};

/* Make a mapping, the last of kn->statics, with all memory that it needs. No
 * packet finds it before it has entered. @conf is a template; @dev names the
 * device of a dev mapping, or is NULL. Ports, prefixes and addresses are valid
 * in themselves; what collides with what exists is refused here.
 */
struct knat_static *knat_static_new(struct knat_net *kn,
				    const struct knat_static *conf,
				    const char *dev,
				    struct netlink_ext_ack *extack);
/* Free one that was unlinked and has not entered. */
void knat_static_cancel(struct knat_net *kn, struct knat_static *fixed);
/* Out of kn->statics: what it stood behind, for going back; and back. */
struct list_head *knat_static_unlink(struct knat_net *kn,
				     struct knat_static *fixed);
void knat_static_relink(struct knat_net *kn, struct knat_static *fixed,
			struct list_head *prev);
/* All of @list, which were unlinked, go. knat_publish() when done. */
void knat_static_drop(struct knat_net *kn, struct list_head *list);
/* What no packet sees changes, so that sessions stay. */
void knat_static_turn(struct knat_net *kn, struct knat_static *fixed,
		      const struct knat_static_turn *turn);
/* How many addresses a mapping of whole addresses covers (not for /0). */
static inline u32 knat_static_size(const struct knat_static *fixed)
{
	return 1U << (32 - fixed->len);
}

/* How many ports one of ports covers. */
static inline u32 knat_static_ports(const struct knat_static *fixed)
{
	return fixed->out_port_last - fixed->out_port + 1;
}

/* Seconds of life left (for those with a lifetime). */
u32 knat_static_left(const struct knat_static *fixed);

/* Drop those whose lifetime is over, and publish what could not be published
 * before; called every second.
 */
void knat_static_expire(struct knat_net *kn);

#endif /* _KNAT_STATIC_H */
