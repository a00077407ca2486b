"""What a reply still lacks before it can be sent."""

from csirt.reference.bundle import Bundle
from csirt.reference.messages import placeholders_in


def left(bundle: Bundle, text: str) -> list[str]:
    """Return the placeholders that somebody still has to complete, in order of the list."""
    found = placeholders_in(text)
    return [one.id for one in bundle.messages.placeholders if one.id in found]
