"""What admins set: each change is a new version, and the others are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_noop

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import kinds, reference
from csirt.directory.desk import overlay, values
from csirt.directory.desk.sorts import sort_of
from csirt.directory.models import DeskSetting
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, NotAllowed

_CHANGED = gettext_noop("Quelqu'un vient de changer ce réglage. Relisez-le, puis recommencez.")


def change_setting(
    *, name: str, version: int, typed: Mapping[str, str], by: Person, now: datetime
) -> int:
    """Put what was *typed* in force at once; the same again changes nothing. Returns its version.

    Raises ``NotAllowed``, ``NotFound`` for what cannot be set, ``Conflict`` when somebody changed it
    since *version*, ``Invalid`` naming the boxes that are wrong.
    """
    try:
        return _change(name=name, version=version, typed=typed, by=by, now=now)
    except IntegrityError as error:  # the same first version, in the same moment
        raise Conflict(_CHANGED) from error
    finally:
        values.forget()


@change
def _change(*, name: str, version: int, typed: Mapping[str, str], by: Person, now: datetime) -> int:
    if by.role != Role.ADMIN:
        raise NotAllowed
    sort = sort_of(name)
    value = sort.read(typed)
    rows = DeskSetting.objects.filter(name=name, current=True)
    row = rows.select_for_update(no_key=True).first()
    number = row.number if row else 0
    if value == (row.value if row else sort.shipped()):
        return number
    if number != version:
        raise Conflict(_CHANGED)
    row = _put(name, value, number, by, now)
    data = {"setting": name, "number": row.number}
    record(kinds.SETTING_CHANGED, row, by=by, at=now, data=data)
    return row.number


def put_playbook(*, playbook: str, text: str, by: Person, now: datetime) -> None:
    """Have cases begin with *text* as that playbook, and the public pages say its first gestures.

    Inside the change that publishes it and says so in the journal; whoever calls that change calls
    ``values.forget`` after it. The version in force until now is stored: somebody may just have been
    shown it.
    """
    reference.current_version()
    name = f"{overlay.PLAYBOOK}{playbook}"
    rows = DeskSetting.objects.filter(name=name, current=True)
    row = rows.select_for_update(no_key=True).first()
    _put(name, {"text": text}, row.number if row else 0, by, now)


def _put(
    name: str, value: Mapping[str, Any], number: int, by: Person, now: datetime
) -> DeskSetting:
    """Put *value* in place of the version *number*."""
    DeskSetting.objects.filter(name=name, current=True).update(current=False)
    return DeskSetting.objects.create(
        name=name, number=number + 1, value=value, by=User.objects.get(pk=by.user_id), at=now
    )
