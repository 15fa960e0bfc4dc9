/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: the netlink socket.
 *
 * The tests have another sock.c, which plays the kernel.
 */
#ifndef NATCTL_SOCK_H
#define NATCTL_SOCK_H

#include <stddef.h>

/* The network namespace, a name or a path, for when the socket is opened. */
void sock_netns(const char *name);
void sock_open(void);
void sock_send(const void *message, size_t len);
/* Waits for messages; how many bytes of @buf they fill. */
size_t sock_receive(void *buf, size_t size);

#endif /* NATCTL_SOCK_H */
