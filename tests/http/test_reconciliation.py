"""The Reconciliation Service API, as OpenRefine uses it."""

from __future__ import annotations

import json
import time

import httpx
import pytest


def ask(client: httpx.Client, **queries: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    return {key: value["result"] for key, value in answer.json().items()}


def extend(client: httpx.Client, ids: list[str], *properties: str) -> httpx.Response:
    wanted = {"ids": ids, "properties": [{"id": name} for name in properties]}
    return client.post("/reconcile", data={"extend": json.dumps(wanted)})


def test_the_manifest_says_what_there_is(client: httpx.Client, address: str) -> None:
    answer = client.get("/reconcile", headers={"Origin": "http://127.0.0.1:3333"})
    assert answer.headers["access-control-allow-origin"] == "*"
    manifest = answer.json()
    assert "0.2" in manifest["versions"]
    assert manifest["name"]
    assert manifest["identifierSpace"] == "https://w3id.org/alliance-atlas/"
    assert manifest["schemaSpace"].startswith("https://")
    entity = "concept/magical-alliance"
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert template.startswith(address)
        # as OpenRefine fills it in
        for written in (entity, entity.replace("/", "%2F")):
            page = httpx.get(template.replace("{{id}}", written), headers={"Accept": "text/html"})
            assert page.status_code == 200
            assert "magical alliance" in page.text
    for service in (*manifest["suggest"].values(), manifest["extend"]["propose_properties"]):
        got = httpx.get(service["service_url"] + service["service_path"], params={"prefix": "m"})
        assert got.status_code == 200
        assert got.json()


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("magical alliance", "concept/magical-alliance"),
        ("Magical Alliance", "concept/magical-alliance"),
        ("defensive idealisation", "concept/defensive-idealization"),
        ("self-object", "concept/selfobject"),
        ("Counseling", "concept/counselling"),
        ("Ms. L", "case/ms-l"),
        ("Peggy", "case/peggy"),
        ("visits grow longer", "signal/visits-grow-longer"),
        ("Kohut (1971)", "source/kohut-1971"),
    ],
)
def test_a_name_is_matched(client: httpx.Client, name: str, entity: str) -> None:
    [first, *others] = ask(client, q0={"query": name})["q0"]
    assert first["id"] == entity
    assert first["match"] is True
    assert first["score"] >= 98  # type: ignore[operator]
    assert {"id", "name", "description", "type", "features"} <= set(first)
    assert not any(other["match"] for other in others)


@pytest.mark.parametrize("name", ["magical", "the alliance of two", "magcal aliance", "idealizing"])
def test_what_is_only_near_is_no_match(client: httpx.Client, name: str) -> None:
    found = ask(client, q0={"query": name})["q0"]
    assert found
    assert not any(item["match"] for item in found)
    scores = [item["score"] for item in found]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
    assert all(0 <= score < 98 for score in scores)  # type: ignore[operator]


def test_slips_are_near(client: httpx.Client) -> None:
    assert ask(client, q0={"query": "magcal aliance"})["q0"][0]["id"] == "concept/magical-alliance"


def test_two_of_one_name_are_told_apart_by_type(client: httpx.Client) -> None:
    found = ask(
        client,
        any={"query": "transference", "limit": 2},
        some={"query": "transference", "type": "aa:TransferenceConcept"},
        other={"query": "transference", "type": ["aa:ChannelConcept"]},
    )
    assert [item["score"] for item in found["any"]] == [100, 100]
    assert not any(item["match"] for item in found["any"])
    assert found["some"][0]["id"] == "concept/transference"
    assert found["some"][0]["match"] is True
    assert found["other"][0]["id"] == "concept/transference-channel"


@pytest.mark.parametrize("kind", ["concept", "ontology", "claim", "shape"])
def test_candidates_are_of_the_type_asked_for(client: httpx.Client, kind: str) -> None:
    found = ask(client, q0={"query": "magical alliance", "type": kind, "limit": 10})["q0"]
    assert found
    assert all(str(item["id"]).startswith(f"{kind}/") for item in found)


def test_without_a_type_it_is_what_a_table_names(client: httpx.Client) -> None:
    found = ask(client, q0={"query": "magical alliance", "limit": 50})["q0"]
    kinds = {str(item["id"]).partition("/")[0] for item in found}
    assert kinds <= {"concept", "case", "source", "signal"}
    assert len(found) > 5


def test_a_batch_is_answered_key_by_key(client: httpx.Client) -> None:
    queries = {f"q{n}": {"query": name} for n, name in enumerate(["alliance", "", "zzqqxxyy"])}
    answer = client.get("/reconcile", params={"queries": json.dumps(queries)})
    found = answer.json()
    assert list(found) == ["q0", "q1", "q2"]
    assert found["q0"]["result"]
    assert found["q1"]["result"] == found["q2"]["result"] == []


