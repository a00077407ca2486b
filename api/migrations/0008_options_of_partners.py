"""Say under which option each shared row is; who reads a collection with options wants them."""

from typing import Any

from django.db import migrations
from django.db.models import Q

GATES = ("playbooks", "details")


def tell(apps: Any, _editor: Any) -> None:
    """Leave each partner with what it read before."""
    drawn = apps.get_model("api", "SharedObject").objects
    shares = apps.get_model("api", "Share").objects
    for gate in GATES:
        under = Q(key__startswith=f"{gate}/") | Q(key__startswith=f"revoked:{gate}/")
        shares.filter(stix_id__in=drawn.filter(under).values("stix_id")).update(gate=gate)
    for partner in apps.get_model("api", "Partner").objects.all():
        read = partner.access.filter(can_read=True)
        partner.options = {
            gate: read.filter(**{f"collection__{gate}": True}).exists() for gate in GATES
        }
        partner.save(update_fields=["options"])


class Migration(migrations.Migration):
    dependencies = [("api", "0007_gates_of_rows")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
