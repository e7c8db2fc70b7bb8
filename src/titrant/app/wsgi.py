"""What a web server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titrant.app.settings")
application = get_wsgi_application()

# A record of years makes a hundred thousand small objects that live as long as the answer: to look through them again
# and again while they are made costs more than it frees.
gc.set_threshold(50_000, 20, 50)
