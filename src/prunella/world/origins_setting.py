"""Where the value of one setting stands already."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import SettingChange
from prunella.policy.taint import Origin
from prunella.policy.words import is_near, leaf, normal, tokens
from prunella.world.origins import Sources, Version, words_in
from prunella.world.origins_address import address_origin

GOAL = "the goal"
_GENERIC_WORDS = """
    port host hostname url uri path bind listen address addr name id file user username key value type enabled token
    secret password dir folder command cmd args exec script image database db
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
_COMMENT = re.compile(r"(?:^|\s)(?:#+|;+|//+|--)\s?(?P<text>.*)$")
_TOLD = re.compile(r"\b(?:defaults?(?: to| is|:|=)?|one of:?)\s", re.IGNORECASE)
_PLAIN_TOLD = re.compile(r"(?:\./)?[\w-]+(?:[./][\w-]+)*")
_TELLING = re.compile(r"[\d/:._@-]")
_PATH_PART = re.compile(r"/?[\w.-]+(?:/[\w.-]+)*")


@dataclass(frozen=True)
class Lookup:
    """All sources for one file: `now` is what lies there, `versions` what it was or is like."""

    sources: Sources
    now: ConfigFacts
    versions: tuple[Version, ...]

    @property
    def owners(self) -> tuple[str, ...]:
        return self.sources.owners(self.now.path)

    def origin_of(self, change: SettingChange) -> Origin | None:
        """None for a value that stands in text of the world only."""
        if change.after is None:
            return self._removed(change)
        if change.after == change.before:
            return Origin("what stands there", is_own=True)
        return self._whole(change) or self._by_parts(change)

    def _removed(self, change: SettingChange) -> Origin | None:
        lacking = (v for v in self.versions if v.is_good and not v.facts.fault and change.key not in v.values)
        return next((Origin(version.where, is_own=True) for version in lacking), None)

    def _whole(self, change: SettingChange) -> Origin | None:
        ways: tuple[Callable[[SettingChange, str], Origin | None], ...] = (
            self._at_a_better_time, self._in_the_goal, self._by_address, self._in_the_fleet_file,
            self._under_another_name, self._in_other_files, self._in_comments, self._in_probes,
        )  # fmt: skip
        value = change.after or ""
        return next((origin for way in ways if (origin := way(change, value))), None)

    def _by_parts(self, change: SettingChange) -> Origin | None:
        """Of a list, each part that is new has to have an origin."""
        parts = [part.strip() for part in (change.after or "").split(",")]
        known = {part.strip() for part in (change.before or "").split(",")}
        fresh = [part for part in parts if part not in known]
        if len(parts) < 2 or not all(parts):
            return None
        found = [self._whole(change.model_copy(update={"after": part, "before": None})) for part in fresh]
        if any(origin is None for origin in found):
            return None
        return next((origin for origin in found if origin), Origin("what stands there"))

    def _at_a_better_time(self, change: SettingChange, value: str) -> Origin | None:
        for version in self.versions:
            if change.key in version.values and version.values[change.key] == value:
                return Origin(self._named(version), version.is_good)
        return None

    def _in_the_goal(self, change: SettingChange, value: str) -> Origin | None:
        """A word of plain prose counts only where the goal speaks of the setting: `any` stands in many a sentence."""
        words = self.sources.goal_words
        spoken = {token for word in words for token in tokens(word)}
        is_meant = bool(spoken & {token for token in tokens(leaf(change.key)) if len(token) > 2})
        if value not in words or not (is_meant or _TELLING.search(value)):
            return None
        return Origin(GOAL, is_own=normal(leaf(change.key)) in {normal(word) for word in words})

    def _by_address(self, change: SettingChange, value: str) -> Origin | None:
        return address_origin(value, change.before, change.key, self.owners, self.sources)

    def _in_the_fleet_file(self, change: SettingChange, value: str) -> Origin | None:
        if address_like(value):
            return None
        related = self.sources.related(self.owners, change.key)
        found = (each for each in self.sources.declared if each.value == value and each.service in related)
        return next((Origin(each.where) for each in found), None)

    def _under_another_name(self, change: SettingChange, value: str) -> Origin | None:
        """A key that was misspelt, or stood in another place of the same file."""
        wanted = leaf(change.key)
        for setting in self.now.settings:
            had = leaf(setting.key)
            is_same = normal(had) == normal(wanted) or is_near(had.lower(), wanted.lower())
            if setting.value == value and setting.key != change.key and is_same:
                return Origin(f"{setting.key} in {self.sources.short(self.now.path)}:{setting.line}")
        return None

    def _in_other_files(self, change: SettingChange, value: str) -> Origin | None:
        related = self.sources.related(self.owners, change.key)
        for each in self.sources.configs:
            is_itself = each.service in self.owners and each.key == change.key
            is_near_by = each.service in related or not _is_generic(each.key, change.key)
            if each.value == value and not is_itself and is_near_by and _is_alike(each.key, change.key):
                return Origin(f"{each.key} in {each.where}")
        return None

    def _in_comments(self, change: SettingChange, value: str) -> Origin | None:
        """What a comment of the file itself, or of a version of it, gives as default or lists; never an address."""
        del change
        if address_like(value) or value.startswith("/") or ".." in value or not _PLAIN_TOLD.fullmatch(value):
            return None
        texts = [(self.sources.short(self.now.path), self.now.text)]
        texts += [(self._named(version), version.facts.text) for version in self.versions]
        for where, text in texts:
            for number, line in enumerate(text.split("\n"), 1):
                if value in _told_in(line):
                    return Origin(f"the comment in {where}:{number}")
        return None

    def _in_probes(self, change: SettingChange, value: str) -> Origin | None:
        """A path that the program of a probe asks for; whoever writes that program says what is green."""
        del change
        if not value.startswith("/") or not _PATH_PART.fullmatch(value):
            return None
        found = (where for where, text in self.sources.programs if value in set(_quoted_words(text)))
        return next((Origin(where) for where in found), None)

    def _named(self, version: Version) -> str:
        return version.where.removeprefix(f"{self.sources.fleet.folder}/")


def address_like(value: str) -> bool:
    return "://" in value or re.search(r":\d{2,5}(?:/|$)", value) is not None


def _is_alike(one: str, other: str) -> bool:
    """The same name: `log.level`, `LOG_LEVEL` and `server.log_level`."""
    long, short = sorted((tokens(one), tokens(other)), key=len, reverse=True)
    return bool(short) and (long[-len(short) :] == short or normal(one) == normal(other))


def _is_generic(one: str, other: str) -> bool:
    return bool(_GENERIC & {*tokens(leaf(one)), *tokens(leaf(other))})


def _told_in(line: str) -> frozenset[str]:
    comment = _COMMENT.search(line)
    told = _TOLD.search(comment["text"]) if comment else None
    return frozenset(words_in(comment["text"][told.end() :])) if comment and told else frozenset()


def _quoted_words(text: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"(?<![\w.:-])/[\w./-]+(?![\w./-])|(?<=\})/[\w./-]+", text))
