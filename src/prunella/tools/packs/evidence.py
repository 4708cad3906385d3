"""The evidence pack: look into large texts that were put away."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from prunella.domain.evidence import Snippet
from prunella.protocols import EvidenceStore, Tool
from prunella.tools.tool import tool

Handle = Annotated[str, Field(description="the handle that the preview of the large text names, such as ev-1a2b3c")]
_MOST_FOUND = 8
_MOST_CHARACTERS = 3_500


@dataclass(frozen=True)
class EvidencePack:
    """Readers of one run's store."""

    store: EvidenceStore

    def tools(self) -> tuple[Tool, ...]:
        return (tool(name="evidence.search")(self.search), tool(name="evidence.read")(self.read))

    async def search(
        self,
        handle: Handle,
        query: Annotated[str, Field(description="words, an error code or what is looked for, in plain English")],
    ) -> str:
        """Find the lines of a large log or output that fit a query; answers with numbered lines, best match first."""
        found = await self.store.search(handle, query, _MOST_FOUND)
        if not found:
            return f"No line of {handle} fits. Try other words, or evidence.read to look around."
        return _cut("\n\n".join(_numbered(snippet) for snippet in found))

    async def read(
        self,
        handle: Handle,
        first_line: Annotated[int, Field(description="the number of the first line to show, from 1", ge=1)],
        lines: Annotated[int, Field(description="how many lines to show", ge=1, le=100)] = 20,
    ) -> str:
        """Show consecutive lines of a large log or output, for instance around a line that evidence.search found."""
        return _cut(_numbered(await self.store.read(handle, first_line, lines)))


def _numbered(snippet: Snippet) -> str:
    return "\n".join(f"{number}: {line}" for number, line in enumerate(snippet.text.split("\n"), snippet.line))


def _cut(text: str) -> str:
    """Never so long that it would be put away itself."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}… (cut: ask for fewer lines)"
