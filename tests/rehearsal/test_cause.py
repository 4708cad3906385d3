import pytest

from prunella.domain.journal import Outcome
from prunella.domain.rehearsal import Certainty
from tests.rehearsal.stage import Stage, picture, put
from tests.world.yard import call, free_port


async def test_the_fault_is_put_back_on_a_shadow_and_seen_to_fail(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    entries = await stage.healed(put("app/app.env", "LEVEL", "low"))
    before = picture(stage.yard.folder)
    shown = await stage.rehearsal().show_cause(entries)
    assert (shown.certainty, shown.needed) == (Certainty.DEMONSTRATED, ("app/app.env LEVEL: LOUD → low",))
    assert "LEVEL must be low or high, not LOUD" in shown.detail
    assert picture(stage.yard.folder) == before


async def test_only_what_it_takes_is_named(stage: Stage):
    """MIN and MAX are wrong together only; NOTE and COLOUR were changed too, in vain."""
    stage.service("app", "NOTE=x\nMIN=5\nCOLOUR=red\nMAX=2\nLEVEL=low\n", check=True)
    entries = await stage.healed(
        put("app/app.env", "NOTE", "y"),
        put("app/app.env", "MIN", "1"),
        put("app/app.env", "COLOUR", "blue"),
        put("app/app.env", "MAX", "9"),
    )
    shown = await stage.rehearsal().show_cause(entries)
    assert shown.certainty is Certainty.DEMONSTRATED, shown
    assert shown.needed == ("app/app.env MIN: 5 → 1", "app/app.env MAX: 2 → 9")


async def test_of_two_edits_of_one_setting_the_first_knows_the_fault(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    entries = await stage.healed(put("app/app.env", "LEVEL", "high"), put("app/app.env", "LEVEL", "low"))
    shown = await stage.rehearsal().show_cause(entries)
    assert shown.needed == ("app/app.env LEVEL: LOUD → low",)


@pytest.mark.usefixtures("enclosed")
async def test_a_wrong_port_is_demonstrated_by_a_start(stage: Stage):
    port = free_port()
    stage.service("app", f"PORT={free_port()}\n", port)
    entries = await stage.healed(put("app/app.env", "PORT", str(port)))
    shown = await stage.rehearsal().show_cause(entries)
    assert shown.certainty is Certainty.DEMONSTRATED
    assert "connection refused" in shown.detail
    copying = await stage.rehearsal(enclosed=False).show_cause(entries)
    assert copying.certainty is Certainty.PLAUSIBLE


@pytest.mark.usefixtures("enclosed")
async def test_what_is_red_in_a_shadow_even_when_healed_is_plausible_only(stage: Stage):
    port = free_port()
    stage.service("app", f"PORT={port}\nNEEDS={free_port()}\nLEVEL=LOUD\n", port)
    shown = await stage.rehearsal().show_cause(await stage.healed(put("app/app.env", "LEVEL", "low")))
    assert shown.certainty is Certainty.PLAUSIBLE
    assert "Not green on a shadow even when healed" in shown.detail


async def test_a_change_that_makes_no_difference_is_plausible_only(stage: Stage):
    stage.service("app", "LEVEL=low\n", check=True)
    shown = await stage.rehearsal(enclosed=False).show_cause(await stage.healed(put("app/app.env", "LEVEL", "high")))
    assert (shown.certainty, shown.needed) == (Certainty.PLAUSIBLE, ("app/app.env LEVEL: low → high",))


async def test_without_a_change_of_files_nothing_is_tried(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    entries = await stage.healed(put("app/app.env", "LEVEL", "low"))
    undone = tuple(entry.model_copy(update={"outcome": Outcome.UNDONE}) for entry in entries)
    shown = await stage.rehearsal().show_cause(undone)
    assert (shown.certainty, shown.detail) == (Certainty.PLAUSIBLE, "No configuration was changed.")


async def test_a_file_that_did_not_parse_is_one_thing(stage: Stage):
    stage.service("app", "a: [1\nb: 2\n", file="app/app.yaml")
    entries = await stage.healed(call("config.replace_text", file="app/app.yaml", old="[1", new="[1]"))
    shown = await stage.rehearsal(enclosed=False).show_cause(entries)
    assert (shown.certainty, shown.needed) == (Certainty.DEMONSTRATED, ("app/app.yaml: its whole text",))
    assert "app/app.yaml parses: with the fault" in shown.detail


async def test_a_file_that_was_missing_is_taken_away_again(stage: Stage):
    stage.service("app", "LEVEL=low\n", check=True)
    (stage.yard.folder / "app/app.env").unlink()
    entries = await stage.healed(call("files.write", path="app/app.env", content="LEVEL=low\n"))
    shown = await stage.rehearsal().show_cause(entries)
    assert (shown.certainty, shown.needed) == (Certainty.DEMONSTRATED, ("app/app.env: its whole text",))
    assert (stage.yard.folder / "app/app.env").exists()


async def test_no_secret_is_told(stage: Stage):
    stage.service("app", "DB_PASSWORD=hunter2hunter2\nLEVEL=LOUD\n", check=True)
    entries = await stage.healed(put("app/app.env", "DB_PASSWORD", "swordfish99"), put("app/app.env", "LEVEL", "low"))
    shown = await stage.rehearsal().show_cause(entries)
    assert shown.needed == ("app/app.env LEVEL: LOUD → low",)
    plausible = await stage.rehearsal().show_cause(entries[:1])
    assert "hunter2" not in plausible.model_dump_json()
    assert "swordfish" not in plausible.model_dump_json()


async def test_out_of_time_it_is_plausible_with_what_is_known(stage: Stage):
    stage.service("app", "LEVEL=LOUD\n", check=True)
    entries = await stage.healed(put("app/app.env", "LEVEL", "low"))
    shown = await stage.rehearsal(limit_s=0.0).show_cause(entries)
    assert (shown.certainty, shown.needed) == (Certainty.PLAUSIBLE, ("app/app.env LEVEL: LOUD → low",))
    assert "no time left" in shown.detail
