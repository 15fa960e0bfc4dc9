// SPDX-License-Identifier: GPL-2.0
/* knat: checks of addresses in requests. */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include "netlink.h"

bool knat_nl_unicast(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	__be32 addr = nla_get_be32(attr);

	if (be32_to_cpu(addr) >> 24 && !ipv4_is_loopback(addr) &&
	    be32_to_cpu(addr) < 0xe0000000)
		return true;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "the address must be a unicast address, not of 0.0.0.0/8, 127.0.0.0/8 or above 223.255.255.255");
	return false;
}

bool knat_nl_prefix(const struct nlattr *attr, u8 len,
		    struct netlink_ext_ack *extack)
{
	if (!(nla_get_be32(attr) & ~inet_make_mask(len)))
		return true;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "the address has bits set beyond the prefix length");
	return false;
}

bool knat_nl_not_zero(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (!attr || nla_get_be32(attr))
		return true;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "0.0.0.0 is not an address that an entry can have");
	return false;
}
