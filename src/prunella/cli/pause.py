"""`prunella pause` and `prunella resume`: all agents stand still, in whatever process, until they are let go on."""

import json as json_format
import time

from rich.markup import escape

from prunella.cli.approver import lasting, operator
from prunella.cli.exits import Exit
from prunella.cli.screen import Screen
from prunella.domain.pause import Pause
from prunella.storage.folder import open_folder
from prunella.storage.pause import PauseFile
from prunella.wiring.settings import Settings


def pause_agents(reason: str, *, json: bool) -> Exit:
    """Idempotent: the first pause stands."""
    home = open_folder(Settings.from_environment().home)
    pause = PauseFile(home).stop(Pause(by=operator(), at=time.time(), reason=reason))
    if json:
        print(json_format.dumps(pause.model_dump()))
        return Exit.DONE
    screen = Screen()
    screen.say(f"[bold yellow]All agents are {escape(str(pause))}.[/]")
    screen.say("They stand still within a second; what one has in hand comes to rest first.")
    screen.say("Undo works meanwhile. `prunella resume` lets them go on.")
    return Exit.DONE


def resume_agents(*, json: bool) -> Exit:
    """Idempotent."""
    home = open_folder(Settings.from_environment().home)
    found = PauseFile(home).resume()
    if json:
        print(json_format.dumps({"resumed": found is not None, "was": found and found.model_dump()}))
    elif found is None:
        print("Nothing was paused.")
    else:
        Screen().say(f"Agents go on; they were {escape(str(found))} ({lasting(time.time() - found.at)} long).")
    return Exit.DONE
