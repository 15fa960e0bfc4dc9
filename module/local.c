// SPDX-License-Identifier: GPL-2.0
/* knat: sockets and addresses of the gateway. */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/udp.h>
#include <net/inet_hashtables.h>
#include "compat.h"
#include "local.h"

/* Every TCP socket with a port, TIME_WAIT included, hangs on a bucket of the
 * bind hash, which is there only as long as one does.
 */
static bool tcp_port_busy(struct net *net, u16 port)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct inet_bind_hashbucket *head;
	struct inet_bind_bucket *tb;
	bool busy = false;

	head = &hashinfo->bhash[inet_bhashfn(net, port,
					     hashinfo->bhash_size)];
	spin_lock_bh(&head->lock);
	inet_bind_bucket_for_each(tb, &head->chain) {
		if (tb->port == port && net_eq(ib_net(tb), net)) {
			busy = true;
			break;
		}
	}
	spin_unlock_bh(&head->lock);
	return busy;
}

static bool udp_port_busy(struct net *net, u16 port)
{
	struct udp_hslot *slot = udp_hashslot(knat_udp_table(net), net, port);
	struct sock *sk;
	bool busy = false;

	rcu_read_lock();
	sk_for_each_rcu(sk, &slot->head) {
		if (udp_sk(sk)->udp_port_hash == port &&
		    net_eq(sock_net(sk), net)) {
			busy = true;
			break;
		}
	}
	rcu_read_unlock();
	return busy;
}

bool knat_local_port_busy(struct net *net, u8 proto, u16 port)
{
	switch (proto) {
	case IPPROTO_TCP:
		return tcp_port_busy(net, port);
	case IPPROTO_UDP:
		return udp_port_busy(net, port);
	}
	return false;
}

bool knat_local_addr(struct net *net, __be32 addr)
{
	/* Finds those of devices in a VRF as well, and of devices that are
	 * down, for which nothing is delivered.
	 */
	const struct net_device *dev = __ip_dev_find(net, addr, false);

	return dev && (dev->flags & IFF_UP);
}

#define LOCAL_KNOWN	BIT(1)
#define LOCAL_YES	BIT(0)

bool knat_local_addr_again(struct net *net, __be32 addr, u32 *memory)
{
	/* It changes behind every change of addresses and of devices' state. */
	u32 now = (u32)rt_genid_ipv4(net) << 2 | LOCAL_KNOWN;
	u32 known = READ_ONCE(*memory);

	if (unlikely((known & ~LOCAL_YES) != now)) {
		/* An old answer is not to bear the new number. */
		smp_rmb();
		known = knat_local_addr(net, addr) ? now | LOCAL_YES : now;
		WRITE_ONCE(*memory, known);
	}
	return known & LOCAL_YES;
}
