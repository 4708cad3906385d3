"""bank: somebody else's service. No supervisor of the shop starts it, and no setting of the shop can mend it.

Usage: python -m programs.bank PORT KEY; only payments that show KEY are charged.
"""

import sys

from . import serving
from .serving import Answer, Request


def main() -> None:
    port, key = int(sys.argv[1]), sys.argv[2]

    def route(request: Request) -> Answer:
        if request.headers.get("X-Api-Key") != key:
            return Answer(401, {"error": "API key revoked. A new one was sent to you by post."})
        return Answer(200, {"status": "ok"})

    serving.serve("127.0.0.1", port, route)


if __name__ == "__main__":
    main()
