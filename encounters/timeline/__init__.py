"""The timeline of an encounter as geometry: what stands where, in percent across and pixels down.

Pure: facts and result in, frozen values out. The template turns them into SVG and adds nothing.
"""

from encounters.timeline.drawing import Earns, Timeline, timeline
from encounters.timeline.ledger import MinuteSums, minute_sums

__all__ = ["Earns", "MinuteSums", "Timeline", "minute_sums", "timeline"]
