"""Nothing of a case is released when its victim does not agree; what was shared goes at once."""

import pytest

from api.models import Share
from csirt.accounts.principals import Victim
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed
from incidents.models import Incident
from incidents.services.consenting import decide
from tests.sharing.desk import collection, preview, qualified, release

pytestmark = pytest.mark.django_db


def says(case, given):
    decide(victim=Victim(case.pk), about="sharing", given=given, now=now())


def test_a_withdrawn_consent_empties_the_collections_at_once(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    assert Share.objects.exists()

    says(case, given=False)

    assert not Share.objects.exists()


def test_a_refused_consent_stops_the_release_and_a_given_one_opens_it(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    says(case, given=False)
    with pytest.raises(NotAllowed):
        preview(Incident.objects.get(pk=case.pk), alice, green)

    says(case, given=True)

    release(Incident.objects.get(pk=case.pk), alice, green)
    assert Share.objects.exists()


def test_another_consent_withdrawn_leaves_what_is_shared(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)

    decide(victim=Victim(case.pk), about="handover", given=False, now=now())

    assert Share.objects.exists()
