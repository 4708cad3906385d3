"""Ports of the loopback address that nobody uses."""

import random
import socket


def free_ports(count: int, step: int = 1) -> list[int]:
    """Below the range that the system hands out by itself, so that nobody gets one while it is not in use.

    With `step` 2 all are even: the port below each is nobody's either.
    """
    free = (port for port in random.Random().sample(range(18000, 32000, step), 2000) if is_free(port))
    return [next(free) for _ in range(count)]


def is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
