"""The kinds of identifiers that one file uses and another one declares."""

from typing import Annotated, Literal

from csirt.reference.reading import Matches, Ref

Priority = Literal["P1", "P2", "P3", "P4"]
Stage = Literal["before", "after"]
Confidence = Literal["high", "medium", "low"]
SystemAttack = Literal["oui", "non", "nsp"]

Id = Annotated[str, Matches(r"[A-Za-z0-9_@-]+", "letters, digits, '_' or '-'")]
AttackId = Annotated[str, Matches(r"T\d{4}(\.\d{3})?", "T1566 or T1566.001")]
BasisId = Annotated[str, Ref("basis")]
CalendarId = Annotated[str, Ref("calendar")]
CategoryId = Annotated[str, Ref("category")]
ClockId = Annotated[str, Ref("clock")]
ContactId = Annotated[str, Ref("contact")]
DistressId = Annotated[str, Ref("distress_group")]
DueFromId = Annotated[str, Ref("due_from")]
DutyId = Annotated[str, Ref("duty")]
DutyStartId = Annotated[str, Ref("duty_start")]
FlagId = Annotated[str, Ref("flag")]
InputId = Annotated[str, Ref("input")]
KindId = Annotated[str, Ref("victim_kind")]
PlaybookId = Annotated[str, Ref("playbook")]
PublicId = Annotated[str, Ref("public")]
RoleId = Annotated[str, Ref("role")]
RsitCode = Annotated[str, Ref("RSIT_code")]
RuleId = Annotated[str, Ref("rule")]
SourceId = Annotated[str, Ref("source")]
StepId = Annotated[str, Ref("step")]
TemplateId = Annotated[str, Ref("template")]
TraitId = Annotated[str, Ref("trait")]

ClockTime = Annotated[str, Matches(r"([01]\d|2[0-3]):[0-5]\d", "09:00")]
Day = Annotated[str, Matches(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "2026-12-24")]
MonthDay = Annotated[str, Matches(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "05-01")]
