"""The frame of the phone's pages: words, scripts and styles, of one version; nothing of anybody."""

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse

from titrant.knowledge.shapes.phone import PhoneWords
from titrant.terms.canonical import sha256_of
from titrant.web.access import EVERYBODY, Route
from titrant.web.wired import office

_OWN = (
    "phone.css", "tabs.js", "keep.js", "send.js", "phone.js", "page.js", "welcome.js", "out.js", "reminder.js",
    "push.js", "icon.svg", "icon-192.png", "icon-512.png",
)  # fmt: skip
ASSETS = ("titrant/base.css", *(f"titrant/phone/{name}" for name in _OWN))


def asset_urls() -> dict[str, str]:
    """Each file by its name, with the hash of its content in the address: another content is another address."""
    return {name.rpartition("/")[2].replace(".", "_").replace("-", "_"): url for name, url in _urls()}


@lru_cache(maxsize=1)
def _urls() -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{static(name)}?v={_hash(name)}") for name in ASSETS)


def _hash(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


def version_of(words: PhoneWords) -> str:
    """Names exactly this frame: a new word or a new script is a new version."""
    return sha256_of([dict(words.words), [url for _, url in _urls()]])[:16]


def frame(words: PhoneWords, **more: Any) -> dict[str, Any]:
    """What every page of the phone needs."""
    return {
        "w": words.words, "words": words, "assets": asset_urls(), "language": words.language,
        "direction": words.direction, **more,
    }  # fmt: skip


def diary_page(request: HttpRequest, words: PhoneWords, state: Any, **more: Any) -> HttpResponse:
    """The page of the diary; without ``state`` the empty frame that the phone keeps for when there is no network."""
    return render(request, "titrant/phone/diary.html", frame(words, state=state, **more))


def shell(request: HttpRequest, language: str) -> HttpResponse:
    """The empty frame in one language."""
    words = office().library.phone.by_id.get(language)
    if words is None:
        raise Http404
    return diary_page(request, words, None)


def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the frame on the phone."""
    words = office().library.phone.of(request.GET.get("language", ""))
    answer = render(
        request, "titrant/phone/worker.js",
        {
            "version": version_of(words),
            "shell": reverse("phone_shell", args=[words.language]),
            "urls": [url for _, url in _urls()], "words": words.words, "icon": asset_urls()["icon_192_png"],
        },
        content_type="text/javascript; charset=utf-8",
    )  # fmt: skip
    answer.headers["Service-Worker-Allowed"] = "/p/"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """What a phone shows of the diary on its home screen: no name of the clinic, none of a drug."""
    words = office().library.phone.of(language)
    urls = asset_urls()
    png = [{"src": urls[f"icon_{n}_png"], "sizes": f"{n}x{n}", "type": "image/png"} for n in ("192", "512")]
    data = {
        "name": words.say("app"), "short_name": words.say("app"), "lang": words.language, "dir": words.direction,
        "id": "/p/", "start_url": "/p/", "scope": "/p/", "display": "standalone", "background_color": "#f6f7f6",
        "theme_color": "#0b5d56",
        "icons": [{"src": urls["icon_svg"], "sizes": "any", "type": "image/svg+xml"}, *png,
                  {**png[1], "purpose": "maskable"}],
    }  # fmt: skip
    del request
    return HttpResponse(json.dumps(data, ensure_ascii=False), content_type="application/manifest+json")


ROUTES = (
    Route("p/shell/<slug:language>/", shell, "phone_shell", EVERYBODY),
    Route("p/worker.js", worker, "phone_worker", EVERYBODY),
    Route("p/manifest/<slug:language>/", manifest, "phone_manifest", EVERYBODY),
)
