/* SPDX-License-Identifier: GPL-2.0 */
/* knat: what the gateway itself uses of an address that it shares. */
#ifndef _KNAT_LOCAL_H
#define _KNAT_LOCAL_H

#include <net/net_namespace.h>
#include <linux/types.h>

/**
 * knat_local_port_busy() - does a socket of the gateway have a port?
 * @net: the namespace
 * @proto: IP protocol
 * @port: host order
 *
 * Listening, bound, connected and TIME_WAIT alike, on whatever address; IPv6
 * is not told apart, as most of its sockets take IPv4 too.
 * Softirq or process context; takes the lock of a socket hash bucket.
 *
 * Return: true if one has; of protocols beside TCP and UDP it is not known.
 */
bool knat_local_port_busy(struct net *net, u8 proto, u16 port);

/* Is @addr one of the gateway's own addresses? Under rcu_read_lock(). */
bool knat_local_addr(struct net *net, __be32 addr);

/* The same, remembered in *@memory, which is 0 at first, until routes or addresses
 * of the namespace change.
 */
bool knat_local_addr_again(struct net *net, __be32 addr, u32 *memory);

#endif /* _KNAT_LOCAL_H */
