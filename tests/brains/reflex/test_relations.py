from prunella.brains.reflex.agreements import pairs
from prunella.brains.reflex.case import Case
from prunella.domain.brief import Brief
from prunella.domain.report import Report
from tests.brains.reflex.paper import Unit, facts_of, proposals, rank_of, texts_after
from tests.brains.reflex.shopless import DESK, FLEET, RULES, STOCK, broken, seen

DOWN = {"running": False, "listens": None}


def test_own_port_goes_to_where_the_probe_looks():
    units = broken("desk", "desk/.env", "PORT=8080", "PORT=9090", listens=9090)
    plan = proposals(units, "desk")[0]
    assert texts_after(units, plan.steps)["desk/.env"] == DESK
    assert [step.tool for step in plan.steps] == ["config.set", "services.restart"]
    assert plan.cause == "desk/.env PORT is 9090, but its probe looks at port 8080 and nobody listens there."


def test_a_port_aside_is_left_alone():
    good = "METRICS_PORT=9300\nPORT=8080\nADMIN_PORT=9301\n"
    units = {"a": Unit({"a/.env": good.replace("PORT=8080", "PORT=8008")}, port=8080, listens=8008)}
    assert rank_of(units, "a", "a/.env", good) == 1


def test_a_service_without_supervisor_is_not_restarted():
    units = broken("desk", "desk/.env", "8080", "9090", listens=9090, supervised=False)
    assert [step.tool for step in proposals(units, "desk")[0].steps] == ["config.set"]


def test_only_the_wrong_component_of_a_url_changes():
    said = {"answer": "cannot reach stock"}
    for right, wrong in (
        (":9100", ":9101"),
        ("127.0.0.1:9100", "lcoalhost:9100"),
        ("http:", "htp:"),
        ("127.0.0.1:9100", "127.0.0.2:9100"),
    ):
        units = broken("desk", "desk/.env", right, wrong, **said)
        accepted = (DESK, DESK.replace("127.0.0.1:9100", "localhost:9100"))
        assert rank_of(units, "desk", "desk/.env", accepted) == 1, wrong


def test_credentials_and_path_of_a_url_stay():
    env = "BROKER_URL=amqp://me:pa%3Ass@127.0.0.1:5673/shop?x=1\n"
    units = {
        "a": Unit({"a/.env": env}, port=80, listens=80, needs=("broker",), answer="refused"),
        "broker": Unit(port=5672, listens=5672, tcp=True),
    }
    assert rank_of(units, "a", "a/.env", env.replace("5673", "5672")) == 1


def test_host_and_port_in_two_settings():
    text = "upstreams:\n  stock:\n    host: 127.0.0.1\n    port: 9010\n"
    units = {
        "a": Unit({"a/a.yaml": text}, port=80, listens=80, needs=("stock",), answer="refused"),
        "stock": Unit(port=9100, listens=9100),
    }
    assert rank_of(units, "a", "a/a.yaml", text.replace("9010", "9100")) == 1


def test_a_need_that_listens_elsewhere_is_mended_itself():
    units = broken("stock", "stock/stock.ini", "port = 9100", "port = 9200", listens=9200)
    units = seen(units, "desk", answer="stock: connection refused 127.0.0.1:9100")
    plan = proposals(units, "desk")[0]
    assert texts_after(units, plan.steps)["stock/stock.ini"] == STOCK
    assert plan.steps[-1].arguments == {"service": "stock"}


def test_the_only_endpoint_that_leads_nowhere_is_meant_for_the_only_need():
    env = "PORT=80\nBACKING=127.0.0.1:7777\n"
    units = {
        "a": Unit({"a/.env": env}, port=80, listens=80, needs=("keeper",), answer="refused"),
        "keeper": Unit(port=9100, listens=9100, tcp=True),
    }
    assert rank_of(units, "a", "a/.env", env.replace("7777", "9100")) == 1


def test_endpoints_outside_of_the_fleet_are_left_alone():
    env = "PORT=80\nSTOCK_URL=http://127.0.0.1:9100\nBANK_URL=http://127.0.0.1:7999\n"
    units = {
        "a": Unit(
            {"a/.env": env}, port=80, listens=80, needs=("stock",), answer="bank: connection refused 127.0.0.1:7999"
        ),
        "stock": Unit(port=9100, listens=9100),
    }
    assert proposals(units, "a") == []


def test_a_token_that_differs_is_mended_on_either_side():
    answer = '{"error": "stock answered 401: bad token"}'
    units = broken("desk", "desk/.env", "tok-77", "tok-66", answer=answer)
    assert rank_of(units, "desk", "desk/.env", DESK) == 1
    units = seen(broken("stock", "stock/stock.ini", "tok-77", "tok-66"), "desk", answer=answer)
    assert rank_of(units, "desk", "stock/stock.ini", STOCK) == 2


def test_a_mismatch_in_words_names_the_currency():
    units = broken("desk", "desk/rules.yaml", "EUR", "USD", answer="422 currency mismatch: expected EUR, got USD")
    assert rank_of(units, "desk", "desk/rules.yaml", RULES) == 1


def test_names_that_services_have_for_themselves_need_not_agree():
    units = broken("desk", "desk/.env", "INFO", "DEBUG", answer="500 internal server error")
    assert proposals(units, "desk") == []


def test_the_majority_decides_the_direction():
    units = {
        "a": Unit({"a/.env": "TOPIC=orders\n"}, port=80, listens=80, needs=("b",)),
        "b": Unit({"b/.env": "TOPIC=oders\n"}, port=81, listens=81, needs=("c",), answer="unknown topic"),
        "c": Unit({"c/.env": "TOPIC=orders\n"}, port=82, listens=82),
    }
    assert rank_of(units, "b", "b/.env", "TOPIC=orders\n") == 1


def test_two_settings_out_of_order():
    units = broken(
        "desk", "desk/rules.yaml", "smallest: 10", "smallest: 900",
        preflight="orders.limits.smallest must be less than orders.limits.largest", **DOWN,
    )  # fmt: skip
    fixed = [texts_after(units, plan.steps)["desk/rules.yaml"] for plan in proposals(units, "desk")]
    assert RULES.replace("smallest: 10", "smallest: 500") in fixed


def test_a_squatter_of_ours_goes_home_and_the_port_is_used():
    units = broken("news", "news/news.json", "7000", "8080", listens=8080)
    units = seen(units, "desk", log="OSError: [Errno 98] Address already in use: ('127.0.0.1', 8080)", **DOWN)
    plan = proposals(units, "desk")[0]
    assert texts_after(units, plan.steps)["news/news.json"] == FLEET["news"].files["news/news.json"]
    assert [str(step) for step in plan.steps[1:]] == ["services.restart news", "services.start desk"]


def test_a_bound_is_told_by_what_it_bounds():
    till = Unit({"till/till.yaml": "amounts:\n  minimum: 50\n  maximum: 50\n"}, needs=("books",))
    books = Unit({"books/books.ini": "[entries]\nmax_amount = 500000\nmax_age = 9\n"})
    facts = facts_of({"till": till, "books": books}, "till")
    found = {(pair.ours.key, pair.theirs.key) for pair in pairs(Case(facts, Brief(goal="heal", report=Report())))}
    assert found == {("amounts.maximum", "entries.max_amount")}
