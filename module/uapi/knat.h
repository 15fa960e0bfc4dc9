/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * knat: generic netlink interface of the NAT engine.
 *
 * The attributes are described in knat.yaml beside this file; a selftest
 * holds the two and the running kernel's policy together.
 */
#ifndef _UAPI_LINUX_KNAT_H
#define _UAPI_LINUX_KNAT_H

#define KNAT_FAMILY_NAME	"knat"
#define KNAT_FAMILY_VERSION	1

/* Longest pool name and label, without the closing zero. */
#define KNAT_NAME_MAX		31
#define KNAT_LABEL_MAX		63
/* Addresses that one pool may hold. */
#define KNAT_POOL_ADDRS_MAX	65536
/* Ranges that they may be in: a pool is listed in one message. */
#define KNAT_POOL_RANGES_MAX	1000
/* Sessions that a subscriber may hold for each mapping that its limit allows,
 * where its pool does not say: enough for one socket with thousands of remote
 * ends under a filter, while no host can have those of the whole namespace
 * (RFC 6888 REQ-5). The product saturates.
 */
#define KNAT_SESSIONS_PER_MAPPING	16

enum knat_cmd {
	KNAT_CMD_UNSPEC,
	KNAT_CMD_POOL_GET,
	KNAT_CMD_POOL_ADD,
	KNAT_CMD_POOL_SET,
	KNAT_CMD_POOL_DEL,
	KNAT_CMD_RULE_GET,
	KNAT_CMD_RULE_ADD,
	KNAT_CMD_RULE_DEL,
	KNAT_CMD_MAP_GET,
	KNAT_CMD_MAP_ADD,
	KNAT_CMD_MAP_DEL,
	KNAT_CMD_MAP_FLUSH,
	KNAT_CMD_SESSION_GET,
	KNAT_CMD_SESSION_DEL,
	KNAT_CMD_SESSION_COUNT,
	KNAT_CMD_STATS_GET,
	KNAT_CMD_STATS_RESET,
	KNAT_CMD_CONFIG_GET,
	KNAT_CMD_CONFIG_SET,
	KNAT_CMD_FLUSH,
	KNAT_CMD_APPLY,
	KNAT_CMD_LOOKUP,
	KNAT_CMD_HOST_GET,
	/* Events: messages to the groups below, never requests. */
	KNAT_CMD_MAP_NEW_NTF,
	KNAT_CMD_MAP_GONE_NTF,
	KNAT_CMD_SESSION_NEW_NTF,
	KNAT_CMD_SESSION_GONE_NTF,
	KNAT_CMD_LIMIT_NTF,
	KNAT_CMD_LOST_NTF,
	KNAT_CMD_FASTPATH_GET,
	KNAT_CMD_FASTPATH_ADD,
	KNAT_CMD_FASTPATH_DEL,
	KNAT_CMD_MAP_SET,

	__KNAT_CMD_MAX
};

#define KNAT_CMD_MAX (__KNAT_CMD_MAX - 1)

/* RFC 4787 section 4.1 */
enum knat_mapping_mode {
	KNAT_MAPPING_EIM,
	KNAT_MAPPING_ADM,
	KNAT_MAPPING_APDM,
};

/* RFC 4787 section 5 */
enum knat_filtering_mode {
	KNAT_FILTERING_EIF,
	KNAT_FILTERING_ADF,
	KNAT_FILTERING_APDF,
};

enum knat_alloc_mode {
	KNAT_ALLOC_RANDOM,
	KNAT_ALLOC_PRESERVE,
	KNAT_ALLOC_SEQUENTIAL,
};

/* RFC 4787 section 4.2.2 and, for pairs, 4.2.3 */
enum knat_parity {
	KNAT_PARITY_OFF,
	KNAT_PARITY_KEEP,		/* even ports stay even, odd ones odd */
	KNAT_PARITY_PAIRS,		/* and n and n + 1 stay neighbours */
};

/* RFC 4787 REQ-2 */
enum knat_pairing {
	KNAT_PAIRING_PAIRED,
	KNAT_PAIRING_ARBITRARY,
};

/* Values of KNAT_A_POOL_MSS_CLAMP below this are not sizes. */
#define KNAT_MSS_CLAMP_OFF	0
#define KNAT_MSS_CLAMP_PMTU	1
#define KNAT_MSS_CLAMP_MIN	88
#define KNAT_MSS_CLAMP_MAX	65495

