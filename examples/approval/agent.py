"""A LangChain tool has no undo, so it asks: a human is shown the whole plan, and silence would be a no."""

import asyncio

from langchain_core.tools import tool

from prunella import Agent, ApprovalRequest, Brief, Decision, Goal, Plan, Step

sent: list[str] = []


@tool
def send_reminder(customer: str) -> str:
    """Send a customer the reminder that an invoice is due."""
    sent.append(customer)
    return f"{customer} was reminded"


def clerk(brief: Brief) -> Plan:
    del brief
    return Plan(cause="Ada's invoice is due", steps=(Step(tool="send_reminder", arguments={"customer": "Ada"}),))


class Terminal:
    async def decide(self, request: ApprovalRequest) -> Decision:
        for step, ruling in zip(request.plan.steps, request.rulings, strict=True):
            print(f"{step}  ({ruling.reason})")
        said = await asyncio.to_thread(input, "Do it? [y/N] ")
        return Decision(approved=said == "y", plan=request.plan.key, by="you", final=True)


agent = Agent(brain=clerk, tools=[send_reminder], approver=Terminal())
run = agent.run_sync(Goal("Remind Ada of her invoice.", check=lambda: "Ada" in sent))
print(run.verdict, sent, run.explain(), sep="\n")
