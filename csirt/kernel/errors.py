"""The errors a service may raise, each with one sentence for a person.

The sentence is French; pages translate it with gettext. ``params`` fill its ``%(name)s``. The
status is the HTTP one used by pages, REST, TAXII and sockets alike.
"""


class DeskError(Exception):
    """Something that a person must be told; never a programming error."""

    status = 500
    code = "error"
    sentence = "Une erreur est survenue. Réessayez dans un instant."

    def __init__(self, sentence: str = "", *, code: str = "", **params: object) -> None:
        self.sentence = sentence or self.sentence
        self.code = code or self.code
        self.params = params
        super().__init__(self.sentence % params if params else self.sentence)


class Invalid(DeskError):
    """What was sent cannot be taken; ``fields`` maps a field name to its sentence."""

    status = 400
    code = "invalid"
    sentence = "Cette demande ne peut pas être comprise. Vérifiez ce que vous avez saisi."

    def __init__(
        self,
        sentence: str = "",
        *,
        code: str = "",
        fields: dict[str, str] | None = None,
        **params: object,
    ) -> None:
        super().__init__(sentence, code=code, **params)
        self.fields = fields or {}


class NotAllowed(DeskError):
    """The person is known and may see the thing, but may not do this to it."""

    status = 403
    code = "not-allowed"
    sentence = "Vous n'avez pas le droit de faire cela. Demandez à un responsable."


class NotFound(DeskError):
    """Hidden and absent are the same answer, byte for byte."""

    status = 404
    code = "not-found"
    sentence = "Cette page n'existe pas, ou vous n'y avez pas accès."


class Conflict(DeskError):
    """Somebody else changed it first; ``state`` says what it has become, when there is one."""

    status = 409
    code = "conflict"
    sentence = "Quelqu'un vient de modifier ce dossier. Relisez-le, puis recommencez."

    def __init__(
        self, sentence: str = "", *, code: str = "", state: str = "", **params: object
    ) -> None:
        super().__init__(sentence, code=code, **params)
        self.state = state


class TooLarge(DeskError):
    """The body passed its limit; nothing was kept."""

    status = 413
    code = "too-large"
    sentence = "C'est trop long pour être reçu. Envoyez moins de texte à la fois."


class Unavailable(DeskError):
    """The database is away or locked: nothing was received, and we say so."""

    status = 503
    code = "unavailable"
    sentence = "Rien n'a été reçu. Gardez cette page ouverte et réessayez dans une minute."