enum knat_a_range {
	KNAT_A_RANGE_UNSPEC,
	KNAT_A_RANGE_FIRST,		/* be32, IPv4 address */
	KNAT_A_RANGE_LAST,		/* be32, IPv4 address */

	__KNAT_A_RANGE_MAX
};

#define KNAT_A_RANGE_MAX (__KNAT_A_RANGE_MAX - 1)

enum knat_a_pool {
	KNAT_A_POOL_UNSPEC,
	KNAT_A_POOL_PAD,
	KNAT_A_POOL_NAME,		/* string */
	KNAT_A_POOL_RANGE,		/* nest of knat_a_range, repeated */
	KNAT_A_POOL_PORT_FIRST,		/* u16, 1-65535 */
	KNAT_A_POOL_PORT_LAST,		/* u16, 1-65535 */
	KNAT_A_POOL_MAPPING,		/* u8, enum knat_mapping_mode */
	KNAT_A_POOL_FILTERING,		/* u8, enum knat_filtering_mode */
	KNAT_A_POOL_ALLOC,		/* u8, enum knat_alloc_mode */
	KNAT_A_POOL_PAIRING,		/* u8, enum knat_pairing */
	KNAT_A_POOL_LIMIT,		/* u32, mappings a subscriber, 0: none */
	KNAT_A_POOL_HAIRPIN,		/* u8, 0 or 1 */
	KNAT_A_POOL_MSS_CLAMP,		/* u16, 0 off, 1 path MTU, or bytes */
	KNAT_A_POOL_ADDRESSES,		/* u32, read only */
	KNAT_A_POOL_MAPPINGS,		/* u32, read only: dynamic mappings */
	KNAT_A_POOL_SUBSCRIBERS,	/* u32, read only */
	KNAT_A_POOL_PARITY,		/* u8, enum knat_parity */
	KNAT_A_POOL_SESSIONS,		/* u32, a subscriber, 0: 16 * limit */
	KNAT_A_POOL_RATE,		/* u32, new mappings/s, 0: any */
	KNAT_A_POOL_SESSION_RATE,	/* u32, new sessions/s, 0: any */

	__KNAT_A_POOL_MAX
};

#define KNAT_A_POOL_MAX (__KNAT_A_POOL_MAX - 1)

enum knat_rule_action {
	KNAT_ACTION_MASQUERADE,
	KNAT_ACTION_POOL,
	KNAT_ACTION_EXEMPT,
};

/* Of rules with the same selectors, the one with the lowest number wins. */
#define KNAT_RULE_PRIO_DEFAULT	100

enum knat_a_rule {
	KNAT_A_RULE_UNSPEC,
	KNAT_A_RULE_PRIO,		/* u32 */
	KNAT_A_RULE_OIF,		/* string, name of the outside device */
	KNAT_A_RULE_SRC,		/* be32 */
	KNAT_A_RULE_SRC_LEN,		/* u8, 0-32 */
	KNAT_A_RULE_DST,		/* be32 */
	KNAT_A_RULE_DST_LEN,		/* u8, 0-32 */
	KNAT_A_RULE_PROTO,		/* u8, IP protocol */
	KNAT_A_RULE_ACTION,		/* u8, enum knat_rule_action */
	KNAT_A_RULE_POOL,		/* string, for KNAT_ACTION_POOL */
	KNAT_A_RULE_OPTIONS,		/* nest of knat_a_pool, for masquerade */
	KNAT_A_RULE_ADDR,		/* be32, read only: masquerade address */
	KNAT_A_RULE_DPORT_FIRST,	/* u16, 1-65535; needs PROTO with ports */
	KNAT_A_RULE_DPORT_LAST,		/* u16, 1-65535; absent: the first */

	__KNAT_A_RULE_MAX
};

#define KNAT_A_RULE_MAX (__KNAT_A_RULE_MAX - 1)

enum knat_map_kind {
	KNAT_MAP_DYNAMIC,
	KNAT_MAP_STATIC,
	KNAT_MAP_ALL,			/* in requests only */
};

