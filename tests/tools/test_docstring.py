from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from prunella.tools.docstring import Docstring, parse_docstring

FULL = """Change one setting.

    Every other byte stays: comments, order, line ends.

    Args:
        file: The path,
            absolute: no links.

        key (dict[str, int], optional): Dotted.
        *rest: Whatever is left.
        empty:

    Returns:
        file: Not a parameter.

    Raises:
        ValueError: Never.

    Example:
        set("a", "b")
    """


def test_sections_are_told_apart():
    assert parse_docstring(FULL) == snapshot(
        Docstring(
            description="""\
Change one setting.

Every other byte stays: comments, order, line ends.

Example:
    set("a", "b")\
""",
            parameters={
                "file": "The path, absolute: no links.",
                "key": "Dotted.",
                "rest": "Whatever is left.",
                "empty": "",
            },
        )
    )


def test_a_section_ends_where_prose_begins_again():
    parsed = parse_docstring("Do.\n\nArgs:\n    a: One.\nMore words.\n")
    assert parsed == Docstring("Do.\n\nMore words.", {"a": "One."})


@given(st.text(max_size=200))
def test_any_text_is_accepted(text: str):
    parse_docstring(f"Args:\n{text}")
    parse_docstring(text)
