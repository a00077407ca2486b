"""A case as STIX 2.1 objects (TAXII.md section 3): plain dictionaries, in the order they leave.

What every collection gets is written first; then what only some of them want, each in a grouping
of its own, so that nothing that all of them get points to it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from api.stix import details, markings, words
from api.stix.attack import KILL_CHAIN, attack
from api.stix.case import CONFIDENCE, LONGEST_NAME, Case, Desk, Kept, Value
from api.stix.values import FORMS, Form
from api.stix.writing import Writer, built

DESK = "identity"  # key of the desk's own identity, which belongs to no case


def build(case: Case, desk: Desk, kept: Mapping[str, Kept], now: str) -> Writer:
    """Return a writer whose ``done`` is everything that leaves, and ``fresh`` the ids drawn."""
    tlp, pap = markings.tlp(case.tlp), markings.pap(case.pap)
    author = f"identity--{desk.identity}"
    writer = Writer(kept, now, author, [tlp["id"], pap["id"]])
    writer.done += [built(tlp), built(pap)]
    _desk(writer, desk)

    forms = [(value, FORMS[value.type](value.value)) for value in case.values]
    seen = _observed(writer, forms)
    refs = [author, *seen]
    techniques = _techniques(writer, case)
    refs += techniques.values()
    victim = writer.own(
        "victim",
        "identity",
        name=words.VICTIM_NAMES[case.victim_kind],
        identity_class="individual" if case.victim_kind == "particulier" else "organization",
        sectors=words.sectors(case.victim_kind, case.traits),
    )
    region = writer.own(
        "region",
        "location",
        name="Occitanie",
        region="western-europe",
        country="FR",
        administrative_area="FR-OCC",
    )
    incident = _incident(writer, case)
    refs += [victim, region, incident]
    refs.append(writer.link("targets", "incident", incident, "victim", victim))
    refs += [
        writer.link("uses", "incident", incident, found, stix_id)
        for found, stix_id in techniques.items()
    ]
    refs.append(writer.link("located-at", "victim", victim, "region", region))
    data = _observed_data(writer, forms, seen)
    if data:
        refs += [data, writer.link("related-to", "incident", incident, "observed-data", data)]
    for value, form in forms:
        stix_id, found = _known(writer, value, form, case)
        refs += [stix_id, writer.link("related-to", "incident", incident, found, stix_id)]
        if value.technique in techniques and form.pattern:
            target = techniques[value.technique]
            refs.append(writer.link("indicates", found, stix_id, value.technique, target))
        if data and form.pattern and form.observed:
            refs.append(writer.link("based-on", found, stix_id, "observed-data", data))
            refs.append(
                _seen_there(writer, value, key=found, indicator=stix_id, data=data, victim=victim)
            )
    if case.note:
        refs.append(writer.own("note", "note", content=case.note, object_refs=[incident]))
    _report(writer, case, refs)
    details.write(writer, case, incident)
    return writer


def _techniques(writer: Writer, case: Case) -> dict[str, str]:
    """Write the techniques under MITRE's own ids, the same bytes from every case; ids by name.

    Unmarked by us: they say nothing of the case, and stand in collections of every level.
    """
    if not case.techniques:
        return {}
    marking = markings.attack(attack().copyright)
    writer.done.append(built(marking))
    found = {}
    for row in case.techniques:
        found[row.id] = f"attack-pattern--{row.uuid}"
        address = f"https://attack.mitre.org/techniques/{row.id.replace('.', '/')}"
        obj = {
            "type": "attack-pattern",
            "spec_version": "2.1",
            "id": found[row.id],
            "created": row.created,
            "modified": row.modified,
            "name": row.name,
            "kill_chain_phases": _phases(row.tactics),
            "external_references": [
                {"source_name": KILL_CHAIN, "external_id": row.id, "url": address}
            ],
            "object_marking_refs": [marking["id"]],
        }
        writer.done.append(built(obj))
    return found


def _phases(tactics: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"kill_chain_name": KILL_CHAIN, "phase_name": tactic} for tactic in tactics]


def _desk(writer: Writer, desk: Desk) -> None:
    """The desk's identity: unmarked, because it stands in collections of every level."""
    kept = writer.kept.get(DESK)
    if kept is None:
        kept = writer.fresh[DESK] = Kept(writer.author, writer.now)
    identity = {
        "type": "identity",
        "spec_version": "2.1",
        "id": kept.stix_id,
        "created": kept.created,
        "modified": writer.now,
        "lang": "fr",
        "name": desk.name,
        "identity_class": "organization",
        "roles": ["csirt"],
        "contact_information": desk.contact,
    }
    writer.versioned(DESK, kept, identity)


