"""The traits of an organisation in words; their identifiers are those of the vocabulary."""

from django.utils.translation import gettext_lazy as _

TRAITS = {
    "sante": _("Santé ou médico-social"),
    "ecole": _("École, collège, lycée, université"),
    "public_autre": _("Autre organisme public"),
    "essentielle": _("Entité essentielle (NIS 2)"),
    "importante": _("Entité importante (NIS 2)"),
    "regulee": _("Autre secteur régulé"),
    "sous_traitant": _("Gère l'informatique d'autres structures"),
    "grande_structure": _("Grande structure"),
}
