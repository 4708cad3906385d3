"""All tools of a run: finds them by name, checks what they are given, and calls them without ever falling over."""

from collections.abc import Iterable

from prunella.domain.evidence import Observation
from prunella.domain.plan import Step
from prunella.domain.tool import ToolSpec
from prunella.errors import Irrecoverable, Lost, Misuse
from prunella.nearest import nearest
from prunella.protocols import Tool
from prunella.tools.contract import BadArguments
from prunella.tools.failure import Redacts, Unredacted, clean, observe_failure, redacted_arguments
from prunella.tools.guards import Guarded, guarded
from prunella.tools.names import wire_name

_LONGEST_NAME = 100


class Tools:
    """A Toolbox. Names are taken as written or as on the wire; raises Misuse when two tools would share one."""

    def __init__(self, tools: Iterable[Tool], *, timeout_s: float = 60.0, redacts: Redacts | None = None) -> None:
        self._redacts = redacts or Unredacted()
        self._tools: dict[str, Guarded] = {}
        for each in tools:
            self._add(guarded(each, timeout_s=timeout_s))

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """In the order in which the tools were given."""
        return tuple(tool.spec for tool in self._tools.values())

    def find(self, step: Step) -> Tool | Observation:
        """The tool under its guards; converts arguments only where nothing is lost (`"8080"` for an integer)."""
        tool = self._named(step.tool)
        if tool is None:
            return self._unknown(step)
        try:
            tool.contract.read(step.arguments)
        except BadArguments as error:
            return observe_failure(tool.spec.name, step, error, self._redacts)
        return tool

    async def call(self, step: Step) -> Observation:
        """Raises CancelledError, Lost, Misuse and Irrecoverable; every other error is the observation."""
        tool = self.find(step)
        if isinstance(tool, Observation):
            return tool
        try:
            output = await tool.run(step.arguments)
        except (Lost, Misuse, Irrecoverable):
            raise
        except Exception as error:  # noqa: BLE001 - the border at which errors of tools become facts
            return observe_failure(tool.spec.name, step, error, self._redacts)
        arguments = redacted_arguments(step, self._redacts)
        return Observation(tool=tool.spec.name, arguments=arguments, ok=True, output=self._redacts.value(output))

    def _add(self, tool: Guarded) -> None:
        taken = self._named(tool.spec.name)
        if taken:
            raise Misuse(
                f"Two tools are called {tool.spec.name} and {taken.spec.name}, which model APIs cannot tell apart. "
                "Give one of them another name with @tool(name=...)."
            )
        self._tools[wire_name(tool.spec.name)] = tool

    def _named(self, name: str) -> Guarded | None:
        return self._tools.get(wire_name(name))

    def _unknown(self, step: Step) -> Observation:
        name = clean(step.tool)[:_LONGEST_NAME]
        return Observation(
            tool=name,
            arguments=redacted_arguments(step, self._redacts),
            ok=False,
            error="UnknownTool",
            message=f"There is no tool called {name!r}.",
            hint=self._nearest(name),
        )

    def _nearest(self, name: str) -> str:
        specs = {spec.name: spec for spec in self.specs}
        found = nearest(name, specs)
        if found:
            return "Did you mean " + " or ".join(f"{near} ({_first_line(specs[near])})" for near in found) + "?"
        return f"The tools are: {', '.join(specs)}." if specs else "There are no tools."


def _first_line(spec: ToolSpec) -> str:
    return spec.description.partition("\n")[0].rstrip(".")
