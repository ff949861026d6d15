"""This process with few address families, as systemd's RestrictAddressFamilies= leaves it.

Like systemd's it is a seccomp filter of socket(2), see seccomp(2); there is no way back.
"""

import ctypes
import errno
import platform
import socket
from collections.abc import Sequence

_SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
_CALL, _FAMILY = 0, 16  # offsets in struct seccomp_data: nr, args[0]
_ALLOW, _ERROR = 0x7FFF_0000, 0x0005_0000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(_Step)))


def restrict(names: Sequence[str]) -> None:
    """Allow sockets of these families only (`AF_UNIX` and so on). Raises OSError."""
    families = [getattr(socket, name) for name in names]
    last = len(families) + 1
    steps = [
        _Step(_LOAD, 0, 0, _CALL),
        _Step(_EQUAL, 0, last + 1, _SOCKET),
        _Step(_LOAD, 0, 0, _FAMILY),
        *(_Step(_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)),
        _Step(_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT),
        _Step(_RETURN, 0, 0, _ALLOW),
    ]
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
