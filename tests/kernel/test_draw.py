"""Lots: committed before the value exists, drawn by everybody alike, and no change goes unseen."""

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import cli
from nuanxin.kernel import draw
from nuanxin.kernel.draw import DrawRefused


def a_draw(entrants, places=3, **terms):
    return {
        "title": "免费体检",
        "places": places,
        "seed": {"public": "2026 年 12 月 1 日开奖的数"},
        "entrants": entrants,
        **terms,
    }


def drawn(told, value="024681"):
    return draw.run(draw.commit(told), value)


def ids(rows):
    return [row["id"] for row in rows]


def refused(function, *arguments, **named):
    with pytest.raises(DrawRefused) as raised:
        function(*arguments, **named)
    return raised.value.code


@st.composite
def draws(draw_from):
    """Random lists with households, directed persons and strata; some directed places."""
    strata = draw_from(st.lists(st.sampled_from("东南西北"), min_size=1, max_size=4, unique=True))
    entrants, number = [], 0
    for stratum in strata:
        for household in range(draw_from(st.integers(0, 12))):
            for _ in range(draw_from(st.sampled_from([1, 1, 1, 2, 3]))):
                number += 1
                entrants.append(
                    {
                        "id": f"A{number}",
                        "household": f"{stratum}{household}",
                        "stratum": stratum,
                        "directed": draw_from(st.booleans()),
                    }
                )
    entrants = entrants or [{"id": "A1", "stratum": strata[0]}]
    terms = []
    for stratum in strata:
        places = draw_from(st.integers(0, 15))
        directed = draw_from(st.integers(0, places))
        terms.append({"name": stratum, "places": places, "directed": directed})
    return a_draw(entrants, places=None, strata=terms, overflow=draw_from(st.booleans()))


@pytest.mark.slow
@settings(deadline=None)
@given(draws(), st.text(st.characters(categories=["Nd"]), min_size=1, max_size=9))
def test_what_is_drawn_can_be_verified_and_everybody_stands_once(told, value):
    done = drawn(told, value)
    winners, reserves = ids(done["result"]["winners"]), ids(done["result"]["reserves"])
    assert sorted(winners + reserves) == sorted(one["id"] for one in told["entrants"])
    assert draw.verify(done) == len(winners)
    assert len(winners) <= sum(one["places"] for one in told["strata"])


@pytest.mark.slow
@settings(deadline=None)
@given(draws())
def test_a_household_is_taken_whole_or_not_at_all(told):
    winners = set(ids(drawn(told)["result"]["winners"]))
    together = {}
    for one in told["entrants"]:
        together.setdefault(one.get("household") or one["id"], set()).add(one["id"] in winners)
    assert all(len(answers) == 1 for answers in together.values())


