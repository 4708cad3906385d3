from prunella.domain.facts import ServerFact
from tests.brains.reflex.paper import ROOT, Unit, brief_of
from tests.brains.reflex.paper_around import Around, file_at, none_at_all, proposed, scene

UNITS = {
    "edge": Unit(port=8443, listens=8443, red=True, answer="certificate has expired"),
    "mail": Unit(port=2500, listens=2500),
}


def fact(service: str, **renewed: str) -> ServerFact:
    names = {"certificate": "tls/own.crt", "key": "tls/own.key", "renewed": "", "renewed_key": "", **renewed}
    fields = {name: str(ROOT / path) if path else "" for name, path in names.items()}
    return ServerFact(code="certificate.expired", service=service, text="the certificate ran out", fields=fields)


def test_both_files_of_a_pair_are_installed_and_all_who_show_it_reload():
    pair = {"renewed": "tls/next/own.crt", "renewed_key": "tls/next/own.key"}
    around = Around(amiss={n: (fact(n, **pair),) for n in UNITS}, reloads=frozenset({"edge", "mail"}))
    assert proposed(UNITS, "edge", around) == [
        ("files.install", "tls/own.crt", "tls/next/own.crt"),
        ("files.install", "tls/own.key", "tls/next/own.key"),
        ("services.reload", "edge"),
        ("services.reload", "mail"),
    ]


def test_only_the_key_is_replaced_where_the_certificate_is_good():
    around = Around(amiss={"edge": (fact("edge", renewed_key="tls/old.key"),)}, reloads=frozenset({"edge"}))
    steps = proposed(UNITS, "edge", around)
    assert steps == [("files.install", "tls/own.key", "tls/old.key"), ("services.reload", "edge")]


def test_without_a_pair_at_hand_a_human_hears_what_is_wrong():
    unsure = none_at_all(scene(UNITS, "edge", Around(amiss={"edge": (fact("edge"),)})), brief_of(UNITS))
    assert "The certificate ran out." in unsure.why


NGINX = """server {
  listen 8443 ssl;
  ssl_certificate /srv/fleet/tls/own.crt;
  ssl_certificate_key /srv/fleet/tls/own.key;
}
"""


def test_settings_lead_to_a_pair_of_the_same_names_where_none_can_be_installed():
    lying = tuple(file_at(path) for path in ("tls/own.crt", "tls/own.key", "tls/next/own.crt", "tls/next/own.key"))
    said = "SSL_CTX_use_PrivateKey() failed (SSL: x509 certificate routines::key values mismatch)"
    units = {"edge": Unit({"edge/nginx.conf": NGINX}, port=8443, listens=8443, preflight=said)}
    around = Around(paths={"edge": lying}, reloads=frozenset({"edge"}))
    assert proposed(units, "edge", around) == [
        ("config.set", "edge/nginx.conf", "server.0.ssl_certificate", "tls/next/own.crt"),
        ("config.set", "edge/nginx.conf", "server.0.ssl_certificate_key", "tls/next/own.key"),
        ("services.reload", "edge"),
    ]
    well = {"edge": Unit({"edge/nginx.conf": NGINX}, port=8443, listens=8443, red=True)}
    none_at_all(scene(well, "edge", around), brief_of(well))
