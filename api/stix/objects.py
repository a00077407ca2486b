"""A case as STIX 2.1 objects (TAXII.md section 3): plain dictionaries, in the order they leave.

Nothing here reads a clock or a database: the caller gives the identifiers that were drawn before
and the moment. An object whose content is what was last released keeps its ``modified``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.stix import markings, words
from api.stix.case import Case, Desk, Kept, Value
from api.stix.identifiers import random_id, text_of
from api.stix.values import FORMS, Form
from csirt.kernel.chain import canonical

DESK = "identity"  # key of the desk's own identity, which belongs to no case


@dataclass(frozen=True)
class Built:
    """One object as it would leave. ``key`` is empty for what has no drawn identifier."""

    key: str
    stix_id: str
    type: str
    version: str  # its ``modified``, else ``created``, else empty
    content: str
    text: str


def content_of(obj: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what an object says: everything but its ``modified``."""
    said = {name: value for name, value in obj.items() if name != "modified"}
    return hashlib.sha256(canonical(said)).hexdigest()


def built(obj: dict[str, Any], key: str = "") -> Built:
    """Freeze a finished object into its text."""
    return Built(
        key=key,
        stix_id=obj["id"],
        type=obj["type"],
        version=obj.get("modified") or obj.get("created") or "",
        content=content_of(obj),
        text=text_of(obj),
    )


@dataclass
class Writer:
    """Draws identifiers once each and writes what all our own objects have in common."""

    kept: Mapping[str, Kept]
    now: str  # RFC 3339, ms
    author: str  # id of the desk's identity
    marks: list[str]
    fresh: dict[str, Kept] = field(default_factory=dict)
    done: list[Built] = field(default_factory=list)

    def own(self, key: str, kind: str, **properties: Any) -> str:
        """Write one SDO or SRO of ours and return its id."""
        kept = self.identifier(key, kind)
        obj = {
            "type": kind,
            "spec_version": "2.1",
            "id": kept.stix_id,
            "created_by_ref": self.author,
            "created": kept.created,
            "modified": self.now,
            "lang": "fr",
            **{name: value for name, value in properties.items() if value not in (None, [], "")},
            "object_marking_refs": self.marks,
        }
        return self.versioned(key, kept, obj)

    def versioned(self, key: str, kept: Kept, obj: dict[str, Any]) -> str:
        """Write *obj* under the ``modified`` it deserves."""
        unchanged = content_of(obj) == kept.content
        obj["modified"] = (
            kept.modified if unchanged else max(self.now, kept.created, next_after(kept.modified))
        )
        self.done.append(built(obj, key))
        return kept.stix_id

    def identifier(self, key: str, kind: str) -> Kept:
        """Return the identifier of *key*, drawn now when there was none."""
        found = self.kept.get(key) or self.fresh.get(key)
        if found is None:
            found = self.fresh[key] = Kept(random_id(kind), self.now)
        return found

    def link(self, relation: str, source: str, source_id: str, target: str, target_id: str) -> str:
        """Write a relationship between two objects, known by their keys."""
        return self.own(
            f"{relation}:{source}:{target}",
            "relationship",
            relationship_type=relation,
            source_ref=source_id,
            target_ref=target_id,
        )


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
    refs.append(writer.link("located-at", "victim", victim, "region", region))
    data = _observed_data(writer, forms, seen)
    if data:
        refs += [data, writer.link("related-to", "incident", incident, "observed-data", data)]
    for value, form in forms:
        stix_id, found = _known(writer, value, form, case.label)
        refs += [stix_id, writer.link("related-to", "incident", incident, found, stix_id)]
        if data and form.pattern and form.observed:
            refs.append(writer.link("based-on", found, stix_id, "observed-data", data))
            refs.append(
                _seen_there(writer, value, key=found, indicator=stix_id, data=data, victim=victim)
            )
    _report(writer, case, refs)
    return writer


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
        confidence=words.CONFIDENCE,
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
    days = words.VALID_DAYS.get(value.type)
    if days is None:
        return ""
    until = datetime.fromisoformat(value.seen_at) + timedelta(days=days)
    return until.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _known(writer: Writer, value: Value, form: Form, label: str) -> tuple[str, str]:
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
        name=value.value[:200],
        description=label,
        indicator_types=["malicious-activity"],
        pattern=form.pattern,
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=value.seen_at,
        valid_until=_valid_until(value),
        confidence=words.CONFIDENCE,
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


def revoked(obj: dict[str, Any], now: str) -> dict[str, Any]:
    """Return the version of a released object that says it was wrong."""
    return {**obj, "modified": max(now, next_after(obj["modified"])), "revoked": True}


def next_after(version: str) -> str:
    """Return the millisecond after *version*: a clock set back makes no older new version."""
    if not version:
        return ""
    later = datetime.fromisoformat(version) + timedelta(milliseconds=1)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bundle(objects: list[Built]) -> str:
    """Return the text shown and approved: a bundle, one object a line, in the order given."""
    lines = ",\n".join(obj.text for obj in objects)
    return f'{{"type": "bundle", "id": "{random_id("bundle")}", "objects": [\n{lines}\n]}}'


def lines_of(text: str) -> list[str]:
    """Return the objects' texts of what ``bundle`` wrote, exactly as they stand."""
    return [line.removesuffix(",") for line in text.split("\n")[1:-1]]
