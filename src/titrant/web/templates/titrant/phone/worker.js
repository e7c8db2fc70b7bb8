"use strict";
/* Keeps the empty frame of the diary on the phone, so that it opens without a network. Nothing of a person is kept here. */
const NAME = "diary-{{ version }}";
const SHELL = "{{ shell }}";
const URLS = [SHELL{% for url in urls %}, "{{ url|escapejs }}"{% endfor %}];
const PATIENCE = 4000; // milliseconds that a page may take; files to save take the time they need
const PAGES = /^\/p\/((plan|trend|messages|reminder|phone)\/)?$/;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(URLS.map((url) => new Request(url, { cache: "reload", credentials: "omit" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("diary-") && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

async function page(request) {
  const frame = async () => (await (await caches.open(NAME)).match(SHELL)) || Response.error();
  const slow = new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE));
  try {
    const answer = await Promise.race([fetch(request), slow]);
    // What is no page of the clinic (a proxy that forbids, a fault) must not stand in the place of the diary.
    return answer && (answer.ok || answer.type === "opaqueredirect") ? answer : await frame();
  } catch {
    return frame(); // no network
  }
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGES.test(url.pathname)) {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith((async () => (await (await caches.open(NAME)).match(request)) || fetch(request))());
  }
});

// What is pushed says that something waits, and no more. The browser wants it shown, whatever it holds.
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* nothing that can be read: the name of the diary alone is shown */ }
  event.waitUntil(self.registration.showNotification(said.title || "{{ words.app|escapejs }}",
    { tag: said.tag || "diary", lang: said.lang || "", dir: said.dir || "auto", icon: "{{ icon|escapejs }}" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const diary = open.find((one) => new URL(one.url).pathname === "/p/");
    return diary ? diary.focus() : self.clients.openWindow("/p/");
  })());
});

// A browser may change the address by itself: the clinic is told the new one.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const made = event.newSubscription || (event.oldSubscription
      ? await self.registration.pushManager.subscribe(event.oldSubscription.options) : null);
    if (!made) return;
    await fetch("/p/push/", { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ subscription: made.toJSON() }) });
  })());
});
