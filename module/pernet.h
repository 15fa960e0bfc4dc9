/* SPDX-License-Identifier: GPL-2.0 */
/* knat: registration of the per-namespace state. */
#ifndef _KNAT_PERNET_H
#define _KNAT_PERNET_H

int knat_pernet_init(void);
void knat_pernet_exit(void);

#endif /* _KNAT_PERNET_H */
