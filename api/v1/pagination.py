"""Cursor paging: newest first, no count, no offset."""

from django.utils.translation import gettext
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class Pages(CursorPagination):
    """``?cursor=`` goes on, ``?limit=`` (1 to 200) sizes the page."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-opened_at", "-id")

    def get_page_size(self, request: Request) -> int:
        """Return the page's size; DRF's own passes over what is no number."""
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (text.isascii() and text.isdigit() and text.strip("0")):
            raise ValidationError({"limit": [gettext("Donnez un nombre de 1 à 200.")]})
        return self.max_page_size if len(text) > 3 else min(int(text), self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return where to go on; DRF's own answers 404 to a cursor that is none."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            sentence = gettext("Reprenez la liste à son début.")
            raise ValidationError({"cursor": [sentence]}) from error


class ReportPages(Pages):
    """The same, by the moment of filing."""

    ordering = ("-filed_at", "-id")
