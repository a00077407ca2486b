"""Addresses of people's accounts, under ``/comptes/``. Of allauth's views, only those needed."""

from django.urls import path

from csirt.accounts.views import enrolment, entry, invitation, mine, passkeys, provider, team

urlpatterns = [
    path("connexion/", entry.login, name="account_login"),
    path("connexion/cle/", passkeys.login, name="mfa_login_webauthn"),
    path("connexion/code/", entry.code, name="mfa_authenticate"),
    path("fournisseur/<slug:provider_id>/", provider.login, name="openid_connect_login"),
    path("fournisseur/<slug:provider_id>/retour/", provider.back, name="openid_connect_callback"),
    path("deconnexion/", entry.logout, name="account_logout"),
    path("confirmer/", entry.reauthenticate, name="account_reauthenticate"),
    path("confirmer/code/", entry.reauthenticate_code, name="mfa_reauthenticate"),
    path("confirmer/cle/", passkeys.reauthenticate, name="mfa_reauthenticate_webauthn"),
    path("mot-de-passe/", entry.change_password, name="account_change_password"),
    path("second-facteur/", enrolment.second_factor, name="account_second_factor"),
    path("second-facteur/cle/", passkeys.add, name="account_add_passkey"),
    path("second-facteur/<int:factor>/retirer/", passkeys.remove, name="account_remove_factor"),
    path("second-facteur/secours/", enrolment.recovery_codes, name="account_recovery_codes"),
    path("invitation/", invitation.accept, name="account_accept"),
    path("invitation/<str:secret>/", invitation.opened, name="account_invitation"),
    path("moi/", mine.me, name="account_me"),
    path("moi/sessions/", mine.end_sessions, name="account_end_sessions"),
    path("moi/sessions/<slug:session>/", mine.end_session, name="account_end_session"),
    path("moi/appareils/<slug:device>/", mine.forget_device, name="account_forget_device"),
    path("moi/jetons/", mine.tokens, name="account_tokens"),
    path("moi/jetons/<uuid:personal>/revoquer/", mine.revoke_token, name="account_revoke_token"),
    path("equipe/", team.team, name="account_team"),
    path("equipe/<uuid:user>/", team.person, name="account_person"),
    path("equipe/<uuid:user>/role/", team.change_role, name="account_change_role"),
    path("equipe/<uuid:user>/desactiver/", team.disable, name="account_disable"),
    path("equipe/<uuid:user>/reactiver/", team.enable, name="account_enable"),
    path("equipe/<uuid:user>/second-facteur/demander/", team.ask_reset, name="account_ask_reset"),
    path("equipe/<uuid:user>/second-facteur/effacer/", team.reset, name="account_reset"),
    path("equipe/<uuid:user>/second-facteur/laisser/", team.drop_reset, name="account_drop_reset"),
    path("equipe/<uuid:user>/mot-de-passe/", team.new_password, name="account_new_password"),
    path("equipe/invitations/<uuid:invitation>/", team.revoke, name="account_revoke_invitation"),
]
