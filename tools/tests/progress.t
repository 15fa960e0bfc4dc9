#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What takes long says so on a terminal, and nowhere else: natctl reads a file that comes slowly."""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

natctl = os.environ.get('NATCTL') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../natctl')
tests = failed = 0


def ok(good, name, seen=None):
    global tests, failed
    tests += 1
    if not good:
        failed += 1
        print('# seen: %r' % (seen,))
    print('%s %d - %s' % ('ok' if good else 'not ok', tests, name))


def read_more(fd, seconds):
    """What comes at the other end of a pipe or a terminal in so many seconds; None: nobody has it open."""
    if not select.select([fd], [], [], seconds)[0]:
        return b''
    try:
        return os.read(fd, 65536) or None
    except OSError:		# a terminal that nobody has open any more
        return None


def screen(text):
    """The lines that a terminal shows in the end."""
    lines = []
    for line in text.replace('\r\n', '\n').split('\n'):
        cells = []
        at = 0
        for char in line:
            if char == '\r':
                at = 0
                continue
            cells[at:at + 1] = [char]
            at += 1
        lines.append(''.join(cells).rstrip())
    return '\n'.join(lines).strip('\n')


def apply(terminal, last_line, done):
    """natctl apply of lines that go on until this is done, which is asked with its standard error and the seconds:
    its standard output, its standard error, its status, and how long it took.
    """
    fds = pty.openpty() if terminal else os.pipe()
    err = b''
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([natctl, 'apply', '-'], stdin=subprocess.PIPE, stdout=out, stderr=fds[1])
        os.close(fds[1])
        while not done(err.decode(), time.monotonic() - start):
            process.stdin.write(b'config set udp_timeout 300\n')
            process.stdin.flush()
            err += read_more(fds[0], 0.1) or b''
        process.stdin.write(last_line)
        process.stdin.close()
        while True:
            more = read_more(fds[0], 60)
            if not more:
                break
            err += more
        os.close(fds[0])
        process.wait()
        out.seek(0)
        return out.read().decode(), err.decode(), process.returncode, time.monotonic() - start


if not os.path.exists(natctl):
    print('1..0 # SKIP no natctl: make tools')
    sys.exit()

wrong = b'nonsense\n'
message = r'-:\d+: Error: "nonsense" sets nothing up: .*'

out, err, status, took = apply(True, wrong, lambda err, seconds: err.count('reading') > 2 or seconds > 60)
ok(re.match(r'\rreading the file: [0-9]+ lines, [1-9][0-9]* s +\r', err), 'after a second a terminal shows what is done', err)
shown = [int(n) for n in re.findall(r'reading the file: ([0-9]+) lines', err)]
ok(len(shown) > 2 and shown == sorted(shown) and shown[-1] > shown[0], 'and how it goes on', err)
ok(all(len(line) < 80 for line in re.split(r'[\r\n]', err) if 'reading' in line), 'in less than 80 columns', err)
ok(re.fullmatch(message, screen(err).split('\n')[0]), 'an error stands alone in the end', screen(err))
ok('reading' not in screen(err), 'nothing is left of it', screen(err))
ok((out, status) == ('', 1), 'standard output has nothing of it', (out, status))

# A busy machine may take a second for anything.
for attempt in range(30):
    out, err, status, took = apply(True, wrong, lambda err, seconds: True)
    if took < 0.9:
        break
ok(took < 0.9 and re.match(message, err) and status == 1, 'what is quick says nothing', (took, err))

out, err, status, took = apply(False, wrong, lambda err, seconds: seconds > 2.5)
ok(re.match(message, err) and '\r' not in err and out == '' and status == 1, 'a pipe gets nothing of it', err)

print('1..%d' % tests)
sys.exit(failed > 0)
