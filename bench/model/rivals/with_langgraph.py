# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# (its framework lives in the rivals' own environment only, in versions of its own)
"""LangGraph's `create_agent`, as its documentation has it."""

from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from wire import Task, answer, function_of


def solve(task: Task) -> str:
    tools = [
        StructuredTool.from_function(
            function_of(task, each),
            name=each["name"],
            description=each["description"],
            args_schema=each["parameters"],
            handle_tool_error=True,
        )
        for each in task["tools"]
    ]
    model = ChatOpenAI(
        model="default", base_url=task["model_url"], api_key="none", temperature=0, max_tokens=1000, max_retries=0
    )
    agent = create_agent(model, tools, system_prompt=task["system"])
    messages = {"messages": [{"role": "user", "content": task["prompt"]}]}
    ended = agent.invoke(messages, {"recursion_limit": 2 * task["most_steps"] + 1})
    return ended["messages"][-1].text


if __name__ == "__main__":
    answer(solve)
