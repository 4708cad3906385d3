"""Configuration files that were made up, one strategy a format; values are spelled as the editors would."""

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in ("y", "n", "no", "on", "yes", "off", "true", "false", "null", "export")
)
PLAIN = st.one_of(
    st.integers(-99999, 99999).map(str),
    st.sampled_from(["localhost", "http://127.0.0.1:8080/x?y=1", "true", "false", "1.5", "ünïcode", "a-b_c", "/var/x"]),
)
ANY = st.one_of(PLAIN, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
COMMENTS = st.sampled_from(["", "", "# note", "# PORT = 1", "# \u00e4 'quoted\" text", "#"])


@dataclass(frozen=True)
class Sample:
    """A text of one format with the names and values that it was made of."""

    text: str
    keys: tuple[str, ...]
    values: tuple[str, ...]


def _joined(draw: st.DrawFn, lines: list[str]) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + (newline if lines and draw(st.booleans()) else "")


def _filler(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from(["", "# a comment", "   ", "# x = 1"]), max_size=2))


@st.composite
def env_files(draw: st.DrawFn) -> Sample:
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    lines, values = list[str](), list[str]()
    for name in names:
        lines += _filler(draw)
        value, quote = draw(PLAIN), draw(st.sampled_from(["", "'", '"']))
        comment = draw(COMMENTS)
        lines.append(
            f"{draw(st.sampled_from(['', 'export ']))}{name}={quote}{value}{quote}{' ' + comment if comment else ''}"
        )
        values.append(value)
    return Sample(_joined(draw, lines + _filler(draw)), tuple(names), tuple(values))


@st.composite
def ini_files(draw: st.DrawFn) -> Sample:
    lines, keys, values = list[str](), list[str](), list[str]()
    for section in draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)):
        lines += [*_filler(draw), f"[{section}]"]
        for name in draw(st.lists(NAMES, max_size=2, unique_by=str.lower)):
            value, mark = draw(PLAIN), draw(st.sampled_from(["=", " = ", ": "]))
            lines += [*_filler(draw), f"{name}{mark}{value}{draw(st.sampled_from(['', ' ; note', '  # note']))}"]
            keys.append(f"{section}.{name}")
            values.append(value)
    return Sample(_joined(draw, lines + _filler(draw)), tuple(keys), tuple(values))


def literal(value: str, quote: str) -> str:
    return value if value in ("true", "false", "1.5") or value.lstrip("-").isdigit() else f"{quote}{value}{quote}"


@st.composite
def toml_files(draw: st.DrawFn) -> Sample:
    lines, keys, values = list[str](), list[str](), list[str]()
    for section in [None, *draw(st.lists(NAMES.map(lambda n: f"t_{n}"), max_size=2, unique=True))]:
        lines += [*_filler(draw), f"[{section}]"] if section else []
        for name in draw(st.lists(NAMES, max_size=2, unique=True)):
            value, comment = draw(PLAIN), draw(COMMENTS)
            written = literal(value, draw(st.sampled_from(['"', "'"])))
            lines += [*_filler(draw), f"{name} = {written} {comment}".rstrip()]
            keys.append(f"{section}.{name}" if section else name)
            values.append(value)
    return Sample(_joined(draw, lines + _filler(draw)), tuple(keys), tuple(values))


@st.composite
def yaml_files(draw: st.DrawFn) -> Sample:
    lines, keys, values = list[str](), list[str](), list[str]()
    step = draw(st.sampled_from([2, 4]))
    for section in draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)):
        lines += [*_filler(draw), f"{section}:"]
        for name in draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)):
            value, comment = draw(PLAIN), draw(COMMENTS)
            written = literal(value, draw(st.sampled_from(['"', "'", ""])))
            lines += [*_filler(draw), f"{' ' * step}{name}: {written}{'  ' + comment if comment else ''}"]
            keys.append(f"{section}.{name}")
            values.append(value)
    return Sample(_joined(draw, lines + _filler(draw)), tuple(keys), tuple(values))


@st.composite
def json_files(draw: st.DrawFn) -> Sample:
    keys, values, sections = list[str](), list[str](), list[str]()
    gap = draw(st.sampled_from([" ", "\n  ", "\r\n\t", ""]))
    for section in draw(st.lists(NAMES, max_size=2, unique=True)):
        members = list[str]()
        for name in draw(st.lists(NAMES, max_size=2, unique=True)):
            value = draw(PLAIN)
            members.append('"' + name + '":' + draw(st.sampled_from(["", " "])) + literal(value, '"'))
            keys.append(f"{section}.{name}")
            values.append(value)
        sections.append(f'"{section}": ' + "{" + gap + f",{gap}".join(members) + gap + "}")
    text = "{" + gap + f",{gap}".join(sections) + gap + "}"
    return Sample(text + draw(st.sampled_from(["", "\n"])), tuple(keys), tuple(values))
