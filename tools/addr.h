/* SPDX-License-Identifier: GPL-2.0 */
/*
 * natctl: addresses, ports, protocols and numbers, from words and as text.
 *
 * What reads a word ends with an error that names it, if it is wrong. What
 * makes a text returns one of a few static buffers.
 */
#ifndef NATCTL_ADDR_H
#define NATCTL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct end - ADDR[:PORT[-PORT]] or ADDR[/LEN]
 * @addr: network order
 * @port: first port, 0: none
 * @last: last port
 * @len: prefix length, -1: none
 */
struct end {
	uint32_t	addr;
	uint16_t	port;
	uint16_t	last;
	int		len;
};

/* @what is the name of the number in errors. */
uint32_t number_read(const char *word, const char *what, uint32_t min,
		     uint32_t max);
/* The same, without an error: false if it is no decimal number of 32 bits. */
bool number_find(const char *word, uint32_t *value);

/* Exactly these @len characters as an address, likewise. */
bool addr_find(const char *text, size_t len, uint32_t *addr);

/* A or A/LEN, without bits beyond the length; addresses in network order. */
void prefix_read(const char *word, uint32_t *addr, uint8_t *len);
/* A, A-B or A/LEN. */
void range_read(const char *word, uint32_t *first, uint32_t *last);
/* PORT or PORT-PORT */
void ports_read(const char *word, uint16_t *first, uint16_t *last);
void end_read(const char *word, struct end *end);

uint8_t proto_read(const char *word);
/* 0 if it is not a protocol. */
uint8_t proto_find(const char *word);

/* Can it be the name of a network device? */
bool device_is(const char *word);
/* The name of a network device, of a pool. */
void device_check(const char *word);
void pool_name_check(const char *word);

const char *addr_text(uint32_t addr);
const char *prefix_text(uint32_t addr, uint8_t len);
/* As short as it can be said. */
const char *range_text(uint32_t first, uint32_t last);
const char *ports_text(uint16_t first, uint16_t last);
/* Do ends of it have ports, or an id (ICMP)? */
bool proto_has_ports(uint8_t proto);
const char *proto_text(uint8_t proto);

#endif /* NATCTL_ADDR_H */
