"""Every rulebook that ever coded an encounter, file by file, so that what it said can be asked again."""

from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.coding import DIGEST


class RulebookFile(AppendOnly):
    """One file of the rules by the SHA-256 of its bytes; a file that two rulebooks share is kept once.

    `content`: the bytes, compressed with zlib.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex=DIGEST), name="rulebook_file_digest_is_hex")]

    def __str__(self) -> str:
        return self.sha256[:12]


class RulebookVersion(AppendOnly):
    """One rulebook by its version; `files`: name within the rules → SHA-256 of a `RulebookFile`.

    Layers of a facility's own folder have names that begin with `own/`.
    """

    version = models.CharField(max_length=64, primary_key=True)
    archived_at = models.DateTimeField()
    files = models.JSONField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(version__regex=DIGEST), name="rulebook_version_is_hex")]

    def __str__(self) -> str:
        return self.version[:12]
