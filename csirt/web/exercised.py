"""In an exercise, what a browser keeps as a file says so too: by its name, and a text in its first line."""

from django.conf import settings
from django.http import HttpResponse

BEFORE, NAME = "EXERCICE-", 'filename="'


def words() -> str:
    """Return what the band of an exercise says, in one line."""
    return " ".join(str(settings.EXERCISE_BANNER).split()) or "EXERCICE"


def mark(response: HttpResponse) -> None:
    """Name the file that *response* is, if it is one; a PDF has the words on each sheet already.

    A table's first line stays its head, and bytes that were approved stay as they are.
    """
    kept = response.headers.get("Content-Disposition", "")
    if not kept.startswith("attachment"):
        return
    response["Content-Disposition"] = kept.replace(NAME, NAME + BEFORE, 1)
    if response.headers["Content-Type"].startswith("text/plain") and not response.streaming:
        response.content = f"{words()}\r\n\r\n".encode() + response.content
        response["Content-Length"] = str(len(response.content))
