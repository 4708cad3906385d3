"""What a check blurts out reaches neither the model, nor the book, nor the disk."""

from pathlib import Path

from prunella import Agent, Brief, Goal, Plan, Step, Unsure, tool
from prunella.domain.plan import Proposal

KEY = "sk-proj-" + "Zq8" * 14


async def nothing(note: str) -> dict[str, str]:
    return {"note": note}


async def take_off(before: dict[str, str]) -> None: ...


@tool(risk="change", before=nothing, undo=take_off)
async def write_note(note: str) -> str:
    """Write a note on the board, for tests.

    Args:
        note: what it says
    """
    return note


def files_with(secret: bytes, folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


async def test_a_key_in_an_error_is_kept_nowhere(tmp_path: Path) -> None:
    told: list[str] = []

    def blurts() -> bool:
        raise PermissionError(f"401: Authorization: Bearer {KEY} was refused")

    def quotes(brief: Brief) -> Proposal:
        told.append(brief.model_dump_json())
        if brief.attempts:
            return Unsure(why=f"the key {KEY} is of no use")
        return Plan(cause=f"{KEY} expired", steps=(Step(tool="write_note", arguments={"note": "x"}, why=KEY),))

    run = await Agent(brain=quotes, tools=[write_note], home=tmp_path).run(Goal("Get in.", check=blurts))
    assert KEY not in "\n".join([*told, run.summary, run.explain()])
    assert files_with(KEY.encode(), tmp_path) == []
