"""Cursor paging: newest first, no count, no offset."""

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """``?cursor=`` goes on, ``?limit=`` (1 to 200) sizes the page."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-opened_at", "-id")


class ReportPages(Pages):
    """The same, by the moment of filing."""

    ordering = ("-filed_at", "-id")
