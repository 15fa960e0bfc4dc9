/* SPDX-License-Identifier: GPL-2.0 */
/*
 * probe: plays every host of a test topology from one process.
 *
 * It reads one command a line from standard input and answers each with a
 * line that begins with "ok" or "no"; lines that begin with "#" before it are
 * for people. Sockets and captures are opened in the named network namespace
 * that the command gives and are known by name afterwards.
 */
#ifndef PROBE_H
#define PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX	65535
#define WORDS_MAX	128

/* main.c: the conversation */

/* Each answers the command and returns; only one answer a command. */
void ok(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void no(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void done(void);
/* Answers "no" with the meaning of errno. */
void no_errno(const char *what);
/* Says why a command line is wrong, or how it should be. */
void bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void usage(void);

/* How long to wait for what must happen, in milliseconds. */
extern int patience;
int64_t now_ms(void);
/* Waits until fd is ready for events; false at the deadline. */
bool wait_fd(int fd, short events, int64_t deadline);

/* words.c */
bool parse_addr(const char *word, in_addr_t *addr);
bool parse_end(const char *word, struct sockaddr_in *end);
bool parse_number(const char *word, unsigned long max, unsigned long *value);
const char *print_addr(in_addr_t addr);
const char *print_end(const struct sockaddr_in *end);

/* Payloads: a word, or @N for N bytes of a known pattern. */
size_t payload_make(const char *word, uint8_t *data, size_t max);
const char *payload_print(const uint8_t *data, size_t len);

/* space.c: network namespaces */

/* A socket opened in the named namespace, or -1 with errno. */
int socket_in(const char *space, int domain, int type, int proto);
/* This process is in the named namespace, or false with errno, until it leaves;
 * errno stays.
 */
bool space_enter(const char *space);
void space_leave(void);
/* The number of a device there, or 0 with errno. */
int device_in(const char *space, const char *device);
/* Returns when all packets that this process has sent have been handled. */
void settle(void);
/* For packets that pass so many links and no more. */
void settle_hops(int hops);
void settle_init(void);

/* socket.c: UDP and TCP sockets */
void sockets_reset(void);
void cmd_udp(int argc, char **argv);
void cmd_send(int argc, char **argv);
void cmd_recv(int argc, char **argv);
void cmd_quiet(int argc, char **argv);
void cmd_error(int argc, char **argv);
void cmd_listen(int argc, char **argv);
void cmd_start(int argc, char **argv);
void cmd_finish(int argc, char **argv);
void cmd_connect(int argc, char **argv);
void cmd_accept(int argc, char **argv);
void cmd_local(int argc, char **argv);
void cmd_mtu(int argc, char **argv);
void cmd_stream(int argc, char **argv);
void cmd_eof(int argc, char **argv);
void cmd_shut(int argc, char **argv);
void cmd_close(int argc, char **argv);

/* ppp.c: PPP devices over Ethernet */
void ppps_close(void);
void cmd_ppp(int argc, char **argv);
void cmd_dial(int argc, char **argv);
void cmd_hangup(int argc, char **argv);

/* checksum.c */

/* Adds to an unfolded sum of 16-bit words in network order. */
uint32_t sum_add(uint32_t sum, const void *data, size_t len);
uint16_t sum_fold(uint32_t sum);
uint32_t sum_pseudo(const void *src, const void *dst, uint8_t proto, size_t len);

/* assemble.c */

struct packet_plan {
	uint8_t data[PACKET_MAX];
	size_t len;
};

struct iphdr;

/* Puts header and options before l4_len bytes of transport. */
void packet_assemble(const struct iphdr *header, const uint8_t *options,
		     size_t options_len, const uint8_t *l4, size_t l4_len,
		     struct packet_plan *plan);
/* A new IP identification. */
uint16_t packet_id(void);

/* build.c: packets from words */

/* Words as describe() prints them; says why and returns false if wrong. */
bool packet_build(int argc, char **argv, struct packet_plan *plan);
/* "TYPE/CODE" */
bool parse_type(const char *word, uint8_t *type, uint8_t *code);

/* proto.c: headers beside UDP, TCP and ICMP */

struct proto {
	const char *name;
	uint8_t number;
	bool ports;
	uint8_t header_len;
};

struct iphdr;

/* By its name, or by its number; NULL: none of these. */
const struct proto *proto_named(const char *name);
const struct proto *proto_numbered(uint8_t number);
/* A new header, and words that change it. */
void proto_start(uint8_t number, uint8_t *l4);
bool proto_word(uint8_t number, uint8_t *l4, const char *word);
bool proto_pair(uint8_t number, uint8_t *l4, size_t *header_len,
		const char *word, unsigned long value);
/* Lengths and checksum, when all else is there. */
void proto_finish(const struct iphdr *ip, uint8_t *l4, size_t l4_len,
		  bool badsum, bool nocsum);
/* What a header says, as words; good or not: its checksum. */
const char *proto_describe(const struct iphdr *ip, const uint8_t *l4,
			   size_t l4_len, size_t *header_len);
bool proto_sum_good(const struct iphdr *ip, const uint8_t *l4, size_t l4_len);
/* Where the checksum is, 0: nowhere. */
size_t proto_sum_offset(uint8_t number);
void proto_sum_set(const struct iphdr *ip, uint8_t *l4, size_t l4_len);

/* pptp.c: control messages of PPTP, as a list of words */
bool pptp_make(const char *list, uint8_t *data, size_t max, size_t *len);
const char *pptp_print(const uint8_t *data, size_t len);

/* raw.c: packets through raw sockets */
void cmd_packet(int argc, char **argv);
void cmd_frame(int argc, char **argv);
void cmd_pages(int argc, char **argv);
void cmd_fragment(int argc, char **argv);
void cmd_icmp_error(int argc, char **argv);
void cmd_burst(int argc, char **argv);

/* describe.c: words from packets */

/*
 * One line about an IPv4 packet. With partial, its transport checksum is the
 * pseudo header's, as a device that offloads it expects. A checksum that does
 * not verify adds a word in capitals that begins with BAD.
 */
const char *describe(const uint8_t *data, size_t len, bool partial);
/* Completes a partial transport checksum. */
void checksum_complete(uint8_t *data, size_t len);

/* capture.c */
void captures_pump(void);
void captures_reset(void);
void captures_close(void);
/* The packet that the capture gave last, or NULL. */
const uint8_t *capture_last(const char *name, size_t *len);
void cmd_capture(int argc, char **argv);
void cmd_uncapture(int argc, char **argv);
void cmd_next(int argc, char **argv);
void cmd_none(int argc, char **argv);
void cmd_count(int argc, char **argv);
void cmd_clear(int argc, char **argv);

/* report.c */
void cmd_ports(int argc, char **argv);
void cmd_answer(int argc, char **argv);
void cmd_trace(int argc, char **argv);
void cmd_verdict(int argc, char **argv);
void cmd_allow(int argc, char **argv);

#endif
