"""The ports of one fleet: next to each other, on loopback, and free when they were chosen."""

import random
import socket
from dataclasses import dataclass

_LOWEST, _HIGHEST = 10_000, 32_000  # below the range that the kernel gives to clients


@dataclass(frozen=True)
class Ports:
    """`base` is the first of twenty. Nobody ever listens on `spare` and `spare_b`."""

    base: int

    @property
    def payments(self) -> tuple[int, int]:
        """Both instances of the payments service."""
        return self.base + 1, self.base + 2

    @property
    def fraud(self) -> int:
        return self.base + 3

    @property
    def catalog(self) -> int:
        return self.base + 4

    @property
    def auth(self) -> int:
        return self.base + 5

    @property
    def postgres(self) -> int:
        return self.base + 6

    @property
    def redis(self) -> int:
        return self.base + 7

    @property
    def edge(self) -> int:
        """Plain HTTP of nginx."""
        return self.base + 8

    @property
    def edge_tls(self) -> int:
        return self.base + 9

    @property
    def haproxy(self) -> int:
        """In front of both payments, in the variant that has it."""
        return self.base + 10

    @property
    def spare(self) -> int:
        return self.base + 18

    @property
    def spare_b(self) -> int:
        return self.base + 19

    @property
    def all(self) -> range:
        return range(self.base, self.base + 20)


def free_ports() -> Ports:
    """Twenty in a row that nobody listens on now; random, so that two fleets rarely want the same."""
    for _ in range(1_000):
        ports = Ports(random.randrange(_LOWEST, _HIGHEST, 20))
        if all(map(_is_free, ports.all)):
            return ports
    raise RuntimeError("No twenty free ports in a row on 127.0.0.1: close what listens there.")


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