def test_columns_are_added(client: httpx.Client) -> None:
    answer = extend(
        client,
        ["concept/magical-alliance", "case/ms-l", "concept/none-such"],
        "skos:definition",
        "skos:broader",
        "rdf:type",
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [item["id"] for item in body["meta"]] == ["skos:definition", "skos:broader", "rdf:type"]
    assert all(item["name"] for item in body["meta"])
    magical = body["rows"]["concept/magical-alliance"]
    assert magical["skos:broader"] == [{"id": "concept/alliance", "name": "alliance"}]
    assert len(magical["skos:definition"][0]["str"]) > 20
    assert {"id": "ontology/AllianceConcept", "name": "alliance concept"} in magical["rdf:type"]
    assert body["rows"]["case/ms-l"]["skos:broader"] == []
    assert list(body["rows"]["concept/none-such"].values()) == [[], [], []]


def test_numbers_and_truth_values_are_such(client: httpx.Client) -> None:
    rows = extend(
        client, ["claim/opening/quantity/1", "source/kohut-1971"], "aa:value", "aa:listed"
    ).json()["rows"]
    value = rows["claim/opening/quantity/1"]["aa:value"][0]
    assert value in ({"int": 4}, {"float": 4.0})
    assert rows["source/kohut-1971"]["aa:listed"] == [{"bool": True}]


def test_columns_are_proposed_for_a_type(client: httpx.Client) -> None:
    body = client.get("/reconcile/properties", params={"type": "concept", "limit": 7}).json()
    assert body["type"] == "concept"
    assert body["limit"] == len(body["properties"]) == 7
    assert {"id": "skos:definition", "name": "definition"} in body["properties"]
    cases = client.get("/reconcile/properties", params={"type": "aa:Case"}).json()["properties"]
    assert "aa:hasEpisode" in {item["id"] for item in cases}


def test_what_is_typed_is_completed(client: httpx.Client) -> None:
    def suggest(what: str, prefix: str) -> list[dict[str, object]]:
        got = client.get(f"/reconcile/suggest/{what}", params={"prefix": prefix})
        assert got.status_code == 200
        result = got.json()["result"]
        assert isinstance(result, list)
        return result

    [first, *_] = suggest("entity", "magical all")
    assert first["id"] == "concept/magical-alliance"
    assert {"id": "aa:AllianceConcept", "name": "alliance concept"} in first["notable"]  # type: ignore[operator]
    assert "aa:AllianceConcept" in {item["id"] for item in suggest("type", "allian")}
    assert "concept" in {item["id"] for item in suggest("type", "conc")}
    assert [item["id"] for item in suggest("property", "defini")] == ["skos:definition"]
    assert suggest("entity", "") == []
    assert suggest("type", "zzzz") == suggest("property", "zzzz") == []


def test_a_preview_may_stand_in_a_frame_and_runs_nothing(client: httpx.Client) -> None:
    answer = client.get("/reconcile/preview", params={"id": "concept/magical-alliance"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors" not in policy
    assert "<script" not in answer.text
    missing = client.get("/reconcile/preview", params={"id": "concept/magical-allianc"})
    assert missing.status_code == 404
    assert "magical-alliance" in missing.json()["nearest"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"queries": "{"}, "no JSON"),
        ({"queries": "[]"}, "no JSON object"),
        ({"queries": "[" * 60_000}, "no JSON"),
        ({"queries": '{"q0": 1}'}, "'q0'"),
        ({"queries": '{"q0": {"query": 7}}'}, "'q0'"),
        ({"queries": '{"q0": {"query": "x", "limit": "many"}}'}, "limit"),
        ({"queries": '{"q0": {"query": "x", "limit": -1}}'}, "limit"),
        ({"queries": '{"q0": {"query": "x", "type": {}}}'}, "type"),
        ({"queries": json.dumps({f"q{n}": {"query": "x"} for n in range(51)})}, "50"),
        ({"extend": "{}"}, "ids"),
        ({"extend": '{"ids": ["a"], "properties": ["b"]}'}, "properties"),
        ({"extend": '{"ids": ["a"], "properties": [{"id": "x:y> }"}]}'}, "no property"),
        ({"extend": '{"ids": ["a"], "properties": [{"id": "nope:y"}]}'}, "no property"),
        ({"extend": json.dumps({"ids": ["a"] * 501, "properties": []})}, "500"),
        ({"other": "x"}, "neither"),
        ({}, "neither"),
    ],
)
def test_what_cannot_be_read_is_told(client: httpx.Client, data: dict[str, str], told: str) -> None:
    answer = client.post(
        "/reconcile", data=data, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400, answer.text
    assert told in answer.json()["detail"]


def test_a_type_that_is_none_is_told_with_the_nearest(client: httpx.Client) -> None:
    queries = {"q0": {"query": "x", "type": "aa:AllianceConcpt"}}
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 422
    assert "q0" in answer.json()["detail"]
    assert "aa:AllianceConcept" in answer.json()["nearest"]
    assert client.get("/reconcile/properties", params={"type": "<x>"}).status_code == 422


def test_other_bodies_are_refused(client: httpx.Client) -> None:
    assert client.post("/reconcile", json={"queries": {}}).status_code == 415
    too_much = client.post("/reconcile", data={"queries": "x" * 300_000})
    assert too_much.status_code == 413


def test_ids_are_text(client: httpx.Client) -> None:
    strange = ["concept/x> } #", "\x00", "../etc", "<script>"]
    body = extend(client, strange, "skos:definition").json()
    assert body["rows"] == {name: {"skos:definition": []} for name in strange}


def test_a_full_batch_of_long_names_takes_bounded_time(client: httpx.Client) -> None:
    names = [f"{number} " + "qzx wvk " * 300 for number in range(50)]
    queries = {f"q{n}": {"query": name} for n, name in enumerate(names)}
    start = time.monotonic()
    ask(client, **queries)
    assert time.monotonic() - start < 10
