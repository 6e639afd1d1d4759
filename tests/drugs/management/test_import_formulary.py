from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from drugs.models import FormularyImport, ImportState
from tests import personas
from tests.drugs.formulary.imports.acts import AT, all_approved
from tests.factories.cms import price_file

pytestmark = pytest.mark.django_db

ROW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")


@pytest.fixture(autouse=True)
def _on_20_june() -> object:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_bytes(price_file("2025Q3", ROW))
    return path


def run(file: Path, *more: str, quarter: str = "2025Q3", by: str = "cleo") -> str:
    personas.cleo()
    out = StringIO()
    call_command(
        "import_formulary", str(file), "--kind=asp_pricing", f"--quarter={quarter}", f"--by={by}", *more, stdout=out
    )
    return out.getvalue()


class TestImportFormulary:
    def test_reads_compares_and_says_what_differs(self, file: Path) -> None:
        said = run(file)
        assert "2 rows read" in said
        assert "New codes: 2, 2 undecided" in said

    def test_publishes_what_people_have_decided(self, file: Path) -> None:
        run(file)
        sent = FormularyImport.objects.get()
        with pytest.raises(CommandError, match="neither approved nor withheld"):
            run(file, "--publish")
        all_approved(sent)
        assert "Published as version" in run(file, "--publish")
        sent.refresh_from_db()
        assert sent.state == ImportState.PUBLISHED

    @pytest.mark.parametrize(
        ("more", "why"),
        [
            ({"quarter": "2025Q4"}, "Refused. .*2025Q4 was expected"),
            ({"quarter": "soon"}, "not a quarter"),
            ({"by": "nobody"}, "no user nobody"),
        ],
        ids=["wrong quarter", "no quarter", "nobody"],
    )
    def test_refuses(self, file: Path, more: dict[str, str], why: str) -> None:
        with pytest.raises(CommandError, match=why):
            run(file, **more)

    def test_is_for_those_who_maintain_the_formulary(self, file: Path) -> None:
        personas.ana()
        with pytest.raises(CommandError, match="maintain the formulary"):
            run(file, by="ana")
