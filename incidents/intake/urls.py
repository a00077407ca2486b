"""Addresses of the public site: the home page, the form, the follow-up page."""

from django.urls import include, path

from incidents.intake import elsewhere, files, followup, form, gestures, home, sent

intake = [
    path("signaler/", form.start, name="start"),
    path("signaler/verification/", form.check, name="check"),
    path("signaler/envoi/", form.send, name="send"),
    path("signaler/envoi/copie/", sent.kept, name="kept"),
    path("signaler/envoi/note/", sent.noted, name="noted"),
    path("signaler/effacer/", form.forget, name="forget"),
    path("signaler/ailleurs/", elsewhere.elsewhere, name="elsewhere"),
    path("signaler/reprendre/", elsewhere.take_over, name="take-over"),
    path("signaler/<slug:name>/", form.question, name="question"),
    path("gestes/<slug:playbook>/", gestures.printable, name="gestures"),
    path("suivi/", followup.followup, name="followup"),
    path("suivi/message/", followup.message, name="message"),
    path("suivi/quitter/", followup.leave, name="leave"),
    path("suivi/fichiers/", files.files, name="files"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("", include((intake, "intake"))),
]