enum knat_a_map {
	KNAT_A_MAP_UNSPEC,
	KNAT_A_MAP_KIND,		/* u8, enum knat_map_kind */
	KNAT_A_MAP_PROTO,		/* u8, IP protocol; absent: whole address */
	KNAT_A_MAP_OUT_ADDR,		/* be32 */
	KNAT_A_MAP_OUT_PORT,		/* u16 */
	KNAT_A_MAP_OUT_PORT_LAST,	/* u16 */
	KNAT_A_MAP_OUT_LEN,		/* u8, prefix length of both ends */
	KNAT_A_MAP_OUT_DEV,		/* string, instead of KNAT_A_MAP_OUT_ADDR */
	KNAT_A_MAP_IN_ADDR,		/* be32 */
	KNAT_A_MAP_IN_PORT,		/* u16 */
	KNAT_A_MAP_IN_PORT_LAST,	/* u16 */
	KNAT_A_MAP_LIFETIME,		/* u32, seconds (static) */
	KNAT_A_MAP_LABEL,		/* string (static) */
	KNAT_A_MAP_POOL,		/* string (dynamic; filter) */
	KNAT_A_MAP_REMOTE_ADDR,		/* be32, read only: ADM and APDM */
	KNAT_A_MAP_REMOTE_PORT,		/* u16, read only: APDM */
	KNAT_A_MAP_IDLE,		/* u32, read only: seconds */
	KNAT_A_MAP_EXPIRES,		/* u32, read only: seconds */
	KNAT_A_MAP_SESSIONS,		/* u32, read only */
	KNAT_A_MAP_COUNT,		/* u32, answer to a flush: how many went */

	__KNAT_A_MAP_MAX
};

#define KNAT_A_MAP_MAX (__KNAT_A_MAP_MAX - 1)

/* RFC 7857 section 2, of TCP, DCCP and SCTP; else none. */
enum knat_session_state {
	KNAT_SESSION_NONE,
	KNAT_SESSION_INIT,		/* a SYN from one side */
	KNAT_SESSION_ESTABLISHED,
	KNAT_SESSION_IN_FIN,		/* the inside has closed */
	KNAT_SESSION_OUT_FIN,		/* the outside has closed */
	KNAT_SESSION_CLOSING,		/* both have */
	KNAT_SESSION_TRANS,		/* a RST was seen */
};

enum knat_a_session {
	KNAT_A_SESSION_UNSPEC,
	KNAT_A_SESSION_PROTO,		/* u8 */
	KNAT_A_SESSION_IN_ADDR,		/* be32 */
	KNAT_A_SESSION_IN_PORT,		/* u16 */
	KNAT_A_SESSION_OUT_ADDR,	/* be32 */
	KNAT_A_SESSION_OUT_PORT,	/* u16 */
	KNAT_A_SESSION_REMOTE_ADDR,	/* be32 */
	KNAT_A_SESSION_REMOTE_PORT,	/* u16 */
	KNAT_A_SESSION_STATE,		/* u8, enum knat_session_state */
	KNAT_A_SESSION_IDLE,		/* u32, seconds */
	KNAT_A_SESSION_EXPIRES,		/* u32, seconds */
	KNAT_A_SESSION_COUNT,		/* u32, answer to count and del */

	__KNAT_A_SESSION_MAX
};

#define KNAT_A_SESSION_MAX (__KNAT_A_SESSION_MAX - 1)

/* A change of the configuration, as its own command takes it. */
enum knat_a_change {
	KNAT_A_CHANGE_UNSPEC,
	KNAT_A_CHANGE_CMD,		/* u8, enum knat_cmd */
	KNAT_A_CHANGE_POOL,		/* nest of knat_a_pool */
	KNAT_A_CHANGE_RULE,		/* nest of knat_a_rule */
	KNAT_A_CHANGE_MAP,		/* nest of knat_a_map */
	KNAT_A_CHANGE_CONFIG,		/* nest of knat_a_config */
	KNAT_A_CHANGE_FASTPATH,		/* nest of knat_a_fastpath */

	__KNAT_A_CHANGE_MAX
};

#define KNAT_A_CHANGE_MAX (__KNAT_A_CHANGE_MAX - 1)

