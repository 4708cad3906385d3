# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# (its framework lives in the rivals' own environment only, in versions of its own)
"""smolagents' `ToolCallingAgent`, as its documentation has it."""

from typing import Any

from smolagents import OpenAIServerModel, Tool, ToolCallingAgent
from wire import Task, answer, call_tool


def tool_of(task: Task, each: dict[str, Any]) -> Tool:
    properties, required = each["parameters"].get("properties", {}), each["parameters"].get("required", [])

    class Served(Tool):
        name = each["name"]
        description = each["description"]
        inputs = {
            key: {
                "type": schema.get("type", "any"),
                "description": schema.get("description", key),
                **({} if key in required else {"nullable": True}),
            }
            for key, schema in properties.items()
        }
        output_type = "string"
        skip_forward_signature_validation = True

        def forward(self, **arguments: Any) -> str:
            return call_tool(task, each["name"], {key: value for key, value in arguments.items() if value is not None})

    return Served()


def solve(task: Task) -> str:
    model = OpenAIServerModel(
        model_id="default", api_base=task["model_url"], api_key="none", temperature=0, max_tokens=1000
    )
    agent = ToolCallingAgent(
        tools=[tool_of(task, each) for each in task["tools"]],
        model=model,
        instructions=task["system"],
        max_steps=task["most_steps"],
    )
    return str(agent.run(task["prompt"]))


if __name__ == "__main__":
    answer(solve)
