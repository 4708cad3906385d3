"""The verbs by which people govern agents: `policy`, `approvals`, `approve`, `pause`, `resume`, `audit`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from prunella.cli.options import FleetOption, JsonOption, RunArgument
from prunella.errors import Misuse

app = typer.Typer()
policy_app = typer.Typer(no_args_is_help=True, help="What agents may do by themselves, by which line of which file.")
audit_app = typer.Typer(no_args_is_help=True, help="The journal: is it what was written, and who allowed what.")
app.add_typer(policy_app, name="policy")
app.add_typer(audit_app, name="audit")


@policy_app.command("explain")
def explain_policy(
    call: Annotated[list[str], typer.Argument(metavar="CALL", help="Such as `config.set web PORT 8080`.")],
    *,
    fleet: FleetOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what would become of one call, rule by rule; touches nothing."""
    from prunella.cli.policy import explain_call

    words = call[0] if len(call) == 1 else shlex.join(call)
    raise typer.Exit(explain_call(words, fleet, json=json))


@policy_app.command("show")
def show_whole_policy(*, fleet: FleetOption = None, json: JsonOption = False) -> None:
    """Show what is handed over, service by service, and every rule with its line."""
    from prunella.cli.policy import show_policy

    raise typer.Exit(show_policy(fleet, json=json))


@app.command()
def approvals(*, json: JsonOption = False) -> None:
    """List the questions that wait for a human, the oldest first, and until when."""
    from prunella.cli.approvals import show_approvals

    raise typer.Exit(show_approvals(json=json))


@app.command()
def approve(
    run: RunArgument,
    *,
    show: Annotated[bool, typer.Option("--show", help="Only show what is asked: plan, difference, evidence.")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="Say no; the agent thinks of something else.")] = False,
    final: Annotated[bool, typer.Option("--final", help="With --deny: and no other plan either.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the agent reads it.")] = "",
    edit: Annotated[
        Path | None, typer.Option("--edit", metavar="FILE", help="The steps that are wanted instead, JSON or YAML.")
    ] = None,
    plan: Annotated[str, typer.Option("--plan", metavar="KEY", help="The plan that is meant, as it was shown.")] = "",
    json: JsonOption = False,
) -> None:
    """Answer a run's question, once, and go on with the run."""
    from prunella.cli.approve import Reply, approve_run, show_question

    if show and (deny or edit):
        raise Misuse("--show only shows; leave it out to answer.")
    if show:
        raise typer.Exit(show_question(run, json=json))
    reply = Reply(deny=deny, final=final, reason=reason, edit=edit, plan=plan)
    raise typer.Exit(approve_run(run, reply, json=json))


@app.command()
def pause(
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever finds it paused.")] = "",
    json: JsonOption = False,
) -> None:
    """Have every agent stand still within a second, in every process, until `resume`."""
    from prunella.cli.pause import pause_agents

    raise typer.Exit(pause_agents(reason, json=json))


@app.command()
def resume(*, json: JsonOption = False) -> None:
    """Let the agents go on."""
    from prunella.cli.pause import resume_agents

    raise typer.Exit(resume_agents(json=json))


@audit_app.command("verify")
def verify_audit(
    *,
    expect: Annotated[
        str, typer.Option("--expect", metavar="HASH", help="A hash that was put down earlier, elsewhere.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Find lines of the journal that were changed, left out or put elsewhere."""
    from prunella.cli.audit import verify_journal

    raise typer.Exit(verify_journal(expect, json=json))


@audit_app.command("show")
def show_whole_audit(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="One run's; default: every run's.")] = "",
    *,
    json: JsonOption = False,
) -> None:
    """Show what was changed when, and with whose leave."""
    from prunella.cli.audit import show_audit

    raise typer.Exit(show_audit(run, json=json))
