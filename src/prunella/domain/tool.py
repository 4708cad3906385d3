"""What a tool says of itself."""

from enum import StrEnum

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.posture import Downgrade
from prunella.domain.setting import Hunk, SettingChange


class Risk(StrEnum):
    """What a call may do to the world, mildest first."""

    READ = "read"  # looks only; needs no journal entry
    CHANGE = "change"  # changes the world and can put it back
    INTERRUPT = "interrupt"  # a change that people notice while it happens (a restart, a stop)
    IRREVERSIBLE = "irreversible"  # cannot be put back: always asks


class ToolSpec(Frozen):
    """A tool as brains and policies see it. `parameters` and `returns` are JSON schemas.

    `settles`: its undo takes effect by reading what other undos restore (a restart reads files), so it runs last.
    """

    name: str
    description: str
    risk: Risk
    parameters: dict[str, JsonValue]
    returns: dict[str, JsonValue]
    settles: bool = False


class Prepared(Frozen):
    """What `before` found out, ahead of the effect; everything that undo will need.

    `before` is JSON of the tool's own. `touches` names the resources at stake (`file:/abs/path`, `service:name`).
    `difference` is what will change, as a person reads it, redacted. `reversible` is False when this very call
    could not be put back; `note` says why. `must_ask` says why a human is asked whatever the rules allow ("": no need).
    `instead` names the tool that does, with the same arguments, what this call means ("": this one does).

    `changes` are the settings that would change, as they are (secrets included: it is journaled, and shown to nobody).
    `is_opaque`: more would change than they say, such as text that is no setting; `hunks` then are the lines that
    differ, as they are. `written_bytes` and `rows` are how much would be written. `weakens` are guards beside settings
    (rights, links) that the call itself would weaken.
    """

    before: JsonValue = None
    touches: tuple[str, ...] = ()
    difference: str = ""
    reversible: bool = True
    note: str = ""
    must_ask: str = ""
    instead: str = ""
    changes: tuple[SettingChange, ...] = ()
    is_opaque: bool = False
    hunks: tuple[Hunk, ...] = ()
    written_bytes: int = 0
    rows: int = 0
    weakens: tuple[Downgrade, ...] = ()
