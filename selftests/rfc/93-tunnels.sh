#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IPsec (RFC 3715, 3947, 3948) and GRE (RFC 2890) of inside hosts.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# ESP from a host, which must reach out1
esp_out() { # HOST FROM SPI
	inject "$1" esp "$2" to $out1_silent spi "$3" data "from-$1"
	see out1 "esp 203.0.113.1 to $out1_silent spi $3 * data from-$1"
}

# ESP of out1, which must reach a host
esp_in() { # SPI HOST TO
	inject out1 esp $out1_silent to 203.0.113.1 spi "$1" data back
	see "$2" "esp $out1_silent to $3 spi $1 * data back"
}

# 3715/S2.1f-1
test_a_second_host_with_esp_does_not_take_over() {
	masquerade
	esp_out in1 $in1_silent 0xc0000001
	# It may be held back until the first one has its answer.
	inject in2 esp $in2_silent to $out1_silent spi 0xc0000002 data second
	must settle
	esp_in 0xd0000001 in1 $in1_silent
	see_nothing in2 'esp *'
	inject in2 esp $in2_silent to 203.0.113.21 spi 0xc0000003 data elsewhere
	see out2 'esp 203.0.113.1 to 203.0.113.21 spi 0xc0000003 * data elsewhere'
	esp_out in1 $in1_silent 0xc0000001
	esp_in 0xd0000001 in1 $in1_silent
}

# 3715/S2.1f-2
test_two_hosts_with_esp_have_one_peer() {
	masquerade
	esp_out in1 $in1_silent 0xc0000001
	esp_in 0xd0000001 in1 $in1_silent
	esp_out in2 $in2_silent 0xc0000002
	esp_in 0xd0000002 in2 $in2_silent
	esp_in 0xd0000001 in1 $in1_silent
	esp_out in1 $in1_silent 0xc0000001
	esp_in 0xd0000002 in2 $in2_silent
}

# 3715/S2.1a-1
test_ah_passes_with_mapped_addresses_alone() {
	masquerade
	inject in1 ip $in1_silent to $out1_silent proto 51 data @24
	see_nothing out1 'ip *'
	be_fresh
	one_to_one 198.51.100.2 $in1_silent
	inject in1 ip $in1_silent to $out1_silent proto 51 data @24
	see out1 "ip 198.51.100.2 to $out1_silent proto 51 *"
	inject out1 ip $out1_silent to 198.51.100.2 proto 51 data @24
	see in1 "ip $out1_silent to $in1_silent proto 51 *"
}

# 3715/S2.3-1 3947/S3-1 3947/S3.2-1
test_ike_is_plain_udp() {
	local first
	masquerade
	# The same payload of both, cookies and all
	inject in1 udp $in1_silent:500 to $out1_silent:500 data @200
	see out1 "udp 203.0.113.1:* to $out1_silent:500 * data @200"
	first=$src
	inject in2 udp $in2_silent:500 to $out1_silent:500 data @200
	see out1 "udp 203.0.113.1:* to $out1_silent:500 * data @200"
	assert_ne "$first" "$src" "outside ends of two hosts"
	inject out1 udp $out1_silent:500 to "$src" data @300
	see in2 "udp $out1_silent:500 to $in2_silent:500 * data @300"
	inject out1 udp $out1_silent:500 to "$first" data @300
	see in1 "udp $out1_silent:500 to $in1_silent:500 * data @300"
}

# 3947/S4-1
test_ports_500_and_4500_are_separate_mappings() {
	local port host
	masquerade
	for host in 1 2; do
		for port in 500 4500; do
			inject in$host udp 192.168.0.5$((host + 1)):$port to $out1_silent:$port data ike
			see out1 "udp 203.0.113.1:* to $out1_silent:$port * data ike"
			ends+=("$src")
			inject out1 udp $out1_silent:$port to "$src" data rekey$port
			see in$host "udp $out1_silent:$port to 192.168.0.5$((host + 1)):$port * data rekey$port"
		done
	done
	assert_ends 4 "two hosts with two ports each"
}

# 3715/S2.2-1 3948/S2.3-1
test_keep_alives_of_one_byte_refresh_a_mapping() {
	setting udp_timeout 4
	masquerade
	send_udp data ike
	for _ in 1 2 3 4; do
		pause 2000
		inject in1 udp $in1_silent:5000 to $out1_silent:7000 nocsum data k
	done
	reply_udp
}

# 3948/S4-1
test_the_timer_of_udp_is_above_the_keep_alive_interval() {
	assert_between 120 999999999 "$(setting_of udp_timeout)" "default of the timeout"
}

# 3948/S2.1-1
test_esp_in_udp_without_a_checksum_stays_without() {
	masquerade
	inject in1 udp $in1_silent:4500 to $out1_silent:4500 nocsum data @500
	see out1 "udp 203.0.113.1:* to $out1_silent:4500 * nocsum data @500"
	inject out1 udp $out1_silent:4500 to "$src" nocsum data @501
	see in1 "udp $out1_silent:4500 to $in1_silent:4500 * nocsum data @501"
}

# 3948/NAT-1
test_esp_in_udp_passes_in_fragments() {
	masquerade
	must fragment in1 1400 0,1 udp $in1_silent:4500 to $out1_silent:4500 nocsum data @1600
	see out1 "udp 203.0.113.1:* to $out1_silent:4500 * frag 0+1400,more *"
	end=$src
	see out1 "ip 203.0.113.1 to $out1_silent proto 17 * frag 1400+* *"
	must fragment out1 1400 1,0 udp $out1_silent:4500 to "$end" nocsum data @1600
	see in1 "udp $out1_silent:4500 to $in1_silent:4500 * frag 0+1400,more *"
	see in1 "ip $out1_silent to $in1_silent proto 17 * frag 1400+* *"
}

gre() { # HOST FROM TO WORDS...
	inject "$1" gre "$2" to "$3" "${@:4}"
}

# 2890/NAT-1
test_a_second_host_with_gre_is_refused() {
	masquerade
	gre in1 $in1_silent $out1_silent data first
	see out1 "gre 203.0.113.1 to $out1_silent * data first"
	gre out1 $out1_silent 203.0.113.1 data back
	see in1 "gre $out1_silent to $in1_silent * data back"
	gre in2 $in2_silent $out1_silent data second
	see_nothing out1 'gre * data second'
	gre in2 $in2_silent 203.0.113.21 data elsewhere
	see out2 'gre 203.0.113.1 to 203.0.113.21 * data elsewhere'
	gre out1 $out1_silent 203.0.113.1 data back
	see in1 "gre $out1_silent to $in1_silent * data back"
	see_nothing in2 'gre *'
}

# 2890/NAT-2
test_a_key_of_gre_makes_no_difference() {
	masquerade
	gre in1 $in1_silent $out1_silent key 1 data first
	see out1 "gre 203.0.113.1 to $out1_silent key 1 * data first"
	gre in2 $in2_silent $out1_silent key 2 data second
	see_nothing out1 'gre * data second'
	gre out1 $out1_silent 203.0.113.1 key 2 data back
	see in1 "gre $out1_silent to $in1_silent key 2 * data back"
}

# 2890/NAT-3
test_gre_of_a_mapped_address_has_no_limit() {
	local remote
	one_to_one 198.51.100.2 $in1_silent
	for remote in 203.0.113.11 203.0.113.12 $out1_silent; do
		gre out1 $remote 198.51.100.2 data inwards
		see in1 "gre $remote to $in1_silent * data inwards"
		gre in1 $in1_silent $remote data outwards
		see out1 "gre 198.51.100.2 to $remote * data outwards"
	done
}

run_tests "$@"
