/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: controls the NAT engine knat. */
#ifndef NATCTL_NATCTL_H
#define NATCTL_NATCTL_H

/* All of it but main(), which the tests have one of their own of. */
int natctl(int argc, char **argv);

#endif /* NATCTL_NATCTL_H */
