import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rules import errors
from rules.errors import BadValue, DuplicateKey
from rules.rulebook import loader
from rules.rulebook.document import Place, price_rows, read
from rules.rulebook.loader import DATA_DIR, code_digest, files_of, load_rulebook, read_content, read_files

BAD_DATA = sorted((Path(__file__).parent / "bad_data").glob("*.yaml"))

LAYER = """\
layer: facility
name: st-elsewhere
title: St. Elsewhere
checked: 2026-11-21
values:
  missing_stop:
    - value: query
      from: 2026-01-01
      source: st-elsewhere
      locator: page 3
"""
SOURCES = """\
sources:
  st-elsewhere:
    publisher: St. Elsewhere
    title: Infusion coding policy
    accessed: 2026-11-21
"""


def header(text: str, word: str) -> str:
    found = re.search(rf"^# {word}: (.+)$", text, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "st-elsewhere.yaml").write_text(LAYER)
    return tmp_path


class TestReadContent:
    @pytest.mark.parametrize("path", BAD_DATA, ids=[path.stem for path in BAD_DATA])
    def test_refuses(self, path: Path, tmp_path: Path) -> None:
        text = path.read_text()
        data_dir = tmp_path / "data"
        shutil.copytree(DATA_DIR, data_dir)
        target = data_dir / header(text, "into")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        with pytest.raises(errors.RulebookError) as caught:
            read_content(data_dir=data_dir)
        assert type(caught.value).__name__ == header(text, "raises")
        assert header(text, "says") in str(caught.value)

    def test_version_stays_when_only_comments_and_layout_change(self, tmp_path: Path) -> None:
        shutil.copytree(DATA_DIR, tmp_path / "data")
        path = tmp_path / "data" / "policy_keys.yaml"
        path.write_text("# Another comment.\n\n" + path.read_text())
        assert read_content(data_dir=tmp_path / "data").version == load_rulebook().version

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("parameters/cpt/time_thresholds.yaml", "value: 16", "value: 17"),
            ("prices/cms/opps_2024q1.csv", "322.68", "322.69"),
        ],
    )
    def test_version_changes_with_a_value(self, tmp_path: Path, file: str, old: str, new: str) -> None:
        shutil.copytree(DATA_DIR, tmp_path / "data")
        path = tmp_path / "data" / file
        path.write_text(path.read_text().replace(old, new, 1))
        assert read_content(data_dir=tmp_path / "data").version != load_rulebook().version

    def test_refuses_bytes_that_are_no_text(self, own_folder: Path) -> None:
        (own_folder / "st-elsewhere.yaml").write_bytes(b"\xff\xfe\xff")
        with pytest.raises(BadValue, match="not readable"):
            read_content(data_dir=DATA_DIR, policy_dir=own_folder)


class TestLoadRulebook:
    def test_reads_once(self) -> None:
        assert load_rulebook() is load_rulebook()

    def test_version_is_a_sha256(self) -> None:
        assert re.fullmatch("[0-9a-f]{64}", load_rulebook().version)

    def test_takes_a_facility_s_own_layer(self, own_folder: Path) -> None:
        rulebook = load_rulebook(policy_dir=own_folder)
        policy = rulebook.as_of(date(2026, 1, 15)).policy(
            setting="facility", payer=None, facility="St-Elsewhere", overrides={}
        )
        assert policy["missing_stop"] == "query"
        assert policy.origin("missing_stop").layer == "st-elsewhere"
        assert rulebook.sources["st-elsewhere"].title == "Infusion coding policy"
        assert rulebook.version != load_rulebook().version

    def test_owner_is_the_folder_of_the_file(self, own_folder: Path) -> None:
        (own_folder / "north").mkdir()
        (own_folder / "st-elsewhere.yaml").rename(own_folder / "north" / "st-elsewhere.yaml")
        layer = next(each for each in load_rulebook(policy_dir=own_folder).policies if each.name == "st-elsewhere")
        assert layer.owner == "north"

    def test_version_does_not_depend_on_where_the_folder_lies(
        self, own_folder: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        elsewhere = tmp_path_factory.mktemp("other") / "policies"
        shutil.copytree(own_folder, elsewhere)
        assert load_rulebook(policy_dir=elsewhere).version == load_rulebook(policy_dir=own_folder).version

    def test_own_folder_may_cite_the_shipped_sources_alone(self, own_folder: Path) -> None:
        (own_folder / "sources.yaml").unlink()
        (own_folder / "st-elsewhere.yaml").write_text(LAYER.replace("source: st-elsewhere", "source: house"))
        assert load_rulebook(policy_dir=own_folder).policies

    def test_takes_the_layer_of_the_handbook(self, tmp_path: Path) -> None:
        handbook = Path(__file__).parents[2] / "docs" / "adding-a-rule.md"
        sources, layer = re.findall(r"```yaml\n(.*?)```", handbook.read_text(), re.DOTALL)
        (tmp_path / "sources.yaml").write_text(sources)
        (tmp_path / "st-elsewhere.yaml").write_text(layer)
        found = (
            load_rulebook(policy_dir=tmp_path)
            .as_of(date(2026, 1, 15))
            .policy(
                setting="facility", payer=None, facility="st-elsewhere", overrides={"chemo_definition": "payer_list"}
            )
        )
        assert found["missing_stop"] == "query"
        assert found.families["leucovorin"] == "therapeutic"
        assert found.is_listed_as_chemo(["J1745"])
        assert not found.is_listed_as_chemo(["J2357"])
        assert found.hydration_necessity == ("E86", "R11", "Z51.11")

    def test_refuses_a_source_that_is_shipped(self, own_folder: Path) -> None:
        (own_folder / "sources.yaml").write_text(SOURCES.replace("st-elsewhere", "house"))
        with pytest.raises(DuplicateKey, match=r"sources\.yaml:2: sources\.house: defined in an earlier file"):
            load_rulebook(policy_dir=own_folder)

    def test_names_the_path_of_a_facility_s_own_file(self, own_folder: Path) -> None:
        path = own_folder / "st-elsewhere.yaml"
        path.write_text(LAYER.replace("query", "guess"))
        with pytest.raises(BadValue) as caught:
            load_rulebook(policy_dir=own_folder)
        assert str(caught.value).startswith(f"{path}:7: values.missing_stop.1.value: 'guess' is not one of")

    def test_refuses_a_base_or_a_setting_of_one_s_own(self, own_folder: Path) -> None:
        path = own_folder / "st-elsewhere.yaml"
        path.write_text(LAYER.replace("layer: facility", "layer: base"))
        with pytest.raises(BadValue) as caught:
            load_rulebook(policy_dir=own_folder)
        assert str(caught.value) == f"{path}:1: layer: a policy of one's own is one of payer, facility"

    def test_refuses_what_cannot_be_read(self, own_folder: Path) -> None:
        (own_folder / "folder.yaml").mkdir()
        with pytest.raises(BadValue, match="not readable"):
            load_rulebook(policy_dir=own_folder)

    def test_refuses_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadValue, match="the policy folder does not exist"):
            load_rulebook(policy_dir=tmp_path / "missing")


