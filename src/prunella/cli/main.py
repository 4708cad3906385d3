"""`prunella`: heal, status, explain, undo, demo, doctor, and more. Heavy imports wait until a verb needs them."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from prunella.cli import completion, governing
from prunella.cli.exits import Exit
from prunella.cli.options import FleetOption, JsonOption, RunArgument
from prunella.cli.streams import open_closed_streams, point_nowhere
from prunella.errors import Busy, Misuse, Parked, Paused, PrunellaError, Rejected

app = typer.Typer(
    name="prunella",
    help="Heal it, prove it, or put it back.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit codes: 0 healed or nothing to do; 1 an error of ours; 2 bad input, nothing touched; "
        "3 escalated, as found; 4 rolled back; 5 frozen, an undo failed; 6 held by another run; 7 unverified; "
        "8 waits for an approval; 9 agents are paused; 130 interrupted, as found."
    ),
)


@app.command()
def heal(
    goal: Annotated[str, typer.Argument(metavar="GOAL", help="What is wanted, naming the services.")] = "",
    *,
    fleet: FleetOption = None,
    service: Annotated[
        list[str] | None,
        typer.Option(
            "--service", "-s", metavar="NAME", help="A service; may be repeated.", autocompletion=completion.services
        ),
    ] = None,
    brain: Annotated[
        list[str] | None,
        typer.Option(
            "--brain",
            "-b",
            metavar="NAME",
            help="`reflex`, a chat model such as `openai:gpt-4o`, or the URL of a server; repeated: a ladder.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and its difference; touch nothing.")
    ] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask before every change.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Say yes to what asks; what is denied stays denied.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another run holds the service.")] = False,
    json: JsonOption = False,
) -> None:
    """Look at services, find what is broken, repair it, and prove it; or put everything back."""
    from prunella.cli.heal import Wanted, heal_fleet

    wanted = Wanted(
        goal=goal, fleet=fleet, services=tuple(service or ()), brains=tuple(brain or ()),
        dry_run=dry_run, ask=ask, yes=yes, wait=wait, json=json,
    )  # fmt: skip
    raise typer.Exit(heal_fleet(wanted))


@app.command()
def watch(
    *,
    fleet: FleetOption = None,
    service: Annotated[
        list[str] | None,
        typer.Option(
            "--service", "-s", metavar="NAME", help="Only this service; repeatable.", autocompletion=completion.services
        ),
    ] = None,
    brain: Annotated[list[str] | None, typer.Option("--brain", "-b", metavar="NAME", help="As for heal.")] = None,
    damping: Annotated[
        float | None,
        typer.Option("--damping", metavar="SECONDS", help="How long red is a blip; default: the fleet file's.", min=0),
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask before every change.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Say yes to what asks; what is denied stays denied.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Look after a fleet until told to stop: heal what stays red, keep a picture of every good day."""
    from prunella.cli.heal import Wanted
    from prunella.cli.watch import watch_fleet

    wanted = Wanted(fleet=fleet, services=tuple(service or ()), brains=tuple(brain or ()), ask=ask, yes=yes, json=json)
    raise typer.Exit(watch_fleet(wanted, damping))


@app.command()
def status(*, json: JsonOption = False) -> None:
    """List the runs, newest first: what they are at, who works on them, how they ended."""
    from prunella.cli.status import show_status

    raise typer.Exit(show_status(json=json))


@app.command()
def explain(
    run: RunArgument = "last",
    *,
    step: Annotated[int | None, typer.Option("--step", "-n", help="Only this step, in full.", min=1)] = None,
    json: JsonOption = False,
) -> None:
    """Tell why a run did what it did: the evidence, what else was considered, who allowed it."""
    from prunella.cli.explain import explain_run

    raise typer.Exit(explain_run(run, step, json=json))


