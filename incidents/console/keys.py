"""The keys of the console's own pages: see ``csirt.web.keys``. ``console/rows.js`` answers the events."""

from django.utils.translation import gettext_lazy as _

from csirt.web.keys import Key, declare

_QUEUE = frozenset({"console"})
_CASE = frozenset({"console-case", "console-move", "console-do", "console-undo", "console-code"})
_INBOX = frozenset({"console-triage"})


def register() -> None:
    """Declare them; called when the app is ready."""
    declare(KEYS)


def _edge(*names: str) -> str:
    return ", ".join(f'form[action$="/etape/{name}"]' for name in names)


KEYS = (
    # The queue: acts are on the chosen cases, else on the one where the reader is.
    Key(("j",), _("Dossier suivant"), _QUEUE, event="next"),
    Key(("k",), _("Dossier précédent"), _QUEUE, event="previous"),
    Key(("o", "Enter"), _("Ouvrir le dossier"), _QUEUE, event="open"),
    Key(("x",), _("Choisir le dossier, ou ne plus le choisir"), _QUEUE, event="choose", needs="works_cases"),
    Key(("n",), _("Afficher les nouveaux"), _QUEUE, target="#held"),
    Key(("a",), _("Me l'attribuer"), _QUEUE, target='#bulk [value="prendre"]'),
    Key(("m",), _("Réunir avec un autre dossier"), _QUEUE, target='#bulk [value="reunir"]'),
    Key(("e",), _("Terminer : ouvrir l'étape de fin"), _QUEUE, event="there", needs="works_cases"),
    Key(("s",), _("Changer d'état : choisir l'étape"), _QUEUE, event="there", needs="works_cases"),
    Key(("c",), _("Écrire une note"), _QUEUE, event="there"),
    # The case.
    Key(("a",), _("Me l'attribuer"), _CASE, target='form[action$="/etape/take"] button, #assign-me button'),
    Key(("e",), _("Terminer : résoudre ou clore"), _CASE, target=_edge("resolve", "close")),
    Key(("s",), _("Changer d'état : choisir l'étape"), _CASE, menu=".acts"),
    Key(("p",), _("Changer la priorité"), _CASE, target='form[action$="/faire/priorite"]'),
    Key(("m",), _("Réunir avec un autre dossier"), _CASE, target=_edge("merge")),
    Key(("c",), _("Écrire une note"), _CASE, target="#f-note-text"),
    # The triage inbox.
    Key(("y",), _("Accepter tout, et passer au suivant"), _INBOX, target="#settle > .actions button"),
    Key(("n",), _("Refuser cette catégorie : la suivante"), _INBOX, event="refuse"),
    Key(("1", "2", "3", "4"), _("Priorité"), _INBOX, event="grade"),
    Key(("d", "m"), _("Doublon"), _INBOX, target=_edge("merge")),
    Key(("r",), _("Réorienter"), _INBOX, target=_edge("redirect")),
    Key(("x",), _("Sans suite"), _INBOX, target=_edge("reject")),
    Key(("h",), _("Reporter à plus tard"), _INBOX, target='form[action$="/faire/reporter"]'),
    Key(("j",), _("Signalement suivant"), _INBOX, target='a[rel="next"]'),
    Key(("k",), _("Signalement précédent"), _INBOX, target='a[rel="prev"]'),
    Key(("o",), _("Ouvrir le dossier"), _INBOX, target=".case-head a.ref"),
    # From anywhere.
    Key(("g q",), _("Aller aux dossiers"), to="console", needs="sees_cases"),
    Key(("g t",), _("Aller au tri"), to="console-inbox", needs="works_cases"),
    Key(("g c",), _("Aller aux campagnes"), to="console-campaigns", needs="works_cases"),
    Key(("g n",), _("Noter un signalement par téléphone"), to="console-file", needs="works_cases"),
)  # fmt: skip