class TestRead:
    def test_a_quoted_empty_text_is_text_and_a_bare_one_is_nothing(self) -> None:
        section = read('quoted: "~"\nbare: ~\n', file="x.yaml")
        assert section.optional_text("quoted") == "~"
        assert section.optional_text("bare") is None
        assert not section.texts("bare")
        assert not list(section.section("bare").names())
        assert section.plain() == {"quoted": "~", "bare": None}

    def test_an_absent_key_stands_at_its_section(self) -> None:
        section = read("present: 1\n", file="x.yaml")
        assert section.place_of("absent") == section.place == Place("x.yaml", 1, "")
        assert section.place_of("present") == Place("x.yaml", 1, "present")

    @pytest.mark.parametrize("text", ["0", "-1", "1.5", "²", "one"])
    def test_a_whole_number_is_above_zero(self, text: str) -> None:
        with pytest.raises(BadValue, match="not a whole number above zero"):
            read(f'minutes: "{text}"\n', file="x.yaml").whole_number("minutes")


class TestPriceRows:
    def test_reads_rates_and_their_absence(self) -> None:
        assert price_rows("code,status_indicator,rate\n96413,S,337.46\n96368,N,\n", file="x.csv") == {
            "96413": ("S", Decimal("337.46")),
            "96368": ("N", None),
        }

    @pytest.mark.parametrize("text", ["", "code,rate\n96413,1\n"])
    def test_refuses_another_header(self, text: str) -> None:
        with pytest.raises(BadValue, match=r"x\.csv:1: the header must be"):
            price_rows(text, file="x.csv")

    @pytest.mark.parametrize("row", ["96413,S", "96413,S,dear", "96413,S,-1", "96413,S,NaN", ",S,1", "96413,,1"])
    def test_refuses_a_row(self, row: str) -> None:
        with pytest.raises(BadValue, match=r"x\.csv:2: row: not a code, a status indicator and an amount"):
            price_rows(f"code,status_indicator,rate\n{row}\n", file="x.csv")

    def test_refuses_a_code_listed_twice(self) -> None:
        with pytest.raises(DuplicateKey, match=r"x\.csv:3: 96413 is listed twice"):
            price_rows("code,status_indicator,rate\n96413,S,1\n96413,S,2\n", file="x.csv")


class TestReadFiles:
    def test_makes_the_same_rulebook_of_kept_files(self, own_folder: Path) -> None:
        own = load_rulebook(policy_dir=own_folder)
        kept = read_files(files_of(policy_dir=own_folder))
        assert kept.version == own.version
        assert [layer.name for layer in kept.policies] == [layer.name for layer in own.policies]
        assert read_files(files_of()).version == load_rulebook().version

    def test_refuses_files_of_which_one_is_missing(self) -> None:
        files = files_of()
        del files["coverage.yaml"]
        with pytest.raises(BadValue, match="no such file"):
            read_files(files)


class TestCodeDigest:
    @pytest.fixture
    def digest(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
        """Answers the digest of a source of one file."""

        def of(name: str, content: str) -> str:
            folder = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            (folder / name).write_text(content, encoding="utf-8")
            monkeypatch.setattr(loader, "CODE_DIR", folder)
            return code_digest.__wrapped__()

        return of

    def test_is_of_names_and_content_of_the_source(self, digest: Callable[[str, str], str]) -> None:
        one = digest("engine.py", "A = 1\n")
        assert re.fullmatch("[0-9a-f]{64}", one)
        assert digest("engine.py", "A = 1\n") == one
        assert digest("engine.py", "A = 2\n") != one
        assert digest("motor.py", "A = 1\n") != one
