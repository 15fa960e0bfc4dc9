# SPDX-License-Identifier: GPL-2.0
"""What knat is to reach, and what a report says of it."""

import os

HERE = os.path.dirname(os.path.realpath(__file__))


def _ratio(above, below):
    return above / below if above is not None and below else None


def recorded_instructions():
    """{kernel: {what: how many}}, by make bench-instructions"""
    kernels = {}
    with open(os.path.join(HERE, "instructions.txt"), encoding="utf-8") as lines:
        for words in map(str.split, lines):
            if len(words) == 3:
                kernels.setdefault(words[0], {})[words[1]] = int(words[2])
    return kernels


def goals(report):
    """(what, its unit, the goal, what was seen, reached) of all that the report has figures for"""
    found = []

    def goal(what, unit, limit, seen, at_least=False):
        if seen is not None:
            found.append((what, unit, limit, seen, seen >= limit if at_least else seen <= limit))

    def get(*key, field="cost"):
        row = report.get(*key)
        return None if row is None else row.get(field)

    def held(scenario, flows, *actions):
        """The longest of all runs. What is for comparison is no goal of knat's, but what the machine does by itself."""
        for name, action in actions:
            longest = get(scenario, "knat", flows, "-", f"{action}.held", field="max")
            goal(name, "ms", 1, None if longest is None else longest / 1000)

    for flows, routing, fast in ((1000, 60, 50), (1000000, 150, 200)):
        for order, name in (("order", "in order"), ("random", "at random")):
            at = (flows, order, "forward.calm")
            goal(f"classic path above routing, {flows:,} flows {name}", "ns", routing,
                 get("sockets", "knat", *at, field="over_routing"))
            goal(f"fast path above the floor, {flows:,} flows {name}", "ns", fast,
                 get("sockets", "fastpath", *at, field="over_floor"))
    goal("first packet above routing, 1,000,000 UDP mappings", "ns", 400,
         get("renew", "knat", 1000000, "-", "setup.calm", field="over_routing"))
    goal("first packet above routing, 1,000,000 TCP connections", "ns", 600,
         get("syn", "knat", 1000000, "-", "setup.calm", field="over_routing"))
    goal("new mappings a second of one CPU, UDP", "M", 1.0,
         _ratio(get("renew", "knat", 1000000, "-", "setup.pps"), 1e6), at_least=True)
    for share, alike in (("95", "6"), ("99.9", "6-few")):
        used = get("pressure", "knat", 1000000, share, "setup.wall")
        goal(f"first packet with {share} % of the ports used, to one of as many mappings and more addresses", "times",
             1.25, _ratio(used, get("pressure", "knat", 1000000, alike, "setup.wall")))
        goal(f"first packet with {share} % of the ports used, to one with none used", "times", 1.25,
             _ratio(used, get("pressure", "knat", 1000000, "0", "setup.wall")))
    goal("a refused packet, to an established one of 1,000,000 flows at random", "times", 1,
         _ratio(get("pressure", "knat", 1000000, "100", "setup.wall"),
                get("sockets", "knat", 1000000, "random", "forward.wall")))
    count = recorded_instructions().get("7.2", {})
    goal("instructions of a packet on Linux 7.2, classic path", "", 6900, count.get("knat"))
    goal("instructions of a packet on Linux 7.2, fast path", "", 5500, count.get("fastpath"))
    slab = get("sockets", "knat", 1000000, "-", "slab_per_flow")
    goal("slab bytes of a UDP mapping", "bytes", 64, None if slab is None else round(slab))
    for flows in (1000000, 10000000):
        goal(f"the same with tables, of {flows:,}", "bytes", 88, get("sockets", "knat", flows, "-", "memory_per_flow"))
    slab = get("syn", "knat", 1000000, "-", "slab_per_flow")
    goal("slab bytes of a TCP connection", "bytes", 128, None if slab is None else round(slab))
    goal("the same with tables, of 1,000,000", "bytes", 176, get("syn", "knat", 1000000, "-", "memory_per_flow"))
    goal("mappings of one inside socket with 10,000 remotes", "", 1, get("peers", "knat", 10000, "-", "entries"))
    for name, one, two in (("established flows", "one", "two"), ("new flows", "setup1", "setup2")):
        for case, rest in (("knat", ""), ("fastpath", ""), ("route", ", for comparison")):
            goal(f"{name} on two CPUs, to one, {case}{rest}", "times", 1.95,
                 _ratio(get("cpus", case, 100000, "-", f"{two}.pps"), get("cpus", case, 100000, "-", f"{one}.pps")),
                 at_least=True)
    goal("a packet of 10,000,000 flows at random, to one of 1,000,000", "times", 1.5,
         _ratio(get("sockets", "knat", 10000000, "random", "forward.calm"),
                get("sockets", "knat", 1000000, "random", "forward.calm")))
    memory = get("sockets", "knat", 10000000, "-", "memory_per_flow")
    goal("memory of 10,000,000 mappings", "GB", 1, None if memory is None else memory / 100)
    for flows in (1000000, 10000000):
        goal(f"packets of established flows lost while {flows:,} come", "", 0,
             get("growth", "knat", flows, "-", "grow.lost"))
    for flows in (1000000, 10000000):
        held("growth", flows,
             (f"longest time that a CPU is held during growth to {flows:,}", "grow"),
             ("the same when all packets are sent again, for comparison", "again"),
             ("the same when one such table is allocated, for comparison", "table"))
    held("holds", 1000000,
         ("longest time that a CPU is held during expiry of 1,000,000", "expire"),
         ("the same during flush of 1,000,000", "flush"),
         ("the same in as long a rest, for comparison", "rest"))
    for action in ("list", "expire", "flush"):
        goal(f"rate that established flows keep during {action} of 1,000,000", "%", 95,
             get("manage", "knat", 1000000, "-", f"{action}.kept"), at_least=True)
    for action, what in (("rest", "nothing"), ("fill", "a program that fills memory")):
        goal(f"the same beside {what}, for comparison", "%", 95,
             get("manage", "knat", 1000000, "-", f"{action}.kept"), at_least=True)
    goal("flush of 1,000,000", "ms", 1000, get("manage", "knat", 1000000, "-", "flush.ms"))
    goal("list of 1,000,000", "ms", 3000, get("manage", "knat", 1000000, "-", "list.ms"))
    goal("TCP bulk, CPU for each byte, to routing", "times", 1 / 0.98,
         _ratio(get("bulk", "knat", 1, "-", "bulk.cpu"), get("bulk", "route", 1, "-", "bulk.cpu")))
    return found
