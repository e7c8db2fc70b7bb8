"use strict";
/* "Remind me on this phone": shown where the clinic has a key and the browser can. The browser is asked on a tap, never
   before. */
(() => {
  const box = document.getElementById("push");
  if (!box || !navigator.serviceWorker || !window.PushManager || !window.Notification) return;

  function show(...states) {
    box.querySelectorAll("[data-when]").forEach((one) => { one.hidden = !states.includes(one.dataset.when); });
    box.hidden = false;
  }

  const key = () => Uint8Array.from(atob(box.dataset.key.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

  async function tell(body) {
    const answer = await fetch("/p/push/", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
  }

  async function current() {
    const registration = await navigator.serviceWorker.getRegistration("/p/");
    return registration ? registration.pushManager.getSubscription() : null;
  }

  async function ready() {
    const language = document.documentElement.lang;
    await navigator.serviceWorker.register(`/p/worker.js?language=${language}`, { scope: "/p/" });
    return navigator.serviceWorker.ready;
  }

  async function turn_on() {
    const said = await Notification.requestPermission(); // first of all: some browsers ask only right after a tap
    if (said === "denied") { show("denied"); return; }
    if (said !== "granted") { show("offer"); return; }
    const { pushManager } = await ready();
    const old = await pushManager.getSubscription();
    if (old) await old.unsubscribe(); // it may be dead, or made for an older key
    const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() });
    const value = (id) => document.getElementById(id).value;
    await tell({ subscription: made.toJSON(), hour: value("hour"), zone: value("zone") });
    show("on");
  }

  async function turn_off() {
    await tell({ subscription: null });
    const old = await current();
    if (old) await old.unsubscribe();
    show("offer");
  }

  function tapped(button, act) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try { await act(); } catch { show("failed", button.dataset.when); } finally { button.disabled = false; }
    });
  }

  async function begin() {
    const on = box.dataset.on && (await current());
    if (on && Notification.permission === "granted") show("on");
    else show(Notification.permission === "denied" ? "denied" : "offer");
  }

  tapped(box.querySelector("button[data-when=offer]"), turn_on);
  tapped(box.querySelector("button[data-when=on]"), turn_off);
  begin().catch(() => show("offer"));
})();
