"""What holds for every test."""

import os

# A type that was not listed for checkpoints must fail a test, not warn in the field; read when langgraph is imported.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
