"""The lines of an encounter as they are printed: form and hue of their keys, labels, drugs, dollars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.text import capfirst

from encounters.models.review import DecisionAction
from encounters.review.lines import ReviewLine
from encounters.review.sights import DRUG_ROLES
from encounters.timeline.items import is_push
from encounters.timeline.words import FAMILY_CLASS, amount
from rules import explain
from rules.facts import Administration
from rules.result import CodedLine
from rules.rulebook.model import Rulebook
from rules.vocabulary import Role

FORM_OF_ROLE = {
    Role.FLUSH: "push",
    Role.PUMP: "pump",
    Role.DRUG: "dot",
    Role.DISCARDED: "ring",
    Role.CONCURRENT: "outlined",
    Role.ADDITIONAL_HOUR: "lighter",
}
SIGN_OF_ACTION = {
    DecisionAction.ACCEPTED: ("d-ok", "accepted"),
    DecisionAction.OVERRIDDEN: ("d-edit", "corrected"),
    DecisionAction.REJECTED: ("d-x", "rejected"),
    DecisionAction.ADDED: ("d-add", "added"),
}


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the list. `form` and `css` draw its key, `sign` and `said` its decision."""

    line: ReviewLine
    form: str
    css: str
    sign: str
    said: str
    label: str
    drugs: str
    rules: str
    pointers: str
    dollars: Decimal | None

    @property
    def is_open(self) -> bool:
        """Nobody has decided it."""
        return self.line.decision is None


def is_drug(line: ReviewLine) -> bool:
    """Drug lines stand below the services; an added line goes by its code's first letter."""
    if line.suggested is not None:
        return line.suggested.role in DRUG_ROLES
    return line.code[:1].isalpha()


def pointers_of(line: ReviewLine, letters: Mapping[str, str], usual: tuple[str, ...]) -> str:
    """The letters of a line's diagnoses, nothing where they are those of most lines."""
    if line.suggested is None or line.suggested.diagnoses == usual:
        return ""
    return " ".join(letters.get(code, code) for code in line.suggested.diagnoses)


def line_row(
    line: ReviewLine,
    administrations: Mapping[str, Administration],
    rulebook: Rulebook,
    *,
    pointers: str,
    is_accepted: bool,
) -> LineRow:
    """One line ready to print; `pointers` are its diagnoses where they differ from those of most lines."""
    suggested = line.suggested
    given = [administrations[one] for one in line.administrations if one in administrations]
    undecided = ("d-ok", "accepted as suggested") if is_accepted else ("d-open", "open")
    sign, said = SIGN_OF_ACTION[DecisionAction(line.action)] if line.action else undecided
    form, css = _key(suggested, given)
    return LineRow(
        line=line,
        form=form,
        css=css,
        sign=sign,
        said=said,
        label=_label(line, given, rulebook),
        drugs=_drugs(suggested, given),
        rules=" ".join(explain.rules_of(suggested)) if suggested else "",
        pointers=pointers,
        dollars=suggested.price * line.units
        if suggested and suggested.price is not None and suggested.code == line.code
        else None,
    )


def _key(suggested: CodedLine | None, given: Sequence[Administration]) -> tuple[str, str]:
    """The form and hue of a line's key: the same as its bar."""
    if suggested is None:
        return "added", "othr"
    css = FAMILY_CLASS[suggested.family]
    is_open_ended = any(each.start and not each.stop and each.technique == "infusion" for each in given)
    if is_open_ended and suggested.role not in DRUG_ROLES:
        return "fade", css
    return "push" if is_push(suggested) else FORM_OF_ROLE.get(suggested.role, "bar"), css


def _label(line: ReviewLine, given: Sequence[Administration], rulebook: Rulebook) -> str:
    """That of the suggested line where it bills the same code, else our own of the code."""
    if line.suggested is None or line.code != line.suggested.code:
        return _own_label(line.code, rulebook)
    return suggested_label(line.suggested, given, rulebook)


def suggested_label(line: CodedLine, given: Sequence[Administration], rulebook: Rulebook) -> str:
    """Our own short label; of a drug code the drug and what one unit stands for."""
    if line.role not in DRUG_ROLES:
        return _own_label(line.code, rulebook)
    for each in given:
        for code in each.drug.billing_codes or ():
            if code.code == line.code:
                is_unit = line.role is not Role.DISCARDED
                what = f"{amount(code.per.amount)} {code.per.unit} a unit" if is_unit else "discarded"
                return capfirst(f"{each.drug.name}, {what}")
    return capfirst(given[0].drug.name) if given else ""


def _own_label(code: str, rulebook: Rulebook) -> str:
    label = rulebook.label(code)
    return "" if label == code else label


def _drugs(suggested: CodedLine | None, given: Sequence[Administration]) -> str:
    """The drugs behind a line; of one drug with the dose, summed where the units agree."""
    names = list(dict.fromkeys(each.drug.name for each in given))
    if suggested is not None and suggested.role is Role.DISCARDED:
        return _opened(given)
    doses = [each.dose for each in given if each.dose]
    if len(names) == 1 and doses and len({dose.unit for dose in doses}) == 1:
        dose = f"{amount(sum((dose.amount for dose in doses), Decimal(0)))} {doses[0].unit}"
        if suggested is not None and suggested.role is Role.DRUG:
            return f"{dose} given"
        return names[0] if suggested is not None and suggested.role is Role.ADDITIONAL_HOUR else f"{names[0]} {dose}"
    return ", ".join(names)


def _opened(given: Sequence[Administration]) -> str:
    sizes = [(box.size, box.count) for each in given for box in each.containers]
    if not sizes or len({size.unit for size, _ in sizes}) > 1:
        return ""
    return f"of {amount(sum((size.amount * count for size, count in sizes), Decimal(0)))} {sizes[0][0].unit} opened"


def given_words(administration: Administration) -> str:
    """Drug and dose."""
    dose = administration.dose
    return capfirst(
        f"{administration.drug.name} {amount(dose.amount)} {dose.unit}" if dose else administration.drug.name
    )