/*
 * Changes are done in their order, all or none: removals first. What is
 * refused is known by the attribute that the refusal points at, which is the
 * change or within it. A rule that is removed and added again keeps its
 * mappings. Devices that are named need not be there: what is said of them
 * holds when they come.
 */
enum knat_a_apply {
	KNAT_A_APPLY_UNSPEC,
	KNAT_A_APPLY_CHANGE,		/* nest of knat_a_change, repeated */
	KNAT_A_APPLY_CHECK,		/* flag: do nothing, would it be done? */

	__KNAT_A_APPLY_MAX
};

#define KNAT_A_APPLY_MAX (__KNAT_A_APPLY_MAX - 1)

/* What becomes of a packet. */
enum knat_verdict {
	KNAT_VERDICT_PASS,		/* it goes on as it is */
	KNAT_VERDICT_TRANSLATE,
	KNAT_VERDICT_DROP,
};

/* A packet that nobody sends, and what would become of it. */
enum knat_a_lookup {
	KNAT_A_LOOKUP_UNSPEC,
	KNAT_A_LOOKUP_PROTO,		/* u8 */
	KNAT_A_LOOKUP_SRC,		/* be32; answer: after translation */
	KNAT_A_LOOKUP_SRC_PORT,		/* u16, of ICMP the id */
	KNAT_A_LOOKUP_DST,		/* be32; answer: after translation */
	KNAT_A_LOOKUP_DST_PORT,		/* u16 */
	KNAT_A_LOOKUP_IIF,		/* string, the device it comes in by */
	KNAT_A_LOOKUP_OIF,		/* string, the device it leaves by */
	KNAT_A_LOOKUP_VERDICT,		/* u8, read only: enum knat_verdict */
	KNAT_A_LOOKUP_COUNTER,		/* u8, read only: enum knat_counter + 1 */
	KNAT_A_LOOKUP_RULE,		/* nest of knat_a_rule, read only */
	KNAT_A_LOOKUP_MAP,		/* nest of knat_a_map, read only */
	KNAT_A_LOOKUP_SESSION,		/* nest of knat_a_session, read only */
	KNAT_A_LOOKUP_PREFIX,		/* flag, read only: one to one */
	KNAT_A_LOOKUP_NEW_MAP,		/* flag, read only: it opens a mapping */
	KNAT_A_LOOKUP_NEW_SESSION,	/* flag, read only: it opens a session */
	KNAT_A_LOOKUP_ANY_ADDR,		/* flag, read only: of any pool address */
	KNAT_A_LOOKUP_ANY_PORT,		/* flag, read only: of any free port */
	KNAT_A_LOOKUP_HELD,		/* flag, read only: answered later */

	__KNAT_A_LOOKUP_MAX
};

#define KNAT_A_LOOKUP_MAX (__KNAT_A_LOOKUP_MAX - 1)

/* A subscriber: an inside address with mappings in a pool. */
enum knat_a_host {
	KNAT_A_HOST_UNSPEC,
	KNAT_A_HOST_IN_ADDR,		/* be32 */
	KNAT_A_HOST_OUT_ADDR,		/* be32, read only: paired with it */
	KNAT_A_HOST_POOL,		/* string, read only */
	KNAT_A_HOST_MAPPINGS,		/* u32, read only */
	KNAT_A_HOST_LIMIT,		/* u32, read only: of mappings */
	KNAT_A_HOST_REFUSED,		/* u32, read only: mappings it was refused */

	__KNAT_A_HOST_MAX
};

#define KNAT_A_HOST_MAX (__KNAT_A_HOST_MAX - 1)

enum knat_a_stats {
	KNAT_A_STATS_UNSPEC,
	KNAT_A_STATS_PAD,
	KNAT_A_STATS_MAPPINGS,		/* u32, mappings now */
	KNAT_A_STATS_SESSIONS,		/* u32, sessions now */
	KNAT_A_STATS_SUBSCRIBERS,	/* u32, subscribers now */
	KNAT_A_STATS_COUNTERS,		/* nest of u64, enum knat_counter + 1 */

	__KNAT_A_STATS_MAX
};

#define KNAT_A_STATS_MAX (__KNAT_A_STATS_MAX - 1)

/* Multicast groups: X(NAME, name). */
#define KNAT_GROUPS(X)							\
	X(MAPPINGS, mappings)						\
	X(SESSIONS, sessions)						\
	X(LIMITS, limits)

