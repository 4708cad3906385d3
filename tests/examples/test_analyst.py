"""The analyst through the real OpenAI client, with a model that follows a script."""

import json

import pytest

from prunella.testing.openai_server import OpenAIServer, Request, Said
from tests.examples.running import Runner

RIGHT = "SELECT sum(o.cents) FROM orders AS o JOIN customers USING (customer_id) WHERE name = 'Ada' AND paid = 1"


def asks(sql: str) -> Said:
    return Said("", calls=(("sql_query", {"sql": sql}),))


def finds(figure: int, sql: str = RIGHT) -> Said:
    return Said("", calls=(("answer", {"text": json.dumps({"figure": figure, "sql": sql})}),))


def looks_if_told_what_is_near(request: Request) -> Said:
    """A model that does what the error suggests; without it, it would be lost."""
    assert "no such column: o.custmer_id. Nearest: orders.customer_id" in request.text
    return Said("", calls=(("sql_schema", {}),))


def asks_by_the_schema(request: Request) -> Said:
    assert "customer_id INTEGER, not null, → customers" in request.text
    return asks(RIGHT)


def answers_by_the_rows(request: Request) -> Said:
    assert "1650" in request.text
    return finds(1650)


def test_a_misspelled_column_leads_to_the_schema_and_to_the_answer(run_example: Runner) -> None:
    wrong = asks("SELECT sum(cents) FROM orders AS o JOIN customers AS c ON o.custmer_id = c.customer_id")
    script = (wrong, looks_if_told_what_is_near, asks_by_the_schema, answers_by_the_rows)
    with OpenAIServer(*script) as server:
        ended = run_example("analyst", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 0, ended.lines
    assert '"figure": 1650' in ended.lines[-1]
    assert len(server.requests) == len(script)


@pytest.mark.parametrize("lie", [finds(9999), finds(1650, "SELECT 1651"), finds(1650, "DELETE FROM orders")])
def test_a_figure_that_the_database_does_not_give_is_not_believed(run_example: Runner, lie: Said) -> None:
    with OpenAIServer(lie, finds(1650)) as server:
        ended = run_example("analyst", "How much did Ada pay?", "--brain", server.url)
    assert ended.exit_code == 0, ended.lines
    assert '"figure": 1650' in ended.lines[-1]
    assert "How much did Ada pay?" in server.requests[0].text
    assert len(server.requests) == 2
