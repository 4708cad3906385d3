"""How much is handed over in this run: the fleet file's word, the flags, and whether anybody is there to ask."""

from prunella.domain.ruling import Autonomy
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse


def autonomy_for(spec: PolicySpec, *, yes: bool, ask: bool, interactive: bool) -> Autonomy:
    """What holds for this run.

    `--ask` asks before each change, also where the file says auto. `--yes` stands for a yes to every question of
    this run: the autonomy is auto, and the approver says yes to what the rules still ask; what they deny stays
    denied. A file that says observe or suggest wants nothing touched, and no flag changes that. Without a word of
    the file: ask in a terminal, suggest elsewhere. Raises Misuse for both flags at once.
    """
    if yes and ask:
        raise Misuse("--yes and --ask contradict each other. Give one of them.")
    if spec.autonomy is Autonomy.OBSERVE or spec.autonomy is Autonomy.SUGGEST:
        return spec.autonomy
    if yes or ask:
        return Autonomy.AUTO if yes else Autonomy.ASK
    return spec.autonomy or (Autonomy.ASK if interactive else Autonomy.SUGGEST)
