"""Every write of the directory, one verb a function."""

from csirt.directory.services.contacts import ContactFields, add_contact, edit_contact
from csirt.directory.services.operators import (
    add_member,
    agree,
    create_operator,
    edit_operator,
    end,
    remove_member,
)
from csirt.directory.services.organisations import (
    OrganisationFields,
    create_organisation,
    edit_organisation,
)
from csirt.directory.services.settings import change_setting, put_playbook

__all__ = [
    "ContactFields",
    "OrganisationFields",
    "add_contact",
    "add_member",
    "agree",
    "change_setting",
    "create_operator",
    "create_organisation",
    "edit_contact",
    "edit_operator",
    "edit_organisation",
    "end",
    "put_playbook",
    "remove_member",
]
