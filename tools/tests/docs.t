#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# Every natctl command in the documentation is one that natctl understands: in examples, and in the text between.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(abs_path($0)) . '/../..');
my $natctl = abs_path($ENV{NATCTL} // "$top/tools/natctl");
my $missing = 'module knat is not loaded: modprobe knat';
plan skip_all => "no natctl: make tools" unless -x $natctl;
plan skip_all => 'module knat is loaded here, or can be'
	if -d '/sys/module/knat' || `'$natctl' rule list 2>&1` !~ /\Q$missing\E$/;

my $dir = tempdir(CLEANUP => 1);

# What natctl says to a command: a batch line is split as a shell would, but goes nowhere.
sub said
{
	my ($command) = @_;

	# Options stand before a batch; a file to apply is the example.
	$command =~ s/^natctl (?:-[jp] |-n \S+ )*//;
	$command =~ s/ *>.*//;
	$command =~ s!/etc/knat/knat\.conf|knat\.new!$top/systemd/knat.conf!;
	open my $batch, '>', "$dir/batch" or die;
	print $batch "$command\n";
	close $batch;
	return scalar `'$natctl' -b '$dir/batch' 2>&1 </dev/null`;
}

sub understood
{
	my ($said) = @_;

	# Nothing is there to import, and help asks no kernel.
	return $said =~ /Error: \Q$missing\E$/ || $said =~ /^-: Error: there is nothing in it: / ||
		$said =~ /^Usage: /;
}

my ($lines, $spans) = (0, 0);

sub check
{
	my ($place, $command, $in_text) = @_;
	my $said = said($command);

	# A text may name a command without what belongs behind it.
	ok(understood($said) || ($in_text && $said =~ /^\S+: Error: .* (?:is|are) missing/), "$place: $command") or
		diag($said);
}

for my $file ("$top/README.md", glob("$top/docs/*.md"), map { "$top/tools/$_" } qw(natctl.8 knat.7 knat.conf.5)) {
	open my $handle, '<', $file or die "$file: $!";
	while (my $line = <$handle>) {
		my $place = basename($file) . ":$.";

		chomp $line;
		# An example: natctl alone, or in a pipe.
		if ($line =~ /^(?:sudo )?natctl [a-z-]/ || $line =~ /^[a-z][^|`]* \| natctl /) {
			for my $command (grep { /^natctl / } map { s/^ *(?:sudo )?| +$//gr } split /\|/, $line) {
				check($place, $command);
				$lines++;
			}
			next;
		}
		my @spans = $file =~ /\.md$/ ? $line =~ /`(?:sudo )?(natctl [^`]*)`/g : $line =~ /^\.Ql (natctl .*?)(?: [.,:;])?$/;
		# What stands for something else is in capitals, or an argument of the manual page.
		for my $command (grep { !/\b[A-Z]{2,}\b|\bAr / } @spans) {
			check($place, $command, 1);
			$spans++;
		}
	}
}
cmp_ok($lines, '>', 100, 'there are examples');
cmp_ok($spans, '>', 50, 'and commands in the text');

# What is wrong is not understood.
unlike(said($_), qr/\Q$missing\E/, "not understood: $_") for 'natctl pool lost', 'natctl rule add oif eth0 masquarade';
ok(!understood(said($_)), 'nor taken for help') for 'natctl pool lost', 'natctl rule add masquerade';

done_testing();
