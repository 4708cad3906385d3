"""A clerk whose first guess is wrong: it is carried out, found wanting and put back before the second is tried."""

from prunella import Agent, Brief, Goal, Plan, Step, tool

shelf = {"tea": 310}


def price_now(**_: int) -> dict[str, int]:
    return shelf


@tool(risk="change", before=price_now, undo=shelf.update)
def price_tea(cents: int) -> None:
    """Put another price on the tea.

    Args:
        cents: the new price
    """
    shelf["tea"] = cents


def clerk(brief: Brief) -> Plan:
    cents = 300 - 10 * len(brief.attempts)
    return Plan(cause=f"tea should cost {cents}", steps=(Step(tool="price_tea", arguments={"cents": cents}),))


agent = Agent(role="Pricing clerk", brain=clerk, tools=[price_tea])  # or brain="openai:gpt-5"
run = agent.run_sync(Goal("Sell tea for 2.90", check=lambda: shelf["tea"] == 290))
print(run.verdict, shelf, run.explain(), sep="\n")
