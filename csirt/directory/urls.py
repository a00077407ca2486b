"""Addresses of the directory, under the console."""

from django.urls import path

from csirt.directory.views import finding, operators, organisations

_ORGANISATION = "organisations/<uuid:organisation>/"
_OPERATOR = "services/<uuid:operator>/"

urlpatterns = [
    path("", finding.directory, name="directory"),
    path("communes/<slug:commune>/", finding.place, name="directory-place"),
    path("organisations/nouvelle", organisations.create, name="directory-new"),
    path(_ORGANISATION, organisations.show, name="directory-organisation"),
    path(f"{_ORGANISATION}modifier", organisations.edit, name="directory-edit"),
    path(f"{_ORGANISATION}contacts/nouveau", organisations.add_contact, name="directory-contact"),
    path(
        f"{_ORGANISATION}contacts/<uuid:contact>",
        organisations.edit_contact,
        name="directory-edit-contact",
    ),
    path(f"{_ORGANISATION}accord", organisations.agree, name="directory-agree"),
    path(f"{_ORGANISATION}accord/fin", organisations.end, name="directory-end"),
    path("services/", operators.operators, name="directory-operators"),
    path(_OPERATOR, operators.operator, name="directory-operator"),
    path(f"{_OPERATOR}personnes", operators.add_member, name="directory-add-member"),
    path(f"{_OPERATOR}personnes/fin", operators.remove_member, name="directory-remove-member"),
]
