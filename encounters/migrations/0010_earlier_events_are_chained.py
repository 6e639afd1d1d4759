"""Events from before the chain take their places in it as they stand; a last one says from when on the chain speaks.

Nothing is rewritten. That these events were not changed before this day, the chain cannot say.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from encounters.audit import chain
from encounters.audit.tags import Tag

AT_ONCE = 5000


def chain_earlier_events(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every event has its place, in the order of the ids."""
    events = apps.get_model("encounters", "AuditEvent")
    found = list(events.objects.order_by("pk").values_list("pk", flat=True))
    if not found:
        return
    said = events.objects.create(
        at=timezone.now(),
        tag=Tag.TRAIL_CHAINED,
        actor_name="system",
        after={"events": len(found), "last_event": found[-1]},
        reason="the chain begins here; what stands before it is attested from now on",
    )
    for first in range(0, len(found), AT_ONCE):
        chain.seal(schema_editor.connection, found[first : first + AT_ONCE])
    chain.seal(schema_editor.connection, [said.pk])


class Migration(migrations.Migration):
    dependencies = [("encounters", "0009_the_trail_is_chained")]

    operations = [migrations.RunPython(chain_earlier_events, migrations.RunPython.noop)]
