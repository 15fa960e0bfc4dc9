/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: the netlink socket.
 *
 * The tests have another sock.c, which plays the kernel.
 */
#ifndef NATCTL_SOCK_H
#define NATCTL_SOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The network namespace, a name or a path, for when the socket is opened. */
void sock_netns(const char *name);
void sock_open(void);
/* Make room for a message of this length. */
void sock_room(size_t len);
void sock_send(const void *message, size_t len);
/* Waits for messages; how many bytes of @buf they fill. */
size_t sock_receive(void *buf, size_t size);

/* Listen to a multicast group, by its number. */
void sock_join(uint32_t group);

#define SOCK_OVERRUN	(-1)

/* Waits for messages of the groups: how many bytes of @buf they fill;
 * SOCK_OVERRUN if some were lost because they were not fetched in time; 0 when
 * the process is to end, by a signal or because nobody reads its output.
 */
ssize_t sock_hear(void *buf, size_t size);

#endif /* NATCTL_SOCK_H */
