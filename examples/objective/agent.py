"""The fastest pool that fits into memory: the best measured setting is kept, and no constraint is ever left."""

from prunella import Agent, Brief, Goal, Objective, Plan, Step, Unsure, tool

POOL = {"workers": 1}


def seconds() -> float:
    return 400 / POOL["workers"] + 2 * POOL["workers"]


def fits_memory() -> bool:
    return 64 * POOL["workers"] <= 640


def pool_now(**_: int) -> dict[str, int]:
    return POOL


@tool(risk="change", before=pool_now, undo=POOL.update)
def resize_pool(workers: int) -> None:
    """Run the pool with another number of workers.

    Args:
        workers: how many
    """
    POOL["workers"] = workers


def climber(brief: Brief) -> Plan | Unsure:
    """Doubles while that helps; each step that was put back, or refused, halves the next."""
    stride = POOL["workers"] // 2 ** len([*brief.attempts, *brief.rejections])
    if stride == 0:
        return Unsure(why="no step helps any more")
    step = Step(tool="resize_pool", arguments={"workers": POOL["workers"] + stride})
    return Plan(cause="more workers may be faster", steps=(step,))


def works() -> bool:
    return POOL["workers"] > 0


goal = Goal(
    "Make the pool as fast as memory allows.",
    check=works,
    constraints=(fits_memory,),
    objective=Objective("seconds", measure=seconds),
)
run = Agent(brain=climber, tools=[resize_pool]).run_sync(goal, on_event=lambda event: print(event.text))
print(run.verdict, POOL, f"{seconds():g} s")