#define __KNAT_GROUP_ENUM(NAME, name) KNAT_GROUP_##NAME,

enum knat_group {
	KNAT_GROUPS(__KNAT_GROUP_ENUM)

	__KNAT_GROUP_MAX
};

/* Why a mapping or a session is gone. */
enum knat_reason {
	KNAT_REASON_EXPIRED,		/* its time or its last session is over */
	KNAT_REASON_REMOVED,		/* by request, or with its address */
};

/* Why a new flow was refused. */
enum knat_limit {
	KNAT_LIMIT_MAPPINGS,		/* max_mappings */
	KNAT_LIMIT_SESSIONS,		/* max_sessions */
	KNAT_LIMIT_SUBSCRIBER,		/* the pool's limit for a subscriber */
	KNAT_LIMIT_PORTS,		/* no port is free */
};

enum knat_a_event {
	KNAT_A_EVENT_UNSPEC,
	KNAT_A_EVENT_PAD,
	KNAT_A_EVENT_TIME,		/* u64, nanoseconds since 1970 UTC */
	KNAT_A_EVENT_MAP,		/* nest of knat_a_map */
	KNAT_A_EVENT_SESSION,		/* nest of knat_a_session */
	KNAT_A_EVENT_REASON,		/* u8, enum knat_reason */
	KNAT_A_EVENT_LIMIT,		/* u8, enum knat_limit */
	KNAT_A_EVENT_PROTO,		/* u8, of the flow that was refused */
	KNAT_A_EVENT_IN_ADDR,		/* be32, of the flow that was refused */
	KNAT_A_EVENT_GROUP,		/* u8, enum knat_group */
	KNAT_A_EVENT_LOST,		/* u32, events that were not told */

	__KNAT_A_EVENT_MAX
};

#define KNAT_A_EVENT_MAX (__KNAT_A_EVENT_MAX - 1)

enum knat_a_fastpath {
	KNAT_A_FASTPATH_UNSPEC,
	KNAT_A_FASTPATH_DEV,		/* string, repeated in requests */
	KNAT_A_FASTPATH_IFINDEX,	/* u32, read only: absent: no such device */

	__KNAT_A_FASTPATH_MAX
};

#define KNAT_A_FASTPATH_MAX (__KNAT_A_FASTPATH_MAX - 1)

/*
 * Counters: X(NAME, name, meaning). The names, the netlink attributes, the
 * tool's table and the documentation come from this list alone.
 */
