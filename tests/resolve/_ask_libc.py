# Asks libc: reads requests from stdin as JSON, and prints its answers.
#   ["addrinfo", node, service, flags, family, socktype]  getaddrinfo
#   ["host", name, family]                                gethostbyname2
import ctypes
import json
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)


class Hostent(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("aliases", ctypes.POINTER(ctypes.c_char_p)),
        ("family", ctypes.c_int),
        ("length", ctypes.c_int),
        ("addresses", ctypes.POINTER(ctypes.POINTER(ctypes.c_char))),
    ]


libc.gethostbyname2.restype = ctypes.POINTER(Hostent)
libc.gethostbyname2.argtypes = [ctypes.c_char_p, ctypes.c_int]
EAI = {
    getattr(socket, name): name
    for name in dir(socket)
    if name.startswith("EAI_")
}


def addrinfo(node, service, flags, family, socktype):
    try:
        infos = socket.getaddrinfo(node, service, family, socktype, 0, flags)
    except socket.gaierror as error:
        return [EAI[error.errno]]
    return [
        ("[%s]:%d" if family == socket.AF_INET6 else "%s:%d") % address[:2]
        for family, _, _, _, address in infos
    ]


def host(name, family):
    found = libc.gethostbyname2(name.encode(), family)
    if not found:
        return ["none"]
    entry = found.contents
    words = [entry.name.decode()]
    i = 0
    while entry.aliases[i]:
        words.append(entry.aliases[i].decode())
        i += 1
    i = 0
    while entry.addresses[i]:
        packed = entry.addresses[i][: entry.length]
        words.append(socket.inet_ntop(entry.family, packed))
        i += 1
    return words


CALLS = {"addrinfo": addrinfo, "host": host}
requests = json.load(sys.stdin)
print(json.dumps([CALLS[call](*rest) for call, *rest in requests]))
