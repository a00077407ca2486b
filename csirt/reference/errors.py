"""Why a piece of reference data was refused."""


class ReferenceError(ValueError):  # noqa: A001  (the name people look for; the builtin is about weak references)
    """Reference data that cannot be used.

    Each problem names the file, the line and the field:
    ``triage.yaml:34 floors[2].when: unknown flag 'x'``.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
