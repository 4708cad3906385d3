"""What thinking costs."""

from prunella.domain.frozen import Frozen


class Price(Frozen):
    """What a model costs, in dollars for a million tokens."""

    input: float
    output: float


class Usage(Frozen):
    """What calls of models cost. `dollars` counts the calls whose price is known, `unpriced` the others.

    `seconds` is the time spent waiting for answers.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, more: "Usage") -> "Usage":
        return Usage.model_construct(**{name: getattr(self, name) + getattr(more, name) for name in Usage.model_fields})

    def __sub__(self, earlier: "Usage") -> "Usage":
        return Usage.model_construct(
            **{name: getattr(self, name) - getattr(earlier, name) for name in Usage.model_fields}
        )
