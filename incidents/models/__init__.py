"""The case's tables. Services write them, ``incidents.queries`` reads them."""

from incidents.models.access import AccessCode, Draft, IncidentAccess
from incidents.models.campaign import Campaign
from incidents.models.clock import Clock, LegalText, Verdict
from incidents.models.conversation import Message, Note
from incidents.models.dated import DatedEvent, Precision
from incidents.models.evidence import Download, Evidence, Pack, Scan
from incidents.models.followup import About, CallBack, Consent, ErasureRequest, LaterAnswer
from incidents.models.handover import DraftKey, ShownGestures, SpokenCode
from incidents.models.incident import HAS_ENDED, IS_LIVE, Incident, Kind, Priority
from incidents.models.mail import AddressTrust, IncomingMail, Notice, Trust
from incidents.models.marks import Tag, Tagging, Watch
from incidents.models.observable import Observable, ObservableRole
from incidents.models.related import Reason, Relation, TextBand
from incidents.models.report import Channel, Report
from incidents.models.review import FollowUp, Review, ReviewAction
from incidents.models.search import SearchText
from incidents.models.step import Step
from incidents.models.teamwork import URGENT, Duty, HandOver, News, NoteVersion, TextDraft
from incidents.models.view import SavedView

__all__ = [
    "HAS_ENDED",
    "IS_LIVE",
    "URGENT",
    "About",
    "AccessCode",
    "AddressTrust",
    "CallBack",
    "Campaign",
    "Channel",
    "Clock",
    "Consent",
    "DatedEvent",
    "Download",
    "Draft",
    "DraftKey",
    "Duty",
    "ErasureRequest",
    "Evidence",
    "FollowUp",
    "HandOver",
    "Incident",
    "IncidentAccess",
    "IncomingMail",
    "Kind",
    "LaterAnswer",
    "LegalText",
    "Message",
    "News",
    "Note",
    "NoteVersion",
    "Notice",
    "Observable",
    "ObservableRole",
    "Pack",
    "Precision",
    "Priority",
    "Reason",
    "Relation",
    "Report",
    "Review",
    "ReviewAction",
    "SavedView",
    "Scan",
    "SearchText",
    "ShownGestures",
    "SpokenCode",
    "Step",
    "Tag",
    "Tagging",
    "TextBand",
    "TextDraft",
    "Trust",
    "Verdict",
    "Watch",
]
