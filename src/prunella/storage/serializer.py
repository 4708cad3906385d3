"""How values are written into checkpoints: domain types as JSON, all else as LangGraph does."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from weakref import ref

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import ValidationError

from prunella.domain.frozen import Frozen
from prunella.errors import Misuse
from prunella.sealing import Sealer, opened
from prunella.storage.written import as_json

_KIND = "prunella"
_SEALED = "sealed:"
_PLACE = "A checkpoint"
_DOMAIN, _OTHER = 64, 65  # MessagePack extension types; LangGraph's own are counted from 0 and stay within _OTHER
_WRITING = (
    ormsgpack.OPT_NON_STR_KEYS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_UUID
    | ormsgpack.OPT_REPLACE_SURROGATES
)


class DomainSerializer(JsonPlusSerializer):
    """Gives back values of the `kinds` as themselves and loses nothing of them; never imports a type by its name.

    A value is frozen, so that its bytes are made once and serve every later checkpoint while it lives. Tuples outside
    a value come back as lists. Reads what LangGraph's own serializer wrote, which takes `others`, (module, name).
    With a `sealer` all that it writes is sealed, and what was written without is still read.
    """

    def __init__(
        self, kinds: Iterable[type[Frozen]], others: Iterable[tuple[str, str]], sealer: Sealer | None = None
    ) -> None:
        super().__init__(allowed_msgpack_modules=list(others))
        self._sealer = sealer
        self._kinds: Mapping[str, type[Frozen]] = {f"{kind.__module__}:{kind.__name__}": kind for kind in kinds}
        self._names: Mapping[type[Frozen], str] = {kind: name for name, kind in self._kinds.items()}
        self._written: dict[int, tuple[ref[Frozen], ormsgpack.Ext]] = {}

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = self._dumped(obj)
        return (kind, content) if self._sealer is None else (_SEALED + kind, self._sealer.seal(content, _PLACE))

    def _dumped(self, obj: Any) -> tuple[str, bytes]:
        if obj is None or isinstance(obj, bytes | bytearray):
            return super().dumps_typed(obj)
        return _KIND, ormsgpack.packb(obj, default=self._write, option=_WRITING)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Raises Misuse for a value that this version does not know, and for one whose key is missing."""
        kind, content = data
        if kind.startswith(_SEALED):
            kind, content = kind.removeprefix(_SEALED), opened(self._sealer, content, _PLACE)
        if kind != _KIND:
            return super().loads_typed((kind, content))
        strange: list[Misuse] = []  # what the hook raises does not come through
        value = ormsgpack.unpackb(content, ext_hook=partial(self._read, strange), option=ormsgpack.OPT_NON_STR_KEYS)
        if strange:
            raise strange[0]
        return value

    def _write(self, value: object) -> ormsgpack.Ext:
        known = self._written.get(id(value))
        if known is not None and known[0]() is value:
            return known[1]
        if isinstance(value, Frozen) and type(value) in self._names:
            return self._write_anew(value)
        return ormsgpack.Ext(_OTHER, super().dumps_typed(value)[1])

    def _write_anew(self, value: Frozen) -> ormsgpack.Ext:
        """ASCII by `json`: Pydantic's own JSON refuses lone surrogates and turns infinity into null."""
        key, content = id(value), [self._names[type(value)], value.model_dump()]
        text = json.dumps(content, default=as_json)
        written = ormsgpack.Ext(_DOMAIN, text.encode("ascii"))
        self._written[key] = (ref(value, lambda _: self._written.pop(key, None)), written)
        return written

    def _read(self, strange: list[Misuse], code: int, content: bytes) -> Any:
        if code == _OTHER:
            return super().loads_typed(("msgpack", content))
        name, fields = json.loads(content)
        try:
            return self._kinds[name].model_validate(fields)
        except (KeyError, ValidationError) as error:
            strange.append(_misuse(name, error))


def _misuse(name: str, error: Exception) -> Misuse:
    return Misuse(
        f"A checkpoint holds a {name} that this version of Prunella does not understand: {error}. Finish the run with "
        "the version that began it, or take back what it did with `prunella undo`."
    )
