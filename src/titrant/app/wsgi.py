"""What a web server runs."""

import os

from django.core.wsgi import get_wsgi_application

from titrant.app.memory import give_back_what_is_free, look_for_cycles_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titrant.app.settings")
give_back_what_is_free()  # before there are threads
application = get_wsgi_application()
look_for_cycles_seldom()
