"""How a rule of the fleet file is told: one text by which it is shown, and its line is found."""

import json


def rule_text(key: str, value: object, table: str = "") -> str:
    """`deny = "sql.*"`, `[service.ledger] autonomy = "ask"`; `table` is left out for `[policy]` itself."""
    text = f"{key} = {json.dumps(value, ensure_ascii=False, default=str)}"
    return f"[{table}] {text}" if table else text


def tool_rule_text(glob: str, autonomy: str) -> str:
    """`[policy.tools] "sql.*" = "ask"`."""
    return rule_text(json.dumps(glob, ensure_ascii=False), autonomy, "policy.tools")


def service_rule_text(service: str, autonomy: str) -> str:
    """`[service.ledger] autonomy = "ask"`."""
    return rule_text("autonomy", autonomy, f"service.{service}")
