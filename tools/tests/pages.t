#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# The manual pages: their form, the settings that they tell of, and the configuration that they show.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $tools = dirname(abs_path($0)) . '/..';
my $natctl = abs_path($ENV{NATCTL} // "$tools/natctl");

sub slurp
{
	my ($file) = @_;
	local $/;
	open my $handle, '<', $file or die "$file: $!";
	return scalar <$handle>;
}

### Their form

SKIP: {
	skip 'no mandoc', 3 if system('command -v mandoc >/dev/null 2>&1');
	for my $page ('natctl.8', 'knat.conf.5', 'knat.7') {
		# Pages of others need not be installed.
		my $said = join '', grep { !/referenced manual not found/ } `mandoc -T lint -W warning '$tools/$page' 2>&1`;
		is($said, '', "mandoc finds nothing wrong with $page");
	}
}
SKIP: {
	skip 'no groff', 3 if system('groff --version >/dev/null 2>&1');
	for my $page ('natctl.8', 'knat.conf.5', 'knat.7') {
		is(`groff -mandoc -ww -z -Tutf8 '$tools/$page' 2>&1`, '', "groff finds nothing wrong with $page");
	}
}

### Settings

# Those of the kernel, as the page is to tell of them
my ($list) = slurp("$tools/../module/uapi/knat.h") =~ /^#define KNAT_SETTINGS\(X\)(.*?)\n\n/ms;
$list =~ s/\\\n\s*//g;
$list =~ s/"\s+"//g;
my @wanted;
while ($list =~ /X\(\w+,\s*(\w+),\s*"(\w*)",\s*(\d+),\s*(\d+),\s*(\d+),\s*"([^"]*)"\)/g) {
	my ($name, $unit, $min, $max, $default, $meaning) = ($1, $2, $3, $4, $5, $6);
	# One that is no value follows the memory.
	my $said = $default < $min ? 'by memory' : $default;
	$said .= " $unit" if $unit;
	push @wanted, [$name, ucfirst($meaning) . ". Default: $said; $min to $max. "];
}
is(scalar @wanted, scalar(() = $list =~ /X\(/g), 'each setting of the kernel is understood');

my ($section) = slurp("$tools/knat.conf.5") =~ /^\.Sh SETTINGS\n(.*?)^\.Sh/ms or BAIL_OUT('there is no section SETTINGS');
my %told = $section =~ /^\.It Cm (\w+)\n((?:[^.].*\n)*)/mg;
s/\s+/ /g for values %told;
is($told{$_->[0]} // '', $_->[1], "knat.conf(5) tells of $_->[0] what the kernel does") for @wanted;
is_deeply([$section =~ /^\.It Cm (\w+)/mg], [map { $_->[0] } @wanted], 'and of no others, in their order');

### The configuration that is shown

SKIP: {
	skip "no natctl: make tools", 2 unless -x $natctl;
	skip 'module knat is loaded here', 2 if -d '/sys/module/knat';
	my $dir = tempdir(CLEANUP => 1);
	my ($examples) = slurp("$tools/knat.conf.5") =~ /^\.Sh EXAMPLES\n(.*?)^\.Sh/ms;
	my @files = $examples =~ /^\.Bd [^\n]*\n(.*?)^\.Ed/msg;
	is(scalar @files, 2, 'there are a file and one that it includes');
	for my $name ('knat.conf', 'servers.conf') {
		open my $file, '>', "$dir/$name" or die;
		print $file shift @files;
		close $file;
	}
	# All is read before the kernel is asked.
	is(`'$natctl' apply '$dir/knat.conf' --dry-run 2>&1`, "Error: module knat is not loaded: modprobe knat\n",
	   'natctl understands them');
}

done_testing();
