"""What the REST API takes and gives. A field that is not declared is refused."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from csirt.accounts.models import User
from csirt.directory.models import VictimKind
from csirt.kernel.errors import Invalid
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import State
from incidents.models import (
    Campaign,
    Channel,
    Clock,
    Incident,
    Kind,
    Priority,
    Report,
    Verdict,
)
from incidents.services.bulk import MOST
from incidents.services.transitions import WAITS_ON

LONGEST = 20_000


class Strict(serializers.Serializer[Any]):
    """Refuses unknown fields instead of passing them over in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values; raises ``ValidationError`` naming each unknown field."""
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError(
                {name: ["Ce champ n'existe pas."] for name in sorted(map(str, unknown))}
            )
        return super().to_internal_value(data)


class PersonShown(serializers.ModelSerializer[User]):
    """A colleague."""

    class Meta:
        model = User
        fields = ("uuid", "name")


class PlaceShown(serializers.Serializer[Any]):
    """A commune."""

    insee = serializers.CharField(source="pk")
    name = serializers.CharField()
    department = serializers.CharField(source="department_id")


class OrganisationShown(serializers.Serializer[Any]):
    """A body of the directory."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    siren = serializers.CharField()


class IncidentShown(serializers.ModelSerializer[Incident]):
    """A case as the desk knows it."""

    state = serializers.ChoiceField(choices=[state.value for state in State], read_only=True)
    kind = serializers.CharField(read_only=True)  # empty until it is qualified
    assignee = PersonShown(read_only=True, allow_null=True)
    organisation = OrganisationShown(read_only=True, allow_null=True)
    commune = PlaceShown(read_only=True, allow_null=True)
    merged_into = serializers.UUIDField(
        source="merged_into.uuid", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Incident
        fields = (
            "uuid", "reference", "version", "state", "title", "kind", "victim_kind", "category",
            "priority", "priority_reason", "tlp", "pap", "assessment", "organisation",
            "organisation_name", "commune", "assignee", "restricted", "danger", "unread",
            "knowledge_at", "knowledge_exact", "next_due", "opened_at", "changed_at", "resolved_at",
            "closed_at", "waiting_on", "waiting_until", "reason", "redirected_to",
            "closing_words", "merged_into",
        )  # fmt: skip
        read_only_fields = fields


class IncidentEdited(Strict):
    """What may be corrected; ``version`` is the one that was seen."""

    version = serializers.IntegerField(min_value=1)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    organisation = serializers.UUIDField(required=False)
    commune = serializers.CharField(max_length=5, required=False)
    knowledge_at = serializers.DateTimeField(required=False)


class Seen(Strict):
    """The version that was seen."""

    version = serializers.IntegerField(min_value=1)


class PriorityGiven(Seen):
    """Another priority for a case, and why."""

    priority = serializers.ChoiceField(choices=Priority.choices)
    reason = serializers.CharField(max_length=LONGEST)


class CampaignShown(serializers.ModelSerializer[Campaign]):
    """A campaign: cases that the desk believes to be one story. ``closed_at``: it takes no more."""

    class Meta:
        model = Campaign
        fields = ("uuid", "version", "name", "description", "opened_at", "closed_at")
        read_only_fields = fields


class CampaignOpened(Strict):
    """A new campaign."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=LONGEST, default="", allow_blank=True)


class CampaignEdited(Seen):
    """What may be changed of a campaign."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)


class CaseChosen(Seen):
    """A case, and the version of it that was seen."""

    incident = serializers.UUIDField()


class CasesChosen(Strict):
    """Several cases at once."""

    cases = serializers.ListField(child=CaseChosen(), min_length=1, max_length=MOST)

    def validate_cases(self, given: list[dict[str, Any]]) -> dict[UUID, int]:
        """Return the version of each case; raises ``Invalid`` for one that is named twice."""
        versions = {one["incident"]: one["version"] for one in given}
        if len(versions) < len(given):
            raise Invalid(fields={"cases": "Nommez chaque dossier une seule fois."})
        return versions


class ClockShown(serializers.ModelSerializer[Clock]):
    """A clock of a case: a duty of the law or, ``law`` false, a target of the desk.

    A duty without a clock does not apply, by all that is known.
    """

    verdict = serializers.ChoiceField(choices=Verdict.values, read_only=True)

    class Meta:
        model = Clock
        fields = (
            "duty", "step", "law", "verdict", "running", "started_at", "ends_at", "own_start_at",
            "own_start_reason", "partial_at", "met_at", "met_how", "late_reason", "waived_at",
            "waived_why",
        )  # fmt: skip
        read_only_fields = fields


class TransitionShown(serializers.Serializer[Any]):
    """One edge that leaves the case's state now."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF has a label of its own
    targets = serializers.ListField(child=serializers.CharField())
    needs = serializers.ListField(child=serializers.CharField())
    optional = serializers.ListField(child=serializers.CharField())


class TransitionAsked(Strict):
    """The fields of every edge; which are needed, ``needs`` says."""

    version = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(choices=Kind.values, required=False)
    category = serializers.CharField(max_length=40, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    tlp = serializers.ChoiceField(choices=[tlp.value for tlp in Tlp], required=False)
    reason = serializers.CharField(max_length=LONGEST, required=False)
    waiting_on = serializers.ChoiceField(choices=WAITS_ON, required=False)
    until = serializers.DateTimeField(required=False)
    closing_words = serializers.CharField(max_length=LONGEST, required=False)
    redirected_to = serializers.CharField(max_length=40, required=False)
    consent = serializers.BooleanField(required=False)
    into = serializers.UUIDField(required=False)


class ReportShown(serializers.ModelSerializer[Report]):
    """What somebody told the desk, as it was told."""

    incident = serializers.UUIDField(source="incident.uuid", read_only=True)

    class Meta:
        model = Report
        fields = (
            "uuid", "incident", "channel", "language", "answers", "text", "contact_name",
            "contact_phone", "contact_email", "own_domains", "filed_at",
        )  # fmt: skip
        read_only_fields = fields


class ReportFiled(Strict):
    """A report taken by somebody of the desk, on the phone or from a mail.

    ``token`` is 32 random hexadecimal digits: the same token twice is one report.
    """

    token = serializers.RegexField(r"^[0-9a-f]{32}$")
    victim_kind = serializers.ChoiceField(choices=VictimKind.values)
    category = serializers.CharField(max_length=40)
    inputs = serializers.DictField(child=serializers.CharField(max_length=40), default=dict)
    flags = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=20
    )
    traits = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=20
    )
    text = serializers.CharField(max_length=LONGEST, default="", allow_blank=True)
    contact_name = serializers.CharField(max_length=120, default="", allow_blank=True)
    contact_phone = serializers.CharField(max_length=40, default="", allow_blank=True)
    contact_email = serializers.EmailField(max_length=254, default="", allow_blank=True)
    own_domains = serializers.ListField(
        child=serializers.CharField(max_length=253), default=list, max_length=20
    )
    organisation_name = serializers.CharField(max_length=200, default="", allow_blank=True)
    commune = serializers.CharField(max_length=5, default="", allow_blank=True)
    knowledge_at = serializers.DateTimeField(required=False)
    channel = serializers.ChoiceField(choices=Channel.values, default=Channel.PHONE.value)


class ReportReceipt(serializers.Serializer[Any]):
    """What to tell the victim. ``code`` is null when it may not be shown again."""

    report = serializers.UUIDField()
    incident = serializers.UUIDField()
    reference = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    again = serializers.BooleanField()


class CaseRefused(serializers.Serializer[Any]):
    """A case that stopped an act on several, and why."""

    incident = serializers.UUIDField()
    reference = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()
    state = serializers.CharField(required=False)


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]  # DRF has errors of its own
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    cases = CaseRefused(many=True, required=False)
