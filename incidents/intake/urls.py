"""Addresses of the public site: the home page, the form, the follow-up page."""

from django.urls import include, path

from incidents.intake import (
    asking,
    deciding,
    elsewhere,
    files,
    followup,
    form,
    gestures,
    home,
    keeping,
    moment,
    packs,
    rounds,
    sent,
    spoken,
)

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
    path("suivi/nouveau-code/", spoken.replace, name="replace"),
    path("suivi/moment/", moment.moment, name="moment"),
    path("suivi/gestes/", gestures.tick, name="tick"),
    path("suivi/quitter/", followup.leave, name="leave"),
    path("suivi/fichiers/", files.files, name="files"),
    path("suivi/nouvelles/", followup.news, name="news"),
    path("suivi/code-perdu/", followup.lost, name="lost"),
    path("suivi/questions/", asking.questions, name="questions"),
    path("suivi/questions/<slug:page>/", asking.later, name="later"),
    path("suivi/changement/", asking.situation, name="situation"),
    path("suivi/suite/", rounds.answer, name="round"),
    path("suivi/accord/", deciding.agree, name="agree"),
    path("suivi/acces/", deciding.give_code, name="give-code"),
    path("suivi/acces/fin/", deciding.stop_code, name="stop-code"),
    path("suivi/effacement/", deciding.erasure, name="erasure"),
    path("suivi/resume/", keeping.summary, name="summary"),
    path("suivi/telecharger/", keeping.download, name="download"),
    path("suivi/plainte/", packs.ask, name="pack"),
    path("suivi/plainte/<str:pack>/", packs.waiting, name="pack-link"),
    path("suivi/plainte/<str:pack>/pdf", packs.fetch, name="pack-pdf"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("", include((intake, "intake"))),
]
