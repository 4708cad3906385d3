"""What a server answered when it did not do as asked, in our own errors; none of them ever holds a password."""

from prunella.errors import Rejected, Transient


class Unreachable(Transient):
    """The server did not answer, or not now. `state` is its SQLSTATE or Redis error code, "" when it said nothing."""

    code = "unreachable"

    def __init__(self, message: str, state: str = "") -> None:
        super().__init__(message)
        self.state = state


class Refused(Rejected):
    """The server answered, and said no. `state` is its SQLSTATE or Redis error code, "" when it named none."""

    code = "refused"

    def __init__(self, message: str, state: str = "") -> None:
        super().__init__(message)
        self.state = state


def without(text: str, password: str | None) -> str:
    """The text without the password."""
    return text.replace(password, "[redacted]") if password else text
