/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: is the transport checksum of a packet right?
 *
 * A router leaves that to the receiver (RFC 1812 section 5.3.2), and so do packets
 * of flows. What would open a flow or change the state of one is looked at, so
 * that the receiver and the tables agree about it.
 */
#ifndef _KNAT_CHECKSUM_H
#define _KNAT_CHECKSUM_H

#include "packet.h"

/* False as well where there is none, or where a device has verified or will make
 * it. @p is as it came: nothing of it was rewritten. Reads all of the packet.
 */
bool knat_checksum_wrong(const struct knat_packet *p);

#endif /* _KNAT_CHECKSUM_H */