@pytest.mark.slow
@settings(deadline=None)
@given(draws(), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(told, shuffler):
    shuffled = [*told["entrants"]]
    shuffler.shuffle(shuffled)
    other = {**told, "entrants": shuffled}
    assert drawn(told)["commitment"] == drawn(other)["commitment"]
    assert drawn(told)["result"] == drawn(other)["result"]


@pytest.mark.slow
@settings(deadline=None)
@given(st.data(), st.integers(1, 30), st.integers(0, 40))
def test_single_persons_fill_the_places_exactly_with_the_directed_share(data, count, places):
    flags = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    entrants = [{"id": f"A{i}", "directed": flag} for i, flag in enumerate(flags)]
    directed = data.draw(st.integers(0, places))
    done = drawn(a_draw(entrants, places=places, directed=directed))
    winners = set(ids(done["result"]["winners"]))
    assert len(winners) == min(places, count)
    among = sum(1 for one in entrants if one["directed"] and one["id"] in winners)
    assert among >= min(directed, sum(flags))


@pytest.mark.slow
@settings(deadline=None)
@given(draws(), st.data())
def test_any_change_to_the_list_or_the_terms_is_seen(told, data):
    committed = draw.commit(told)
    changed = json.loads(json.dumps(committed))
    one = data.draw(st.sampled_from(changed["entrants"]))
    kind = data.draw(st.sampled_from(["id", "household", "directed", "gone", "added", "places"]))
    if kind in ("id", "household"):
        one[kind] = "changed"
    elif kind == "directed":
        one[kind] = not one.get("directed")
    elif kind == "gone":
        if len(changed["entrants"]) == 1:
            return
        changed["entrants"].remove(one)
    elif kind == "added":
        changed["entrants"].append({"id": "late", "stratum": one["stratum"]})
    else:
        changed["strata"][0]["places"] += 1
    assert refused(draw.run, changed, "1") == "draw.list_changed"


def test_a_list_changed_after_the_commitment_is_refused_with_a_clear_sentence():
    done = drawn(a_draw(["A1", "A2", "A3", "A4"], places=2))
    done["entrants"].append("A5")
    with pytest.raises(DrawRefused, match="封存以后有人改过"):
        draw.verify(done)


def test_a_result_that_was_changed_is_refused():
    done = drawn(a_draw(["A1", "A2", "A3", "A4"], places=2))
    done["result"]["winners"][0]["id"] = done["result"]["reserves"][0]["id"]
    assert refused(draw.verify, done) == "draw.result_differs"
    done = drawn(a_draw(["A1", "A2", "A3", "A4"], places=2))
    assert refused(draw.verify, {**done, "value": "another"}) == "draw.result_differs"


def test_nothing_is_drawn_before_the_commitment_nor_before_the_value_nor_twice():
    told = a_draw(["A1", "A2"], places=1)
    assert refused(draw.run, told, "1") == "draw.not_committed"
    committed = draw.commit(told)
    assert refused(draw.run, committed) == "draw.no_value"
    assert refused(draw.run, draw.run(committed, "1"), "2") == "draw.run"
    assert refused(draw.commit, committed) == "draw.committed"
    assert refused(draw.verify, committed) == "draw.not_run"


def test_sealed_numbers_of_several_officials_must_all_be_told_and_fit():
    numbers = {"陈立春": "482915", "何冬至": "107733"}
    sealed = [{"name": n, "seal": draw.seal_of(n, number)} for n, number in numbers.items()]
    committed = draw.commit(a_draw(["A1", "A2", "A3"], places=1, seed={"sealed": sealed}))
    assert refused(draw.run, committed, revealed={"陈立春": "482915"}) == "draw.not_revealed"
    wrong = numbers | {"何冬至": "107734"}
    assert refused(draw.run, committed, revealed=wrong) == "draw.seal_differs"
    done = draw.run(committed, revealed=dict(reversed(numbers.items())))
    assert draw.verify(done) == 1
    assert done["result"] == draw.run(committed, revealed=numbers)["result"]


def test_directed_persons_come_first_and_then_everybody():
    entrants = [{"id": f"A{i}", "directed": i < 5} for i in range(50)]
    result = drawn(a_draw(entrants, places=10, directed=1))["result"]
    assert [one["by"] for one in result["winners"]] == ["directed"] + ["open"] * 9
    assert [one["rank"] for one in result["reserves"]] == list(range(1, 41))


def test_places_a_stratum_does_not_need_go_to_the_others():
    strata = [{"name": "东", "places": 5}, {"name": "西", "places": 1}]
    entrants = [{"id": f"A{i}", "stratum": "东" if i < 2 else "西"} for i in range(6)]
    result = drawn(a_draw(entrants, strata=strata))["result"]
    assert Counter(one["by"] for one in result["winners"]) == {"open": 3, "overflow": 3}
    kept = drawn(a_draw(entrants, strata=strata, overflow=False))["result"]
    assert len(kept["winners"]) == 3


def test_the_seed_belongs_to_its_list_so_that_luck_does_not_carry_over():
    one, other = a_draw(["A1", "A2"], places=1), a_draw(["A1", "A2", "A3"], places=1)
    assert drawn(one, "7")["result"]["seed"] != drawn(other, "7")["result"]["seed"]


@pytest.mark.slow
def test_everybody_has_the_same_chance():
    told = draw.commit(a_draw([f"A{i}" for i in range(20)], places=5))
    won = Counter()
    for value in range(2_000):
        won.update(ids(draw.run(told, str(value))["result"]["winners"]))
    chi_square = sum((won[f"A{i}"] - 500) ** 2 / 375 for i in range(20))
    assert chi_square < 43.8, "19 degrees of freedom, one in a thousand; the values are fixed"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (a_draw([]), "draw.empty"),
        (a_draw(["A1", "A1"]), "draw.twice"),
        (a_draw([{"household": "x"}]), "draw.no_id"),
        (a_draw(["A\n1"]), "draw.text"),
        (a_draw(["A1"], places=-1), "draw.places"),
        (a_draw(["A1"], places=1, directed=2), "draw.places"),
        (a_draw([{"id": "A1", "stratum": "东"}]), "draw.strata"),
        (
            a_draw(
                [
                    {"id": "A1", "household": "h", "stratum": "东"},
                    {"id": "A2", "household": "h", "stratum": "西"},
                ],
                strata=[{"name": "东", "places": 1}, {"name": "西", "places": 1}],
            ),
            "draw.household",
        ),
    ],
)
def test_a_list_with_faults_is_not_committed(told, code):
    assert refused(draw.commit, told) == code


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "draw.json"
    entrants = [{"id": f"A{i:03d}", "directed": i % 9 == 0} for i in range(200)]
    told = a_draw(entrants, places=20, directed=2)
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_command_commits_runs_and_verifies(file, capsys):
    assert cli.main(["draw", "commit", str(file)]) == 0
    assert cli.main(["draw", "run", str(file), "--value", "024681"]) == 0
    capsys.readouterr()
    assert cli.main(["draw", "verify", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["winners"] == 20


def test_the_command_refuses_a_changed_list(file, capsys):
    cli.main(["draw", "commit", str(file)])
    told = json.loads(file.read_text("utf-8"))
    told["entrants"].pop()
    file.write_text(json.dumps(told), encoding="utf-8")
    for typed in (["run", str(file), "--value", "1"], ["verify", str(file)]):
        assert cli.main(["draw", *typed]) == 1
        assert "封存以后有人改过" in capsys.readouterr().err
    file.write_text("no json", encoding="utf-8")
    assert cli.main(["draw", "verify", str(file)]) == 1
    assert "读不懂" in capsys.readouterr().err


@pytest.mark.process
def test_the_script_that_is_given_out_needs_python_alone(file, tmp_path):
    cli.main(["draw", "commit", str(file)])
    cli.main(["draw", "run", str(file), "--value", "024681"])
    alone = tmp_path / "alone"
    alone.mkdir()
    assert cli.main(["draw", "script", str(alone / "verify.py")]) == 0
    shutil.copy(file, alone)
    held = ask(alone)
    assert held.returncode == 0
    assert "抽中 20 人" in held.stdout
    told = json.loads((alone / "draw.json").read_text("utf-8"))
    random.Random(1).shuffle(told["entrants"])
    told["entrants"][0]["directed"] = not told["entrants"][0]["directed"]
    (alone / "draw.json").write_text(json.dumps(told), encoding="utf-8")
    held = ask(alone)
    assert held.returncode == 1
    assert "封存以后有人改过" in held.stderr


def ask(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with neither site packages nor this project in sight."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "verify.py", "draw.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