def _observed(writer: Writer, forms: list[tuple[Value, Form]]) -> list[str]:
    """Write each thing that was seen once; returns their ids."""
    objects = {obj["id"]: obj for _value, form in forms for obj in form.observed}
    for obj in objects.values():
        writer.done.append(built({**obj, "object_marking_refs": writer.marks}))
    return list(objects)


def _incident(writer: Writer, case: Case) -> str:
    types = words.incident_types(case.category, case.rsit)
    core: dict[str, Any] = {
        "extension_type": "property-extension",
        "determination": "confirmed" if case.confirmed else "suspected",
        "investigation_status": "closed" if case.closed else "open",
        **({"incident_types": types} if types else {}),
        "detection_methods": ["user-reporting"],
        "criticality": words.CRITICALITY[case.priority],
    }
    return writer.own(
        "incident",
        "incident",
        name=f"{case.reference} {case.label}",
        confidence=CONFIDENCE,
        labels=[f"rsit:{code.replace('/', '=', 1)}" for code in case.rsit],
        external_references=[{"source_name": "csirt", "external_id": case.reference}],
        extensions={words.INCIDENT_EXTENSION: core},
    )


def _observed_data(writer: Writer, forms: list[tuple[Value, Form]], seen: list[str]) -> str:
    """Write that these things were seen together; empty when nothing can be pointed at."""
    if not seen:
        return ""
    moments = sorted(value.seen_at for value, form in forms if form.observed)
    return writer.own(
        "observed-data",
        "observed-data",
        first_observed=moments[0],
        last_observed=moments[-1],
        number_observed=1,
        object_refs=seen,
    )


def _valid_until(value: Value) -> str:
    """Return when a value is no longer worth blocking; empty for what stays what it is."""
    if value.days is None:
        return ""
    until = datetime.fromisoformat(value.seen_at) + timedelta(days=value.days)
    return until.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _known(writer: Writer, value: Value, form: Form, case: Case) -> tuple[str, str]:
    """Write the indicator of one value, a vulnerability for a CVE; returns its id and key."""
    if form.vulnerability:
        key = f"vulnerability:{value.uuid}"
        stix_id = writer.own(
            key,
            "vulnerability",
            name=form.vulnerability,
            external_references=[{"source_name": "cve", "external_id": form.vulnerability}],
        )
        return stix_id, key
    key = f"indicator:{value.uuid}"
    stix_id = writer.own(
        key,
        "indicator",
        name=value.value[:LONGEST_NAME],
        description=case.label,
        indicator_types=["malicious-activity"],
        pattern=form.pattern,
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=value.seen_at,
        valid_until=_valid_until(value),
        kill_chain_phases=[
            phase
            for row in case.techniques
            if row.id == value.technique
            for phase in _phases(row.tactics)
        ],
        confidence=value.confidence,
    )
    return stix_id, key


def _seen_there(
    writer: Writer, value: Value, *, key: str, indicator: str, data: str, victim: str
) -> str:
    """Write that the indicator was seen at the victim's: a sector and a region, no name."""
    return writer.own(
        f"sighting:{key}",
        "sighting",
        first_seen=value.seen_at,
        last_seen=value.seen_at,
        count=1,
        sighting_of_ref=indicator,
        observed_data_refs=[data],
        where_sighted_refs=[victim],
    )


def _report(writer: Writer, case: Case, refs: list[str]) -> None:
    """The report that carries everything: MISP and OpenCTI make an event of it."""
    published = writer.identifier("report", "report").created
    writer.own(
        "report",
        "report",
        name=f"{case.reference} {case.label}",
        report_types=["indicator" if case.values else "threat-report"],
        published=published,
        object_refs=refs,
    )
