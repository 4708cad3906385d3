"""What `import prunella` offers, and what it does not cost."""

import importlib
import subprocess
import sys

import pytest

import prunella

HEAVY = ("langgraph", "langchain_core", "langchain", "ruamel", "httpx", "psutil", "numpy", "openai")


def test_the_exported_names_are_sorted_and_unique() -> None:
    assert list(prunella.__all__) == sorted(set(prunella.__all__))


@pytest.mark.parametrize("name", prunella.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(prunella, name).__module__.startswith("prunella.")


def test_dir_lists_what_is_exported() -> None:
    assert set(prunella.__all__) <= set(dir(prunella))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Agnet'"):
        _ = prunella.Agnet


def test_every_module_can_be_imported() -> None:
    import pkgutil

    names = [module.name for module in pkgutil.walk_packages(prunella.__path__, "prunella.")]
    assert len(names) > 100
    for name in names:
        if ".demo.shop.programs" not in name:
            importlib.import_module(name)


HELP = "import sys; sys.argv = {!r}; from prunella.cli.main import app; app(standalone_mode=False)"


@pytest.mark.parametrize(
    "program",
    ["import prunella", HELP.format(["prunella", "--help"]), HELP.format(["prunella", "heal", "--help"])],
    ids=["import", "help", "heal --help"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(program: str) -> None:
    watched = f"import sys\n{program}\nprint('loaded:', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    ended = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, timeout=60, check=True)
    loaded = ended.stdout.rpartition("loaded:")[2].split()
    assert "prunella" in loaded
    assert [name for name in HEAVY if name in loaded] == []
