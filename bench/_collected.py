"""The settings of a test, with static files as a real desk serves them: collected and compressed."""

from csirt.settings import *  # noqa: F403
from csirt.settings import STORAGES, VAR

STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
