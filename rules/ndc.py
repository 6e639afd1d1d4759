"""National Drug Codes as a claim carries them."""

SEGMENTS = (5, 4, 2)
"""Digits of labeler, product and package on a claim."""
NDC_DIGITS = sum(SEGMENTS)


def ndc_of_claim(text: str) -> str | None:
    """Eleven digits, 5-4-2; None where the short segment of a ten-digit number cannot be known (I1).

    >>> ndc_of_claim("0517-0650-01")
    '00517065001'
    >>> ndc_of_claim("0517065001") is None
    True
    """
    parts = str(text).strip().split("-")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if len(parts) == 1:
        return parts[0] if len(parts[0]) == NDC_DIGITS else None
    if len(parts) != len(SEGMENTS) or sum(map(len, parts)) < NDC_DIGITS - 1:
        return None
    if any(len(part) > width for part, width in zip(parts, SEGMENTS, strict=True)):
        return None
    return "".join(part.zfill(width) for part, width in zip(parts, SEGMENTS, strict=True))
