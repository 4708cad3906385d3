# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# (its framework lives in the rivals' own environment only, in versions of its own)
"""PydanticAI's `Agent`, as its documentation has it."""

from pydantic_ai import Agent, Tool
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.usage import UsageLimits
from wire import Task, answer, function_of


def solve(task: Task) -> str:
    tools = [
        Tool.from_schema(function_of(task, each), each["name"], each["description"], each["parameters"])
        for each in task["tools"]
    ]
    model = OpenAIChatModel("default", provider=OpenAIProvider(base_url=task["model_url"], api_key="none"))
    agent = Agent(
        model, instructions=task["system"], tools=tools, model_settings={"temperature": 0, "max_tokens": 1000}
    )
    return agent.run_sync(task["prompt"], usage_limits=UsageLimits(request_limit=task["most_steps"])).output


if __name__ == "__main__":
    answer(solve)
