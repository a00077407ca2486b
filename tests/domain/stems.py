"""Pairs of words of the field that one question must find both of, and some that it must not."""

TOGETHER = [
    ("chiffré", "chiffrés"), ("chiffré", "chiffrement"), ("chiffrées", "chiffrer"),
    ("rançon", "rançons"), ("virement", "virements"), ("bloqué", "bloquée"),
    ("bloqué", "bloquer"), ("facture", "factures"), ("facture", "facturation"),
    ("mairie", "mairies"), ("mot", "mots"), ("fichier", "fichiers"), ("serveur", "serveurs"),
    ("journal", "journaux"), ("réseau", "réseaux"), ("infecté", "infectée"),
    ("infecté", "infection"), ("pirate", "piraté"), ("pirate", "pirates"),
    ("utilisateur", "utilisatrice"), ("utilisateur", "utilisation"),
    ("vulnérable", "vulnérabilité"), ("paiement", "paiements"), ("employé", "employée"),
    ("messagerie", "messageries"), ("sauvegarde", "sauvegardes"), ("volé", "volées"),
    ("suspect", "suspecte"), ("national", "nationale"), ("arnaque", "arnaqué"),
    ("hameçonné", "hameçonnée"), ("attaque", "attaquant"), ("urgent", "urgente"),
]  # fmt: skip
APART = [
    ("virus", "virement"), ("mairie", "maire"), ("banque", "bande"), ("poste", "poisson"),
    ("compte", "complice"), ("serveur", "sorcier"),
]  # fmt: skip
