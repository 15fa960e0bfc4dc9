#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# What natctl says to words, right and wrong, without a kernel module: no command here gets as far as a change.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;

my $natctl = abs_path($ENV{NATCTL} // dirname(abs_path($0)) . '/../natctl');
# If a wrong command did get through, it must not meet the module of a gateway: all runs in a namespace of its own.
if (!$ENV{NATCTL_TEST_ALONE}) {
	for my $unshare ('unshare -n', 'unshare -rn') {
		next if system("$unshare true 2>/dev/null");
		$ENV{NATCTL_TEST_ALONE} = 1;
		$ENV{NATCTL} = $natctl;
		exec split(/ /, $unshare), $^X, abs_path($0);
	}
	plan skip_all => 'module knat is in use here, and there are no network namespaces' if -d '/sys/module/knat';
}
plan skip_all => "no natctl: make tools" unless -x $natctl;

my $dir = tempdir(CLEANUP => 1);
my ($status, $out, $err);

sub slurp
{
	my ($file) = @_;
	local $/;
	open my $handle, '<', $file or die "$file: $!";
	return scalar(<$handle>) // '';
}

# Run natctl with words, and with a text as standard input if the first is a reference to one.
sub natctl
{
	my $input = ref $_[0] ? shift : \'';
	my @words = @_;

	open my $in, '>', "$dir/in" or die;
	print $in $$input;
	close $in;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', "$dir/in" or die;
		open STDOUT, '>', "$dir/out" or die;
		open STDERR, '>', "$dir/err" or die;
		exec { $natctl } 'natctl', @words or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	$status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	$out = slurp("$dir/out");
	$err = slurp("$dir/err");
}

# The command is wrong: exit status 1, nothing on standard output, and one sentence on standard error that names
# the word and says what would be right. Behind it, there may be the grammar and nothing else.
sub wrong
{
	my ($command, $pattern, $grammar) = @_;
	my @words = ref $command ? @$command : split(/ /, $command);

	natctl(@words);
	my ($sentence, $rest) = $err =~ /^(.*\n)((?s:.*))$/ ? ($1, $2) : ($err, '');
	my $good = $status == 1 && $out eq '' && $sentence =~ /^Error: \S+ .*[^.]\n$/ && $sentence =~ $pattern &&
		($grammar ? $rest =~ /^Usage: natctl $grammar/ : $rest eq '');
	ok($good, "wrong: @words" =~ s/[^ -~]/?/gr) or diag("exit status $status\n$out$err");
}

# The command is right: it fails only because the kernel cannot be asked.
sub right
{
	my ($command) = @_;
	my @words = ref $command ? @$command : split(/ /, $command);

	natctl(@words);
	is("$status $out$err", "2 Error: module knat is not loaded: modprobe knat\n", "right: @words");
}

### Help

for my $command ('help', 'he') {
	natctl($command);
	is($status, 0, "natctl $command");
	is($err, '', "natctl $command says nothing else");
	my @lines = split /\n/, $out;
	cmp_ok(scalar @lines, '<', 24, 'it fits on a screen of 24 lines');
	is(scalar(grep { length > 80 || /\t/ } @lines), 0, 'of 80 columns');
}
my @objects = $out =~ /^  ([a-z]+) +\w/mg;
is(pop @objects, 'help', 'help tells of itself last');
cmp_ok(scalar @objects, '>', 10, 'and of all objects');
for my $object (@objects) {
	natctl($object, 'help');
	is("$status$err", '0', "natctl $object help");
	like($out, qr/^Usage: natctl $object/, 'is its grammar');
	is(scalar(grep { length > 80 || /\t/ } split /\n/, $out), 0, 'in 80 columns');
	unlike($out, qr/natctl(?! $object)\b(?! config show)/, 'and of nothing else');
}
natctl('map', 'help');
my $grammar_of_map = $out;
natctl('ma', 'h');
is($out, $grammar_of_map, 'help can be shortened');
natctl('help');
my $help = $out;
for my $option ('-h', '--help') {
	natctl($option);
	is("$status$out$err", "0$help", "natctl $option is natctl help");
	natctl('map', $option);
	is("$status$out$err", "0$grammar_of_map", "natctl map $option is natctl map help");
	for my $object (@objects) {
		natctl($object, $option);
		is("$status$err", '0', "natctl $object $option is no error");
	}
}

### Files of configuration

sub file
{
	my ($name, $text) = @_;

	open my $handle, '>', "$dir/$name" or die;
	print $handle $text;
	close $handle;
	return "$dir/$name";
}

# Wrong in this line of this file: exit status 1, and one sentence behind the place.
sub wrong_file
{
	my ($text, $place, $pattern) = @_;
	my $file = file('conf', $text);

	natctl('apply', $file);
	my ($sentence) = split /\n/, $err;
	ok($status == 1 && $out eq '' && $sentence =~ /^\Q$dir\E\/$place: Error: \S+ .*[^.]$/ && $sentence =~ $pattern,
		"wrong file: $place: $pattern") or diag("exit status $status\n$out$err");
}

my $missing = "Error: module knat is not loaded: modprobe knat\n";
for my $text ('', "\xef\xbb\xbfrule add oif eth0 masquerade\r\n", "\n \n# nothing\n", "rule add oif eth0 masquerade # all\nmap add udp 192.0.2.1:5 to 10.0.0.1\n",
	"config set udp_timeout 5\nconfig set udp_timeout 6\n", "pool add 'p' addr 192.0.2.1\n") {
	for my $option ([], ['--dry-run']) {
		natctl('apply', file('conf', $text), @$option);
		is("$status $out$err", "2 $missing", 'a file that is right gets as far as the kernel');
	}
}
natctl(\"rule add oif eth0 masquerade\n", 'apply', '-');
is("$status $out$err", "2 $missing", 'apply reads standard input');
natctl('save');
is("$status $out$err", "2 $missing", 'save asks the kernel');
wrong_file("\n\nrule add oif eth0\n", 'conf:3', qr/action of the rule is missing/);
wrong_file("rule add oif eth0 nat\n", 'conf:1', qr/"nat" is not a word of a rule/);
for my $word ('natctl', 'sudo', '[nat]', ';') {
	wrong_file("$word rule add oif eth0 masquerade\n", 'conf:1', qr/"\Q$word\E" sets nothing up: it must be pool add, .* include$/);
}
wrong_file("\xef\xbb\xbf\n\xef\xbb\xbfrule\n", 'conf:2', qr/sets nothing up/);
wrong_file("rule\n", 'conf:1', qr/sets nothing up: it must be pool add/);
wrong_file("rule list\n", 'conf:1', qr/sets nothing up/);
wrong_file("rule help\n", 'conf:1', qr/sets nothing up/);
wrong_file("rule del oif eth0\n", 'conf:1', qr/sets nothing up/);
wrong_file("monitor\n", 'conf:1', qr/sets nothing up/);
wrong_file("save\n", 'conf:1', qr/sets nothing up/);
wrong_file("apply /dev/null\n", 'conf:1', qr/sets nothing up/);
wrong_file("flush\n", 'conf:1', qr/sets nothing up/);
wrong_file("include\n", 'conf:1', qr/the name of the file is missing: it must be include FILE$/);
is($err =~ tr/\n//, 1, 'without the grammar of natctl, which has no include');
wrong_file("include a b\n", 'conf:1', qr/"b" is one word too many: it must be include FILE$/);
is($err =~ tr/\n//, 1, 'without it too');
wrong_file("include nowhere\n", 'conf:1', qr/nowhere" cannot be read/);
wrong_file("\ninclude conf\n", 'conf:2', qr/included by itself/);
file('part', "pool add p addr 192.0.2.1\npool add q addr x\n");
wrong_file("include part\n", 'part:2', qr/"x" is no IPv4 address/);
file('part', "pool add p addr 192.0.2.1\n");
natctl('apply', file('conf', "include '$dir/part'\ninclude part2\n"));
like($err, qr/^\Q$dir\E\/conf:2: Error: /, 'the place behind an include is that of the file');
wrong('apply', qr/the file is missing/, 'apply');
wrong('apply a b', qr/"b" is one word too many/, 'apply');
wrong('apply --dry', qr/the file is missing/, 'apply');
wrong('apply -x a', qr/"-x" is no option of apply/, 'apply');
wrong('lookup', qr/the protocol is missing/, 'lookup');
wrong('lookup udp', qr/the source is missing/, 'lookup');
wrong('lookup udp 10.0.0.1:5', qr/the destination is missing/, 'lookup');
wrong('lookup udp 10.0.0.1 10.0.0.2:5', qr/must be ADDR:PORT/);
wrong('lookup gre 10.0.0.1:5 10.0.0.2', qr/has no ports/);
wrong('lookup udp 10.0.0.1:5-6 10.0.0.2:5', qr/more than one end/);
wrong('lookup udp 10.0.0.0/8 10.0.0.2:5', qr/more than one end/);
wrong('lookup udp 10.0.0.1:5 10.0.0.2:5 via', qr/"via" is not a word of lookup/, 'lookup');
wrong('lookup udp 10.0.0.1:5 10.0.0.2:5 oif', qr/the device is missing/, 'lookup');
right('lookup udp 10.0.0.1:5 10.0.0.2:5 oif eth0');
right('lookup icmp 10.0.0.1 10.0.0.2');
wrong('h', qr/"h" is ambiguous: it may mean host or help$/, '\[');
wrong('host list 10.0.0.0/8', qr/is a prefix/);
wrong('host list 0.0.0.0', qr/"0.0.0.0" is not an address of anything/);
wrong('host list in 10.0.0.1', qr/"in" is no IPv4 address/);
wrong('host list 10.0.0.1 x', qr/"x" is one word too many/, 'host list');
right('host');
right('host list 10.0.0.1');
wrong('stats -o', qr/the format is missing/, 'stats');
wrong('stats -o json', qr/"json" is not a format/, 'stats');
wrong('stats -x', qr/"-x" is not an option of stats/, 'stats');
right('stats -o prometheus');
right('stats show -o prometheus');
for my $list ('eth0,,eth1', ',eth0', 'eth0,') {
	for my $verb ('add', 'del') {
		wrong("fastpath $verb dev $list", qr/the list of devices has a comma too many: it must be DEV\[,DEV...\], without blanks$/);
	}
}
wrong(['fastpath', 'add', 'dev', ''], qr/"" cannot be the name of a network device/);
right('fastpath add dev eth0,eth1');
wrong('map set tcp 192.0.2.1:5', qr/nothing is to be set/, 'map set');
wrong('map set tcp 192.0.2.1:5 to 10.0.0.1', qr/"to" is not an option of a mapping/, 'map set');
right('map set tcp 192.0.2.1:5 label x');
for my $option ('interval', 'pool', 'host', 'sort', 'lines', '-o') {
	wrong("top $option", qr/ is missing at the end/, 'top');
}
wrong('top interval 0', qr/"0" is no valid interval: it must be a number from 1 to 3600/);
wrong('top lines x', qr/"x" is no valid number of lines/);
wrong('top sort x', qr/"x" is not an order: it must be mappings, change, use, refused or address/, 'top');
wrong('top -o xml', qr/"xml" is not a format: it must be text or json/, 'top');
wrong('top host x', qr/"x" is no IPv4 address/);
wrong('top 5', qr/"5" is not an option of top/, 'top');
wrong('top lines 5 l 6', qr/"lines" is given twice/, 'top');
wrong(['top', 'pool', 'a b'], qr/cannot be the name of a pool/);
right('top');
right('top interval 5 pool p host 10.0.0.0/8 sort use lines 5 -o json');
wrong_file("top\n", 'conf:1', qr/sets nothing up/);
wrong_file("import\n", 'conf:1', qr/sets nothing up/);
wrong('save x', qr/"x" is one word too many: for a file, it must be natctl save >FILE/, 'save');

### The manual page

my $page = dirname(abs_path($0)) . '/../natctl.8';
my %sections = slurp($page) =~ /^\.Ss (\S+)\n(.*?)(?=^\.S[sh] )/msg;
# Options of pools are those of masquerade rules, and of what traffic opens by them.
natctl('pool', 'help');
my %options = map { $_ => 1 } $out =~ /\b([a-z][a-z0-9-]+)\b/g;
for my $object (@objects) {
	my $section = $sections{$object} // '';
	natctl($object, 'help');
	my @help = grep { $_ ne 'natctl' } ($out =~ s/^NAME:.*//mr) =~ /\b([a-z][a-z0-9-]+)\b/g;
	my @missing = grep { $section !~ /\b$_\b/ && ($object eq 'pool' || !$options{$_}) } @help;
	is("@missing", '', "the manual page has all words of natctl $object help");
	my %help = map { $_ => 1 } @help, $object;
	my @words = map { /\b([a-z][a-z0-9-]+)\b/g } map { s/Ar (?:\S+ (?!Cm |Oo |Oc |Op |Ns ))*\S+//gr } $section =~ /^\.It (?=Cm )(.*)/mg;
	is("@{[grep { !$help{$_} } @words]}", '', "and no others, of commands and options");
}

### Version and options

natctl('-V');
like($out, qr/^natctl \d+\.\d+\.\d+\n$/, 'natctl -V');
is("$status$err", '0', 'is no error');
natctl('--version');
like("$status$out$err", qr/^0natctl \d+\.\d+\.\d+\n$/, 'natctl --version');
natctl('-j', '-V', 'nonsense');
is($status, 0, 'natctl -V before other words');

wrong('-x', qr/"-x" is no option: it must be -h for help, -j, -p, -n NETNS, -b FILE or -V$/, '\[');
wrong('-jx pool', qr/"-jx" is no option/, '\[');
wrong('--json pool', qr/"--json" is no option/, '\[');
wrong('-n', qr/option -n must have a network namespace behind it/, '\[');
wrong('-b', qr/option -b must have a file behind it/, '\[');
wrong(['-n', '', 'pool'], qr/"" is not a network namespace/);
for my $command ('pool', 'map list', 'rule list', 'rule add oif wan masquerade', 'stats show', 'monitor', 'flush') {
	my ($object) = split / /, $command;
	wrong("$command -j", qr/"-j" stands behind the object: options of natctl must stand before it/, $object);
}
wrong('-b - pool', qr/"pool" is one word too many: with -b/, '\[');

### Objects and verbs

wrong([], qr/the object is missing/, '\[');
cmp_ok($err =~ tr/\n//, '<', 8, 'the grammar leaves the sentence on the screen');
wrong([''], qr/"" is not an object: it must be/, '\[');
wrong('nonsense', qr/"nonsense" is not an object: it must be pool, /, '\[');
wrong('s', qr/"s" is ambiguous: it may mean session, stats or save$/, '\[');
wrong('Pool', qr/"Pool" is not an object/, '\[');
wrong('pools', qr/"pools" is not an object/, '\[');
wrong('help pool', qr/"pool" stands behind help: it must be natctl pool help/, '\[');
wrong('help nonsense', qr/"nonsense" is one word too many/, '\[');
for my $object (qw(pool rule map session stats config fastpath)) {
	wrong("$object nonsense", qr/"nonsense" is not a command of $object: it must be .* or help$/, $object);
	wrong("$object help x", qr/"x" is one word too many/, $object);
}
wrong('pool s', qr/"s" is ambiguous: it may mean set/, 'pool add');
wrong('flush all', qr/"all" is one word too many/, 'flush');
wrong('stats reset all', qr/"all" is one word too many/, 'stats reset');
wrong('stats show all', qr/"all" is one word too many/, 'stats');
wrong('rule list x', qr/"x" is one word too many/, 'rule list');
wrong('rule show x', qr/"x" is one word too many/, 'rule list');
wrong('config show x', qr/"x" is one word too many/, 'config show');
wrong('pool list a b', qr/"b" is one word too many/, 'pool list');
wrong('pool del a b', qr/"b" is one word too many/, 'pool del');

### Values: what is wrong with each is the same wherever it stands

my $long = 'x' x 5000;
my %bad = (
	prefix => [
		['1.2.3', 'no IPv4 address: it must be four numbers from 0 to 255'],
		['1.2.3.4.5', 'no IPv4 address'], ['1.2.3.256', 'no IPv4 address'], ['1.2.3.', 'no IPv4 address'],
		['.1.2.3', 'no IPv4 address'], ['1..2.3', 'no IPv4 address'], ['01.2.3.4', 'no IPv4 address'],
		['1.2.3.04', 'no IPv4 address'], ['1.2.3.4x', 'no IPv4 address'], ['x1.2.3.4', 'no IPv4 address'],
		['0x1.2.3.4', 'no IPv4 address'], ['1.2.3.-4', 'no IPv4 address'], ['1.2.3.+4', 'no IPv4 address'],
		[' 1.2.3.4', 'no IPv4 address'], ['1.2.3.4 ', 'no IPv4 address'], ['1.2.3.4294967297', 'no IPv4 address'],
		['1.2.3.18446744073709551617', 'no IPv4 address'], ['', 'no IPv4 address'], ['host', 'no IPv4 address'],
		['16909060', 'no IPv4 address'], [$long, 'no IPv4 address'], ["1.2.3.4\n", 'no IPv4 address'],
		["\xff\e[31m", 'no IPv4 address'],
		['2001:db8::1', 'an IPv6 address: only IPv4 is translated'], ['::', 'an IPv6 address'],
		['2001:db8::/32', 'an IPv6 address'], ['::ffff:1.2.3.4', 'an IPv6 address'],
		['[2001:db8::1]', 'an IPv6 address'], ['fe80::1%eth0', 'an IPv6 address'],
		['10.0.0.0/33', 'no valid prefix length: it must be a number from 0 to 32'],
		['10.0.0.0/', 'no valid prefix length'], ['10.0.0.0/x', 'no valid prefix length'],
		['10.0.0.0/08', 'no valid prefix length'], ['10.0.0.0/-1', 'no valid prefix length'],
		['10.0.0.0/8/8', 'no valid prefix length'], ['10.0.0.0/4294967304', 'no valid prefix length'],
		['10.0.0.0/255.0.0.0', 'no valid prefix length'],
		['192.168.0.1/16', 'the prefix is 192.168.0.0/16'], ['1.2.3.4/0', 'the prefix is 0.0.0.0/0'],
		['255.255.255.255/31', 'the prefix is 255.255.255.254/31'],
	],
	range => [
		['10.0.0.9-10.0.0.1', 'the range is 10.0.0.1-10.0.0.9'], ['10.0.0.1-', 'no IPv4 address'],
		['-10.0.0.1', 'no IPv4 address'], ['10.0.0.1-9', 'no IPv4 address'],
		['10.0.0.1-10.0.0.2-10.0.0.3', 'no IPv4 address'], ['10.0.0.0/8-10.0.0.1', 'no valid prefix length'],
		['10.0.0.1-2001:db8::1', 'no IPv4 address'], ['2001:db8::1-2001:db8::2', 'an IPv6 address'],
		['10.0.0.1-10.0.0.2/32', 'no IPv4 address'],
	],
	port => [
		['0', 'no valid port: it must be a number from 1 to 65535'], ['65536', 'no valid port'],
		['', 'no valid port'], ['-1', 'no valid port'], ['080', 'no valid port'], ['x', 'no valid port'],
		['80x', 'no valid port'], ['+80', 'no valid port'], ['4294967376', 'no valid port'],
		['18446744073709551696', 'no valid port'], ['http', 'no valid port'], ['80-', 'no valid port'],
		['80-0', 'no valid port'], ['80-65536', 'no valid port'], ['80-81-82', 'no valid port'],
		['-80', 'no valid port'], ['80-079', 'no valid port'], ['0-100', 'no valid port'],
		['90-80', 'the range is 80-90'],
	],
	proto => [map { [$_, 'no protocol: it must be tcp, udp, icmp, .* or a number from 1 to 255'] }
		  'TCP', 'tc', 'ip', '', '0', '256', '-1', '06', '4294967302', 'tcp udp', $long],
	device => [map { [$_, 'cannot be the name of a network device: it must have 1 to 15 characters'] }
		   '', '.', '..', 'a/b', 'a:b', 'a b', "a\tb", 'a234567890123456', $long],
	pool => [map { [$_, 'cannot be the name of a pool: it must have 1 to 31 printable characters'] }
		 '', 'a b', 'a"b', 'a#b', 'a\\b', "a\tb", "a\x7f", '12345678901234567890123456789012', $long],
);

# Every bad value in the place of VALUE.
sub wrong_values
{
	my ($kind, @places) = @_;

	for my $place (@places) {
		for my $bad (@{$bad{$kind}}) {
			my ($value, $why) = @$bad;
			wrong([map { s/VALUE/$value/r } split / /, $place], qr/$why/);
		}
	}
}
push @{$bad{range}}, grep { $_->[0] ne '' } @{$bad{prefix}};
wrong_values('range', 'pool add p addr VALUE', 'pool set p addr 192.0.2.1,VALUE');
wrong_values('prefix', 'rule add oif wan src VALUE masquerade', 'rule del oif wan dst VALUE');
wrong_values('port', 'pool add p addr 192.0.2.1 ports VALUE', 'map add tcp 203.0.113.1:VALUE to 192.168.0.2',
	     'map add tcp 203.0.113.1:80 to 192.168.0.2:VALUE', 'map add tcp dev wan:VALUE to 192.168.0.2',
	     'map del udp 203.0.113.1:VALUE', 'session del remote 198.51.100.7:VALUE');
wrong_values('proto', 'rule add oif wan proto VALUE masquerade', 'map add VALUE 203.0.113.1:80 to 192.168.0.2:80',
	     'map list proto VALUE', 'session list proto VALUE');
wrong_values('device', 'rule add oif VALUE masquerade', 'map add tcp dev VALUE:80 to 192.168.0.2:80');
wrong_values('pool', 'pool add VALUE addr 192.0.2.1', 'pool list VALUE', 'rule add oif wan pool VALUE',
	     'map flush pool VALUE');

# A word of any length and of any bytes is one line of an error.
natctl('rule', 'add', 'oif', 'wan', 'src', "a\nb\e[31m\"\\\xff$long", 'masquerade');
my ($first) = $err =~ /^(.*)$/m;
like($first, qr/^Error: "a\\x0ab\\x1b\[31m\\"\\\\\\xffx+\.\.\." is no IPv4 address/, 'a word is shown in quotes');
cmp_ok(length $first, '<', 250, 'and not at any length');

### Pools

wrong('pool add', qr/the name of the pool is missing/, 'pool add');
wrong('pool set', qr/the name of the pool is missing/, 'pool set');
wrong('pool del', qr/the name of the pool is missing/, 'pool del');
wrong('pool add p', qr/"addr" and the addresses of the pool are missing/, 'pool add');
wrong('pool add p limit 5', qr/"addr" and the addresses of the pool are missing/, 'pool add');
wrong('pool add p addr', qr/the list of addresses is missing/, 'pool add');
wrong('pool set p', qr/what to change of the pool is missing/, 'pool set');
wrong('pool add p addr 192.0.2.1 addr 192.0.2.2', qr/"addr" is given twice/, 'pool add');
wrong('pool add p addr 192.0.2.1 limit 5 lim 6', qr/"limit" is given twice/, 'pool add');
wrong('pool add p 192.0.2.1', qr/"192.0.2.1" is not an option of a pool: it must be .*addr/, 'pool add');
wrong(['pool', 'add', 'p', 'addr', ''], qr/"" is no IPv4 address/);
for my $list ('192.0.2.1, 192.0.2.2', '192.0.2.1,,192.0.2.2', ',192.0.2.1') {
	wrong("pool add p addr $list", qr/addresses has a comma too many: it must be RANGE\[,RANGE...\], without blanks/);
}
wrong('pool add p addr 192.0.2.1 m eim', qr/"m" is ambiguous: it may mean mapping or mss-clamp/, 'pool add');
wrong('pool add p addr 192.0.2.1 p 1-2', qr/"p" is ambiguous: it may mean pairing, parity or ports/, 'pool add');
wrong('pool add p addr 192.0.2.1 mapping', qr/a mapping mode is missing/, 'pool add');
wrong('pool add p addr 192.0.2.1 mapping full', qr/"full" is not a mapping mode: it must be eim, adm or apdm/, 'pool add');
wrong('pool add p addr 192.0.2.1 mapping a', qr/"a" is ambiguous: it may mean adm or apdm/, 'pool add');
wrong('pool add p addr 192.0.2.1 filtering eim', qr/"eim" is not a filtering mode: it must be eif, adf or apdf/, 'pool add');
wrong('pool add p addr 192.0.2.1 alloc x', qr/"x" is not .*: it must be random, preserve or sequential/, 'pool add');
wrong('pool add p addr 192.0.2.1 pairing x', qr/"x" is not a pairing: it must be paired or arbitrary/, 'pool add');
wrong('pool add p addr 192.0.2.1 hairpin 1', qr/"1" is not .*: it must be off or on/, 'pool add');
wrong('pool add p addr 192.0.2.1 hairpin o', qr/"o" is ambiguous: it may mean off or on/, 'pool add');
for my $size (qw(87 65496 0 1 x 088 -1 4294967384)) {
	wrong("pool add p addr 192.0.2.1 mss-clamp $size",
	      qr/"$size" is no valid mss-clamp: it must be off, pmtu or a number of bytes from 88 to 65495/, 'pool add');
}
for my $limit (qw(-1 x 01 4294967296)) {
	wrong("pool set p limit $limit", qr/"$limit" is no valid limit: it must be a number from 0 to 4294967295/);
}
wrong('pool add p addr 192.0.2.1 block 512', qr/"block" is not an option of a pool/, 'pool add');

### Rules

wrong('rule add', qr/"oif" and the outside device of the rule are missing/, 'rule add');
wrong('rule add masquerade', qr/"oif" and the outside device of the rule are missing/, 'rule add');
wrong('rule add oif', qr/the outside device is missing/, 'rule add');
wrong('rule add oif wan', qr/the action of the rule is missing: it must be masquerade, pool or exempt/, 'rule add');
wrong('rule add oif wan oif lan exempt', qr/"oif" is given twice/, 'rule add');
wrong('rule add oif wan nonsense', qr/"nonsense" is not a word of a rule: it must be prio, .* or exempt/, 'rule add');
wrong('rule add oif wan p 5 exempt', qr/"p" is ambiguous: it may mean prio, proto or pool/, 'rule add');
wrong('rule add oif wan dport', qr/the destination port is missing/, 'rule add');
wrong("rule add oif wan proto tcp dport $_ exempt", qr/"$_" has no valid port: it must be a number from 1 to 65535/) for qw(0 65536 http);
wrong('rule add oif wan proto tcp dport 90-80 exempt', qr/"90-80" has its ports in the wrong order: the range is 80-90/);
wrong('rule add oif wan src', qr/the prefix is missing/, 'rule add');
wrong('rule add oif wan pool', qr/the name of the pool is missing/, 'rule add');
wrong('rule add oif wan pool p limit 5', qr/"limit" is one word too many/, 'rule add');
wrong('rule add oif wan exempt masquerade', qr/"masquerade" is one word too many/, 'rule add');
for my $action ('exempt', 'pool p', 'masquerade', 'masquerade limit 5') {
	wrong("rule add oif wan $action src 10.0.0.0/8",
	      qr/"src" stands behind the action of the rule: what the rule is for must stand before it/, 'rule add');
}
wrong('rule add masquerade oif wan', qr/"oif" stands behind the action of the rule/, 'rule add');
wrong('rule add oif wan masquerade addr 192.0.2.1', qr/"addr" is not an option of masquerade/, 'rule add');
wrong('rule add oif wan masquerade limit 1 limit 2', qr/"limit" is given twice/, 'rule add');
wrong('rule add oif wan masquerade mapping', qr/a mapping mode is missing/, 'rule add');
wrong('rule del', qr/"oif" and the outside device of the rule are missing/, 'rule del');
wrong('rule del 5', qr/"5" is not a word of a rule/, 'rule del');
for my $prio (qw(-1 x 01 4294967296), '') {
	wrong(['rule', 'add', 'prio', $prio, 'oif', 'wan', 'exempt'],
	      qr/"$prio" is no valid priority: it must be a number from 0 to 4294967295/);
}

### Mappings

wrong('map add', qr/the outside end is missing/, 'map add');
wrong('map add tcp', qr/the outside end, OUT:PORT or dev DEV:PORT, is missing/, 'map add');
wrong('map add tcp dev', qr/the outside device and its port, DEV:PORT, is missing/, 'map add');
wrong('map add tcp dev wan to 192.168.0.2:80', qr/"wan" has no port: it must be DEV:PORT/);
wrong('map add tcp 203.0.113.1 to 192.168.0.2:80', qr/"203.0.113.1" has no port: with a protocol, it must be OUT:PORT/);
wrong('map add tcp 203.0.113.0/24 to 192.168.0.0/24', qr/"203.0.113.0\/24" has no port/);
wrong('map add tcp 203.0.113.1:80', qr/"to" and the inside end is missing/, 'map add');
wrong('map add tcp 203.0.113.1:80 192.168.0.2:80', qr/"192.168.0.2:80" stands where "to"/, 'map add');
wrong('map add tcp 203.0.113.1:80 to', qr/the inside end is missing/, 'map add');
wrong('map add tcp 203.0.113.1:80 to 192.168.0.0/24', qr/"192.168.0.0\/24" is a prefix/);
wrong('map add tcp 203.0.113.1:80-90 to 192.168.0.2:80', qr/"192.168.0.2:80" must have as many ports as "203.0.113.1:80-90": 11, not 1$/);
wrong('map add tcp dev wan:80 to 192.168.0.2:80-81', qr/"192.168.0.2:80-81" must have as many ports as "wan:80": 1, not 2$/);
wrong('map add tcp 2001:db8::1:80 to 192.168.0.2:80', qr/"2001:db8::1:80" is an IPv6 address: only IPv4/);
wrong('map add tcp [2001:db8::1]:80 to 192.168.0.2:80', qr/is an IPv6 address: only IPv4/);
wrong('map add tcp 203.0.113.1:80 to fd00::2', qr/"fd00::2" is an IPv6 address: only IPv4/);
wrong('map add 2001:db8::1 to 192.168.0.2', qr/is an IPv6 address: only IPv4/);
wrong('map add tcp 203.0.113.1:80:90 to 192.168.0.2', qr/"203.0.113.1:80:90" has no valid port/);
for my $device (qw(wan ppp0 eth0.100 br-lan)) {
	wrong("map add tcp $device:80-90 to 192.168.0.2",
	      qr/"$device:80-90" is no IPv4 address: for that of a device, it must be dev $device:80-90$/);
}
wrong('map add tcp wan to 192.168.0.2:80', qr/"wan" is no IPv4 .* it must be dev wan:PORT$/);
wrong('map add 80 to 192.168.0.2', qr/"to" stands where the outside end, OUT or dev DEV, must be/, 'map add');
wrong('map add dev wan:80 to 192.168.0.2', qr/"dev" has no protocol before it: it must be tcp or udp/, 'map add');
wrong('map del gre wan', qr/"wan" is no IPv4 .* it must be dev wan$/);
wrong('map add wan:80 to 192.168.0.2:80', qr/"wan:80" is no IPv4 .* it must be tcp or udp, and then dev wan:80$/);
wrong('map add tcp a-name-too-long-for-a-device:80 to 192.168.0.2', qr/is no IPv4 address: it must be four numbers/);
wrong('map add 203.0.113.1:80 to 192.168.0.2:80', qr/"203.0.113.1:80" has a port but no protocol: it must be tcp or udp, and then 203.0.113.1:80/);
wrong('map add 203.0.113.1 to 192.168.0.2:80', qr/"192.168.0.2:80" has a port, but "203.0.113.1" is a whole address/);
wrong('map add 203.0.113.0/24 to 192.168.0.0/25', qr/"192.168.0.0\/25" is not as long a prefix as "203.0.113.0\/24": it must end in \/24/);
wrong('map add 203.0.113.0/24 to 192.168.0.0', qr/"192.168.0.0" is not as long a prefix .* \/24/);
wrong('map add 203.0.113.1/24 to 192.168.0.0/24', qr/the prefix is 203.0.113.0\/24/);
wrong('map add 203.0.113.0/24 to 192.168.0.1/24', qr/the prefix is 192.168.0.0\/24/);
wrong('map add 203.0.113.1 to 192.168.0.2 lifetime', qr/the number of seconds is missing/, 'map add');
wrong('map add 203.0.113.1 to 192.168.0.2 lifetime 0', qr/"0" is no valid lifetime in seconds: it must be a number from 1 to 4294967295/);
wrong('map add 203.0.113.1 to 192.168.0.2 lifetime 5m', qr/"5m" is no valid lifetime in seconds/);
wrong('map add 203.0.113.1 to 192.168.0.2 label', qr/the text of the label is missing/, 'map add');
wrong(['map', 'add', '203.0.113.1', 'to', '192.168.0.2', 'label', ''], qr/"" is no label/);
wrong(['map', 'add', '203.0.113.1', 'to', '192.168.0.2', 'label', 'x' x 64], qr/"x+" is too long for a label: it must have 63 bytes at most/);
wrong(['map', 'add', '203.0.113.1', 'to', '192.168.0.2', 'label', "a\nb"], qr/"a\\x0ab" has control characters/);
wrong('map add 203.0.113.1 to 192.168.0.2 label a label b', qr/"label" is given twice/, 'map add');
wrong('map add 203.0.113.1 to 192.168.0.2 label a b', qr/"b" is not an option of a mapping: it must be lifetime or label/, 'map add');
wrong('map add 203.0.113.1 to 192.168.0.2 l 5', qr/"l" is ambiguous: it may mean lifetime or label/, 'map add');
wrong('map del', qr/the outside end is missing/, 'map del');
wrong('map del tcp 203.0.113.1', qr/"203.0.113.1" has no port/);
wrong('map del tcp 203.0.113.1:80 to 192.168.0.2', qr/"to" is one word too many/, 'map del');
wrong('map del 203.0.113.1:80', qr/has a port but no protocol/);
for my $out ('8000', ':8000', '*:8000', '8000-8010') {
	wrong("map add tcp $out to 192.168.0.2:80", qr/"\Q$out\E" has no address: it must be OUT:PORT, or dev DEV:PORT for that of a device/);
}
wrong('map add gre * to 192.168.0.2', qr/"\*" has no address: it must be OUT, or dev DEV for that of a device/);
wrong('map add tcp/udp 203.0.113.1:80 to 192.168.0.2', qr/"tcp\/udp" is no protocol/);
wrong('map add 10/8 to 192.168.0.2', qr/"10\/8" is no IPv4 address/);
wrong('map add icmp 203.0.113.1 to 192.168.0.2', qr/icmp .* no port to forward: it must be a whole address, OUT to IN/);
wrong('map add icmp dev wan to 192.168.0.2', qr/icmp .* no port to forward/);
wrong('map list nonsense', qr/"nonsense" is not a filter of mappings: it must be .* or pool/, 'map list');
wrong('map list 203.0.113.1', qr/"203.0.113.1" is not a filter of mappings/, 'map list');
wrong('map list in', qr/the address behind "in" is missing/, 'map list');
wrong('map list in 192.168.0.0/24', qr/"192.168.0.0\/24" cannot be a filter: it must be one address/);
wrong('map list in 192.168.0.2:80-90', qr/"192.168.0.2:80-90" cannot be a filter/);
wrong('map list in fd00::2', qr/only IPv4/);
wrong('map list in 192.168.0.2 in 192.168.0.3', qr/"in" is given twice/, 'map list');
wrong('map list static dynamic', qr/"static" and "dynamic" exclude each other/, 'map list');
wrong('map flush all static', qr/"all" and "static" exclude each other/, 'map flush');
wrong('map flush p tcp', qr/"p" is ambiguous: it may mean proto or pool/, 'map flush');
# To the kernel, 0.0.0.0 is no filter at all.
wrong('map flush in 0.0.0.0', qr/"0.0.0.0" is not an address of anything/);
wrong('session del out 0.0.0.0:80', qr/"0.0.0.0:80" is not an address of anything/);

### Sessions

wrong('session del', qr/which sessions to delete is missing: a filter or "all"/, 'session del');
wrong('session del all tcp', qr/"all" goes with no other filter/, 'session del');
wrong('session del #', qr/which sessions to delete is missing/, 'session del');
wrong('session list nonsense', qr/"nonsense" is not a filter of sessions: it must be in, .* or all/, 'session list');
wrong('session list remote', qr/the address behind "remote" is missing/, 'session list');
wrong('session list state', qr/the state is missing/, 'session list');
wrong('session list state open', qr/"open" is not a state: it must be none, init, .* or trans/, 'session list');
wrong('session list state i', qr/"i" is ambiguous: it may mean init or in-fin/, 'session list');
wrong('session list tcp proto udp', qr/"proto" is given twice/, 'session list');
wrong('session count pool p', qr/"pool" is not a filter of sessions/, 'session count');

### Settings

wrong('config set', qr/the setting and its value are missing/, 'config set');
wrong('config set nonsense 5', qr/"nonsense" is not a setting: it must be udp_timeout, .* or max_sessions/, 'config set');
wrong('config set udp_timeout', qr/the value of udp_timeout is missing/, 'config set');
wrong('config set udp 5', qr/"udp" is ambiguous: it may mean udp_timeout or udp_inbound_refresh/, 'config set');
wrong('config set udp_timeout 5 udp_timeout 6', qr/"udp_timeout" is given twice/, 'config set');
wrong('config set udp_timeout 5 icmp', qr/the value of icmp_timeout is missing/, 'config set');
for my $value (qw(0 604801 -1 x 5s 05 4294967596), '') {
	wrong(['config', 'set', 'icmp_timeout', '77', 'udp_timeout', $value],
	      qr/"$value" is no valid udp_timeout: it must be a number from 1 to 604800$/);
}
wrong('config set udp_inbound_refresh 2', qr/from 0 to 1$/);
wrong('config set udp_inbound_refresh on', qr/from 0 to 1$/);
wrong('config set max_mappings 0', qr/from 1 to 1000000000$/);

### Batches

# The file is wrong: the place, then the sentence.
sub wrong_batch
{
	my ($text, $pattern, $name) = @_;

	natctl(\$text, '-b', '-');
	ok($status == 1 && $err =~ /^$pattern/, $name) or diag("exit status $status\n$err");
}
wrong_batch("nonsense\n", qr/-:1: Error: "nonsense" is not an object/, 'the first line of a batch is wrong');
wrong_batch("# one\n\nhelp\n\trule add oif\n", qr/-:4: Error: the outside device is missing/, 'the fourth line is wrong');
wrong_batch("help\nhelp\0\n", qr/-:2: Error: the line has a byte 0 in it/, 'a line has a byte 0');
wrong_batch("pool add \"p\n", qr/-:1: Error: a quote is not closed/, 'a quote is not closed');
wrong_batch("rule add oif wan src $long exempt\n", qr/-:1: Error: "x+..." is no IPv4 address/, 'a long word');
wrong_batch('pool add p ' . 'x ' x 5000, qr/-:1: Error: "x" is not an option/, 'many words');
wrong_batch("-j pool list\n", qr/-:1: Error: "-j" is not an object/, 'options stand before -b');
wrong_batch("natctl help\n", qr/-:1: Error: "natctl" is not an object/, 'natctl itself stands in no line');

open my $file, '>', "$dir/a batch" or die;
print $file "help\nmap add tcp 203.0.113.1:0 to 192.168.0.2\nhelp\n";
close $file;
natctl('-b', "$dir/a batch");
is($err, qq($dir/a batch:2: Error: "203.0.113.1:0" has no valid port: it must be a number from 1 to 65535, or two with a dash between\n),
   'an error names the file');
is($status, 1, 'and ends the batch');
is(scalar(() = $out =~ /^Usage: /mg), 1, 'what was before it is done, what is behind it is not');
natctl(\"help\n", '-b', '/dev/stdin');
is($status, 0, 'a batch may come through a pipe');
wrong(['-b', "$dir/missing"], qr/"\Q$dir\E.*missing" cannot be read: No such file or directory/);
wrong(['-b', $dir], qr/"\Q$dir\E.*" cannot be read: Is a directory/);
wrong(['-b', ''], qr/"" cannot be read/);

### Network namespaces

natctl('-n', 'nowhere-at-all', 'rule', 'list');
is("$status $err", qq(2 Error: there is no network namespace "nowhere-at-all": ip netns list shows those that are there\n), 'a namespace that is not there');
natctl('-n', '/etc/passwd', 'rule', 'list');
is("$status $err", qq(2 Error: "/etc/passwd" is not a network namespace\n), 'a file that is no namespace');
POSIX::mkfifo("$dir/pipe", 0600);
natctl('-n', "$dir/pipe", 'rule', 'list');
is($status, 2, 'nor is a pipe, and nobody waits for its other end');
natctl('-n', 'nowhere-at-all', 'rule', 'nonsense');
is($status, 1, 'a wrong word is found first');
natctl('-n', 'nowhere-at-all', 'help');
is("$status$err", '0', 'help needs no namespace');

SKIP: {
	skip 'user nobody cannot be had', 1 if $> || (my @nobody = getpwnam('nobody')) == 0;
	skip 'user nobody may not read natctl', 1
		if system("setpriv --reuid=nobody --clear-groups -- '$natctl' -V >/dev/null 2>&1");
	my $message = `setpriv --reuid=nobody --clear-groups -- '$natctl' -n /proc/self/ns/net rule list 2>&1`;
	is($message, qq(Error: permission denied: to enter the network namespace "/proc/self/ns/net", CAP_SYS_ADMIN is needed\n),
	   'a namespace that may not be entered');
}

### The kernel

SKIP: {
	skip 'module knat is loaded here', 1 if -d '/sys/module/knat';
	natctl('rule', 'list');
	skip 'module knat can be loaded here', 1 if -d '/sys/module/knat';
	right('rule list');
	right('-j rule list');
	right('pool');
	right('map l');
	right('sess c');
	right('c');
	right('st');
	right('rule list # as listed');
	natctl(\"\nhelp\nrule list\n", '-b', '-');
	is("$status $err", "2 -:3: Error: module knat is not loaded: modprobe knat\n", 'in a batch too');
	right('-n /proc/self/ns/net rule list') unless $>;
}

### Output

open my $full, '>', '/dev/full' or die;
{
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, '>&', $full;
		open STDERR, '>', "$dir/err";
		exec { $natctl } 'natctl', 'help';
	}
	waitpid $pid, 0;
	is($? >> 8, 2, 'a full disk is an error');
	is(slurp("$dir/err"), "Error: the output cannot be written: No space left on device\n", 'with the reason');
}
is(`'$natctl' help 2>&1 >&-`, "Error: the output cannot be written: Bad file descriptor\n", 'so is a closed standard output');
is(`'$natctl' -b - 2>&1 <&-`, qq(Error: "-" cannot be read: Bad file descriptor\n), 'and a closed standard input');
my $said = `for i in \$(seq 2000); do echo help; done | '$natctl' -b - 2>&1 | head -n 1`;
like($said, qr/^Usage: natctl.*\n\z/, 'a reader that has seen enough hears no complaint');

done_testing();