@app.command()
def undo(run: RunArgument, *, json: JsonOption = False) -> None:
    """Put back everything that a run did; stops where somebody changed it since."""
    from prunella.cli.undo import undo_run

    raise typer.Exit(undo_run(run, json=json))


@app.command()
def demo(
    *,
    fault: Annotated[
        str,
        typer.Option("--fault", metavar="NAME", help="Which fault; see --list.", autocompletion=completion.faults),
    ] = "",
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="A random variant; the same for the same number.")
    ] = None,
    brain: Annotated[list[str] | None, typer.Option("--brain", "-b", metavar="NAME", help="As for heal.")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Keep the shop's folder here.")] = None,
    list_faults: Annotated[bool, typer.Option("--list", help="List the faults.")] = False,
    json: JsonOption = False,
) -> None:
    """Break a small real shop and heal it before your eyes."""
    from prunella.cli.demo import run_demo, show_faults

    if list_faults:
        raise typer.Exit(show_faults(json=json))
    raise typer.Exit(run_demo(fault, seed, tuple(brain or ()), keep, json=json))


@app.command()
def doctor(*, fleet: FleetOption = None, json: JsonOption = False) -> None:
    """Check that everything Prunella needs is here: the state folder, the fleet file, the brains."""
    from prunella.cli.doctor import examine

    raise typer.Exit(examine(fleet, json=json))


app.add_typer(governing.app)

lessons_app = typer.Typer(invoke_without_command=True)
app.add_typer(lessons_app, name="lessons")

LessonArgument = Annotated[
    str,
    typer.Argument(metavar="ID", help="A lesson's id, or the beginning of one.", autocompletion=completion.lessons),
]


@lessons_app.callback()
def lessons(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """List what healed before, how far it is trusted, and when it expires; or show or forget some of it."""
    if ctx.invoked_subcommand is None:
        from prunella.cli.lessons import show_lessons

        raise typer.Exit(show_lessons(json=json))


@lessons_app.command("show")
def show_lesson(lesson: LessonArgument, *, json: JsonOption = False) -> None:
    """Tell one lesson in full: the trouble, the steps, its record."""
    from prunella.cli import lessons as book

    raise typer.Exit(book.show_lesson(lesson, json=json))


@lessons_app.command("forget")
def forget_lesson(
    lesson: LessonArgument = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="Forget all lessons of all fleets.")] = False,
) -> None:
    """Forget a lesson; a later heal may teach it again."""
    from prunella.cli.lessons import forget_lessons

    raise typer.Exit(forget_lessons(lesson, everything=everything))


@app.command()
def export(
    *,
    shape: Annotated[Literal["chat"], typer.Option("--format", help="How: `chat`, one JSON object a run.")] = "chat",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to; default: standard output.")
    ] = None,
    since: Annotated[
        float | None, typer.Option("--since", metavar="DAYS", help="Only runs that ended in so many days.", min=0)
    ] = None,
) -> None:
    """Write verified runs as chat messages, to fine-tune a small model on; secrets are left out."""
    from prunella.cli.export import export_chat

    del shape  # there is one so far
    raise typer.Exit(export_chat(out, since))


def main() -> None:
    """Run the command line; an error becomes one message and an exit code."""
    open_closed_streams()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        app()
    except Busy as error:
        _fail(str(error), Exit.BUSY)
    except Parked as error:
        _fail(str(error), Exit.WAITING)
    except Paused as error:
        _fail(str(error), Exit.PAUSED)
    except PrunellaError as error:
        _fail(str(error), Exit.MISUSE if isinstance(error, Misuse | Rejected) else Exit.FAILED)
    except BrokenPipeError:
        point_nowhere(sys.stdout)
        sys.exit(Exit.FAILED)


def _stop(number: int, frame: FrameType | None) -> None:
    """Before a verb is at work; from then on it knows better what to do."""
    del number, frame
    _fail("Interrupted; nothing was touched.", Exit.INTERRUPTED)


def _fail(message: str, code: Exit) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