#define KNAT_COUNTERS(X)						\
	X(OUT_TRANSLATED, out_translated,				\
	  "packets to the outside with their source translated")	\
	X(IN_TRANSLATED, in_translated,					\
	  "packets from the outside with their destination translated")	\
	X(FAST_OUT, fast_out,						\
	  "of the packets to the outside, those that took the fast path") \
	X(FAST_IN, fast_in,						\
	  "of the packets from the outside, those that took the fast path") \
	X(FAST_MISS, fast_miss,						\
	  "packets of fast flows that took the usual path: no route or neighbour, or too large") \
	X(HAIRPIN, hairpin,						\
	  "packets from one inside host to another through the outside address") \
	X(ICMP_ERROR_OUT, icmp_error_out,				\
	  "ICMP errors translated to the outside")			\
	X(ICMP_ERROR_IN, icmp_error_in,					\
	  "ICMP errors translated from the outside")			\
	X(PASS_EXEMPT, pass_exempt,					\
	  "packets that an exempt rule leaves alone")			\
	X(PASS_NO_RULE, pass_no_rule,					\
	  "packets leaving an outside device that no rule matches")	\
	X(PASS_LOCAL, pass_local,					\
	  "packets of the gateway itself on a shared address")		\
	X(MAP_CREATED, map_created, "mappings created by traffic")	\
	X(MAP_EXPIRED, map_expired,					\
	  "mappings of traffic that timed out or had no session left")	\
	X(MAP_REMOVED, map_removed,					\
	  "mappings of traffic removed by flush, deletion or loss of the address")\
	X(SESSION_CREATED, session_created, "sessions created")		\
	X(SESSION_EXPIRED, session_expired,				\
	  "sessions that timed out or made way for a newer one")	\
	X(SESSION_REMOVED, session_removed,				\
	  "sessions removed with their mapping or by request")		\
	X(REFUSE_PORTS, refuse_ports,					\
	  "new flows refused: no port is free on the outside address")	\
	X(REFUSE_MAPPINGS, refuse_mappings,				\
	  "new flows refused: max_mappings is reached")			\
	X(REFUSE_SESSIONS, refuse_sessions,				\
	  "new flows refused: max_sessions is reached")			\
	X(REFUSE_SUBSCRIBER, refuse_subscriber,				\
	  "new flows refused: the pool's limit for one subscriber is reached") \
	X(REFUSE_RATE, refuse_rate,					\
	  "new flows refused: one subscriber opens more in a second than the pool's rate") \
	X(REFUSE_REMOTE, refuse_remote,					\
	  "new flows refused: another inside host has this protocol with the remote address") \
	X(REFUSE_ESP, refuse_esp,					\
	  "new ESP flows refused: another inside host waits for an answer of the remote address") \
	X(REFUSE_NO_ADDRESS, refuse_no_address,				\
	  "new flows refused: the outside device has no address")	\
	X(REFUSE_MEMORY, refuse_memory,					\
	  "new flows refused: no memory")				\
	X(REFUSE_RACE, refuse_race,					\
	  "new flows refused: the old mapping was being removed")	\
	X(DROP_FILTERED, drop_filtered,					\
	  "packets from the outside that the filtering mode forbids")	\
	X(DROP_NO_MAPPING, drop_no_mapping,				\
	  "packets for a pool address that match no mapping")		\
	X(DROP_UNSOLICITED_SYN, drop_unsolicited_syn,			\
	  "TCP and DCCP connection requests for a shared address that nothing listens to") \
	X(SYN_ANSWERED, syn_answered,					\
	  "unsolicited TCP connection requests answered with port unreachable") \
	X(DROP_NO_SESSION, drop_no_session,				\
	  "packets of TCP, DCCP, SCTP or a PPTP call that belong to no session and open none") \
	X(DROP_MALFORMED, drop_malformed,				\
	  "packets with a truncated or impossible header")		\
	X(DROP_CHECKSUM, drop_checksum,					\
	  "new flows refused: a wrong transport checksum")		\
	X(DROP_FRAGMENT, drop_fragment,					\
	  "fragments that too many others are in the way of")		\
	X(DROP_PORT_ZERO, drop_port_zero,				\
	  "new flows refused: a port or query id of 0")			\
	X(DROP_SOURCE_ROUTE, drop_source_route,				\
	  "packets with a source route")				\
	X(DROP_MARTIAN_SOURCE, drop_martian_source,			\
	  "packets from an address that no host beyond a router has")	\
	X(DROP_MARTIAN_DESTINATION, drop_martian_destination,		\
	  "new flows refused: to an address that no host beyond a router has") \
	X(DROP_LAND, drop_land,						\
	  "packets that claim to come from whom they go to")		\
	X(DROP_UNSUPPORTED, drop_unsupported,				\
	  "packets of an ICMP type that cannot be translated")		\
	X(DROP_AH, drop_ah,						\
	  "AH packets, which no shared address can stand for (RFC 3715)") \
	X(DROP_ICMP_ERROR, drop_icmp_error,				\
	  "ICMP errors about no known mapping or with a bad checksum")	\
	X(DROP_HAIRPIN, drop_hairpin,					\
	  "hairpin packets dropped: turned off for the pool, or a loop")	\
	X(DROP_MEMORY, drop_memory,					\
	  "packets dropped: a header could not be made writable")

#define __KNAT_COUNTER_ENUM(NAME, name, meaning) KNAT_COUNTER_##NAME,

enum knat_counter {
	KNAT_COUNTERS(__KNAT_COUNTER_ENUM)

	__KNAT_COUNTER_MAX
};

/*
 * Settings: X(NAME, name, unit, min, max, default, meaning). A default of 0
 * for a limit means that it follows the size of the memory.
 */
