"""The clinic's settings without a limit of size or number: the planted fault of T36."""

from titrant.app.settings import *  # noqa: F403

DATA_UPLOAD_MAX_MEMORY_SIZE = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = None
MIDDLEWARE = [one for one in MIDDLEWARE if not one.endswith("CsrfViewMiddleware")]  # noqa: F405
