"""Values of the chart as JSON holds them, as `encounters.addenda` reads them back."""

from datetime import UTC, date, datetime
from decimal import Decimal

from encounters.addenda import Opened


def json_value(value: object) -> object:
    """Times in ISO 8601 and UTC, amounts as the shortest exact text, pauses and containers as lists of objects."""
    if isinstance(value, date):
        return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Opened):
        return container(value.size_amount, value.size_unit, value.count, is_single_dose=value.is_single_dose)
    if isinstance(value, tuple | list):
        if len(value) == 2 and all(isinstance(each, datetime) for each in value):  # noqa: PLR2004  # a pause
            return {"started_at": json_value(value[0]), "stopped_at": json_value(value[1])}
        return [json_value(each) for each in value]
    return value


def container(  # the parts of a label
    size_amount: Decimal,
    size_unit: str,
    count: int,
    *,
    is_single_dose: bool | None,
    ndc: str = "",
    lot: str = "",
) -> dict[str, object]:
    """An opened container; its NDC and lot only where they are charted."""
    said: dict[str, object] = {
        "size_amount": json_value(size_amount),
        "size_unit": size_unit,
        "count": count,
        "is_single_dose": is_single_dose,
    }
    return said | {name: text for name, text in (("ndc", ndc), ("lot", lot)) if text}
