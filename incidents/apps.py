"""The case, from report to closure."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from incidents import reactions, relations
        from incidents.console import (
            campaigns,
            clocks,
            deeds,
            evidence,
            followups,
            keys,
            menu,
            packs,
            papers,
            reviews,
            teamwork,
        )
        from incidents.intake import panels
        from incidents.live import hub
        from incidents.notifications import header, mailer, teller
        from incidents.notifications import panels as mail_panels
        from incidents.services import again, indexing, unseen

        again.register()
        reactions.register()
        indexing.register()
        unseen.register()
        relations.register()
        campaigns.register()
        menu.register()
        deeds.register()
        keys.register()
        clocks.register()
        papers.register()
        packs.register()
        evidence.register()
        reviews.register()
        followups.register()
        teamwork.register()
        panels.register()
        hub.register()
        mailer.register()
        teller.register()
        header.register()
        mail_panels.register()
