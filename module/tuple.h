/* SPDX-License-Identifier: GPL-2.0 */
/* knat: endpoints as keys. Plain values, no locks. */
#ifndef _KNAT_TUPLE_H
#define _KNAT_TUPLE_H

#include <linux/types.h>
#include <linux/in.h>

/**
 * union knat_ep - (protocol, address, port), one end of a mapping
 * @addr: IPv4 address
 * @port: port, or query id of ICMP
 * @proto: IP protocol
 * @flags: not part of the key; masked off where ends are compared
 * @word: all of it as one word, in memory order
 */
union knat_ep {
	struct {
		__be32	addr;
		__be16	port;
		u8	proto;
		u8	flags;
	};
	u64	word;
};

/* Every byte of a union knat_ep but @flags, in memory order. */
#define KNAT_EP_MASK	((__force u64)cpu_to_be64(0xffffffffffffff00ULL))

/* Every byte of a union knat_far but @realm. */
#define KNAT_FAR_MASK	((__force u64)cpu_to_be64(0xffffffffffff0000ULL))

/**
 * union knat_far - what else tells mappings of one inside end apart
 * @addr: remote address (ADM, APDM), or 0
 * @port: remote port (APDM), or 0
 * @realm: outside device or rule through which the packet leaves, see rule.h
 * @word: all of it as one word
 */
union knat_far {
	struct {
		__be32	addr;
		__be16	port;
		u16	realm;
	};
	u64	word;
};

static inline union knat_ep knat_ep(u8 proto, __be32 addr, __be16 port)
{
	union knat_ep ep = { .addr = addr, .port = port, .proto = proto };

	return ep;
}

static inline union knat_far knat_far(__be32 addr, __be16 port, u16 realm)
{
	union knat_far far = { .addr = addr, .port = port, .realm = realm };

	return far;
}

#endif /* _KNAT_TUPLE_H */
