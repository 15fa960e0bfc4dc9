# SPDX-License-Identifier: GPL-2.0
"""The netlink family of knat as module/uapi/knat.yaml has it, for tests that make requests of their own."""

import os
import socket
import struct

import yaml

HERE = os.path.dirname(os.path.realpath(__file__))
SPEC = os.path.join(HERE, "../module/uapi/knat.yaml")

GENL_ID_CTRL = 0x10
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_MCAST_GROUPS = 7
CTRL_ATTR_MCAST_GRP_NAME = 1
CTRL_ATTR_MCAST_GRP_ID = 2
NLMSG_ERROR = 2
NLMSG_DONE = 3
REQUEST, ACK, ROOT, MATCH = 0x1, 0x4, 0x100, 0x200
DUMP = ROOT | MATCH
CAPPED, ACK_TLVS = 0x100, 0x200
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
HEAD = 20               # of a request, with that of generic netlink
NESTED = 0x8000
SOL_NETLINK = 270
ADD_MEMBERSHIP = 1
EXT_ACK = 11


def attr(number, payload):
    data = struct.pack("HH", 4 + len(payload), number) + payload
    return data + b"\0" * (-len(data) % 4)


def attrs_of(data, at=0):
    """Number and payload of each attribute."""
    while at + 4 <= len(data):
        length, number = struct.unpack_from("HH", data, at)
        if length < 4:
            return
        yield number & 0x3fff, data[at + 4:at + length]
        at += (length + 3) & ~3


def genl(cmd, version=1, reserved=0):
    return struct.pack("BBH", cmd, version, reserved)


class Spec:
    """sets: name -> [(number, attribute)]; ops: [(number, operation)] that can be asked for."""

    def __init__(self):
        with open(SPEC, encoding="utf-8") as file:
            spec = yaml.load(file, Loader=yaml.CSafeLoader)
        self.groups = [one["name"] for one in spec["mcast-groups"]["list"]]
        self.enums = {one["name"]: len(one["entries"])
                      for one in spec["definitions"] if one["type"] == "enum"}
        self.sets, self.ops = {}, []
        for one in spec["attribute-sets"]:
            number, attrs = 0, []
            for one_attr in one["attributes"]:
                number = one_attr.get("value", number + 1)
                attrs.append((number, one_attr))
            self.sets[one["name"]] = attrs
        number = 0
        for one in spec["operations"]["list"]:
            number = one.get("value", number + 1)
            if "do" in one or "dump" in one:
                self.ops.append((number, one))

    def op(self, name):
        return next(number for number, one in self.ops if one["name"] == name)

    def attr(self, in_set, name):
        return next(number for number, one in self.sets[in_set] if one["name"] == name)


def open_socket(seconds=20):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))
    sock.bind((0, 0))
    return sock


class Talk:
    """Requests to the knat of the namespace that the socket was opened in, and their answers, read with so much room."""

    def __init__(self, spec, room=1 << 17):
        self.spec = spec
        self.room = room
        self.sock = open_socket()
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.seq = 0
        self.verdict = b""      # the message that ended the last answer
        self.family, self.groups = 0, {}
        _, messages = self.ask(GENL_ID_CTRL, REQUEST | ACK, genl(CTRL_CMD_GETFAMILY) +
                               attr(CTRL_ATTR_FAMILY_NAME, b"knat\0"))
        for number, data in attrs_of(messages[0], 20) if messages else ():
            if number == CTRL_ATTR_FAMILY_ID:
                self.family = struct.unpack("H", data)[0]
            if number == CTRL_ATTR_MCAST_GROUPS:
                for _, group in attrs_of(data):
                    group = dict(attrs_of(group))
                    name = group[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b"\0").decode()
                    self.groups[name] = struct.unpack("I", group[CTRL_ATTR_MCAST_GRP_ID])[0]
        if not self.family:
            raise SystemExit("the kernel has no knat")

    def join(self, group):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])

    def do(self, name, body=b""):
        return self.ask(self.family, REQUEST | ACK, genl(self.spec.op(name)) + body)

    def dump(self, name, body=b""):
        return self.ask(self.family, REQUEST | DUMP, genl(self.spec.op(name)) + body)

    def refusal(self):
        """What the verdict says of itself: a sentence or "", and the offset in the request that is to blame or None."""
        kind, flags = struct.unpack_from("HH", self.verdict, 4)
        at = 16 + 4
        if kind == NLMSG_ERROR:
            # Behind the errno, the kernel sends back the header of the request or all of it.
            at += 16 if flags & CAPPED else struct.unpack_from("I", self.verdict, 20)[0]
        tlvs = dict(attrs_of(self.verdict, at)) if flags & ACK_TLVS else {}
        offset = tlvs.get(NLMSGERR_ATTR_OFFS)
        return (tlvs.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode(),
                struct.unpack("I", offset)[0] if offset else None)

    def ask(self, family, flags, payload):
        """The errno of the answer, 0 if it was done, and the messages before it, headers included."""
        self.seq += 1
        self.sock.send(struct.pack("IHHII", 16 + len(payload), family, flags, self.seq, 0) + payload)
        messages = []
        while True:
            data = self.sock.recv(self.room)
            at = 0
            while at + 16 <= len(data):
                length, kind, _, seq = struct.unpack_from("IHHI", data, at)
                if seq == self.seq:
                    if kind in (NLMSG_ERROR, NLMSG_DONE):
                        self.verdict = data[at:at + length]
                        return -struct.unpack_from("i", data, at + 16)[0], messages
                    messages.append(data[at:at + length])
                at += (length + 3) & ~3
