"""Which system calls a job may not make: those that reach past its namespaces or its limits."""

import errno
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NEW_USER = 0x10000000
_OTHER_ABI = 0x40000000  # x32 on x86_64; beyond every number elsewhere
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: vsock and others are in no network namespace

# The newer calls have one number everywhere: io_uring, the mount family, memfd_secret.
_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 447)


@dataclass(frozen=True)
class _Machine:
    """`refused`: ptrace, process_vm_*, the keyrings (which no namespace holds apart), memfd_create (memory that no
    limit counts), userfaultfd, bpf, perf_event_open, unshare, setns, mount, umount2, pivot_root.
    """

    architecture: int
    refused: tuple[int, ...]
    clone: int
    socket: int
    clone3: int = 435


_MACHINES = {
    "x86_64": _Machine(
        architecture=0xC000003E,
        refused=(101, 310, 311, 248, 249, 250, 319, 323, 321, 298, 272, 308, 165, 166, 155),
        clone=56,
        socket=41,
    ),
    "aarch64": _Machine(
        architecture=0xC00000B7,
        refused=(117, 270, 271, 217, 218, 219, 279, 282, 280, 241, 97, 268, 40, 39, 41),
        clone=220,
        socket=198,
    ),
}


def seccomp_filter(machine: str | None = None) -> bytes:
    """The compiled filter for bwrap's `--seccomp`; empty for a machine whose numbers are not known here."""
    known = _MACHINES.get(machine or platform.machine())
    return b"".join(_instructions(known)) if known else b""


def _instructions(machine: _Machine) -> Iterator[bytes]:
    yield _step(_LOAD, _ARCHITECTURE_AT)
    yield from _when(_EQUAL, machine.architecture, otherwise=(_step(_RETURN, _KILL),))
    yield _step(_LOAD, _NUMBER_AT)
    yield from _when(_AT_LEAST, _OTHER_ABI, then=(_refuse(errno.ENOSYS),))
    for number in (*machine.refused, *_EVERYWHERE):
        yield from _when(_EQUAL, number, then=(_refuse(errno.EPERM),))
    yield from _when(_EQUAL, machine.clone3, then=(_refuse(errno.ENOSYS),))  # its flags are out of a filter's sight
    yield from _when(_EQUAL, machine.clone, then=tuple(_clone()))
    yield from _when(_EQUAL, machine.socket, then=tuple(_socket()))
    yield _step(_RETURN, _ALLOW)


def _clone() -> Iterator[bytes]:
    yield _step(_LOAD, _FIRST_ARGUMENT_AT)
    yield from _when(_ANY_BIT, _NEW_USER, then=(_refuse(errno.EPERM),))
    yield _step(_RETURN, _ALLOW)


def _socket() -> Iterator[bytes]:
    yield _step(_LOAD, _FIRST_ARGUMENT_AT)
    for family in _FAMILIES:
        yield from _when(_EQUAL, family, then=(_step(_RETURN, _ALLOW),))
    yield _refuse(errno.EAFNOSUPPORT)


def _when(test: int, value: int, *, then: tuple[bytes, ...] = (), otherwise: tuple[bytes, ...] = ()) -> Iterator[bytes]:
    """Do `then` where the test holds, or `otherwise` where it does not; one of them, which must return."""
    skip_if_true, skip_if_false = (0, len(then)) if then else (len(otherwise), 0)
    yield _step(test, value, skip_if_true, skip_if_false)
    yield from then or otherwise


def _refuse(code: int) -> bytes:
    return _step(_RETURN, _ERRNO | code)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
