"""Rule files that tests propose."""

from encounters.installed import rulebook_files

THRESHOLDS = "parameters/cpt/time_thresholds.yaml"


def further_hour_from(minutes: int) -> dict[str, str]:
    """The file under which a further hour of infusion needs so many minutes, not 31."""
    head, word, rest = rulebook_files()[THRESHOLDS].decode().partition("additional_from:")
    return {THRESHOLDS: head + word + rest.replace("value: 31", f"value: {minutes}", 1)}
