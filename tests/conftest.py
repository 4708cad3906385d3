"""What holds for every test."""

import os
import signal

# A type that was not listed for checkpoints must fail a test, not warn in the field; read when langgraph is imported.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

# A job in the background starts with Ctrl-C ignored, and so would everything that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