#define KNAT_SETTINGS(X)						\
	X(UDP_TIMEOUT, udp_timeout, "s", 1, 604800, 300,		\
	  "UDP mapping without traffic (RFC 4787 REQ-5)")		\
	X(UDP_INBOUND_REFRESH, udp_inbound_refresh, "", 0, 1, 1,	\
	  "packets from the outside keep UDP mappings alive (RFC 4787 REQ-6)") \
	X(ICMP_TIMEOUT, icmp_timeout, "s", 1, 604800, 60,		\
	  "ICMP query mapping without traffic (RFC 5508 REQ-2)")	\
	X(TCP_ESTABLISHED_TIMEOUT, tcp_established_timeout, "s", 1, 604800, 7440, \
	  "idle TCP connection (RFC 5382 REQ-5)")			\
	X(TCP_OPENING_TIMEOUT, tcp_opening_timeout, "s", 1, 604800, 240, \
	  "TCP connection that is not answered (RFC 7857 section 2.1)")	\
	X(TCP_CLOSING_TIMEOUT, tcp_closing_timeout, "s", 1, 604800, 240, \
	  "TCP connection closed by both sides (RFC 7857 section 2.1)")	\
	X(TCP_RESET_TIMEOUT, tcp_reset_timeout, "s", 1, 604800, 240,	\
	  "TCP connection after a RST (RFC 7857 section 2.2)")		\
	X(DCCP_ESTABLISHED_TIMEOUT, dccp_established_timeout, "s", 1, 604800, 7440, \
	  "idle DCCP connection (RFC 5597 REQ-5)")			\
	X(DCCP_TRANSITORY_TIMEOUT, dccp_transitory_timeout, "s", 1, 604800, 240, \
	  "DCCP connection that opens or closes (RFC 5597 REQ-5)")	\
	X(SCTP_ESTABLISHED_TIMEOUT, sctp_established_timeout, "s", 1, 604800, 7440, \
	  "idle SCTP association")					\
	X(SCTP_TRANSITORY_TIMEOUT, sctp_transitory_timeout, "s", 1, 604800, 240, \
	  "SCTP association that opens or closes")			\
	X(ESP_ANSWER_TIMEOUT, esp_answer_timeout, "s", 1, 604800, 10,	\
	  "ESP: while one inside host waits for a remote address, others do not") \
	X(OTHER_TIMEOUT, other_timeout, "s", 1, 604800, 600,		\
	  "session of a protocol without ports")			\
	X(PPTP, pptp, "", 0, 1, 0,					\
	  "translate the call ids of PPTP, for any number of hosts (RFC 2637); 0: GRE by address") \
	X(TCP_SYN_HOLD, tcp_syn_hold, "s", 6, 600, 6,			\
	  "unsolicited connection request before it is answered (RFC 5382 REQ-4)") \
	X(TCP_SYN_ANSWER, tcp_syn_answer, "", 0, 1, 1,			\
	  "answer it then with port unreachable; 0: never (RFC 5382 REQ-4)") \
	X(REFUSAL_ICMP, refusal_icmp, "", 0, 2, 1,			\
	  "tell the sender of a refused flow: 0 nothing, 1 host unreachable (RFC 6888 REQ-11), " \
	  "2 administratively prohibited (RFC 5508 REQ-8)") \
	X(PORT_REST, port_rest, "s", 0, 604800, 120,			\
	  "rest of a freed port (RFC 6888 REQ-8)")			\
	X(MAX_RESTING, max_resting, "", 1, 1000000000, 0,		\
	  "ports that rest; more are free at once (RFC 6888 REQ-8)")	\
	X(MAX_MAPPINGS, max_mappings, "", 1, 1000000000, 0,		\
	  "mappings of the namespace")					\
	X(MAX_SESSIONS, max_sessions, "", 1, 1000000000, 0,		\
	  "sessions of the namespace")

#define __KNAT_SETTING_ENUM(NAME, name, unit, min, max, def, meaning) \
	KNAT_A_CONFIG_##NAME,

/* Each setting is a u32 attribute. */
enum knat_a_config {
	KNAT_A_CONFIG_UNSPEC,
	KNAT_SETTINGS(__KNAT_SETTING_ENUM)
	KNAT_A_CONFIG_LIMIT_DEFAULT,	/* u32, read only: by memory */

	__KNAT_A_CONFIG_MAX
};

#define KNAT_A_CONFIG_MAX (__KNAT_A_CONFIG_MAX - 1)

#endif /* _UAPI_LINUX_KNAT_H */
