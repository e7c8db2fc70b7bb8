"use strict";
/* The queue: what is kept is sent again and again until the clinic has given a receipt. The id of an entry is made once,
   so that sending twice is never counting twice. */
const Send = (() => {
  const WAITS = [2, 5, 15, 60, 300]; // seconds
  let tries = 0;
  let timer = 0;
  let running = null;
  let told = () => {};
  let whose = ""; // the case that this phone writes to; entries of another one wait for their own patient

  async function one(item) {
    const answer = await fetch("/p/entries/", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id: item.id, entry: item.entry, ...(item.case ? { case: item.case } : {}) }),
    });
    if (answer.ok) {
      const receipt = await answer.json();
      await Keep.remove(item.id);
      await told({ what: "sent", item, receipt: receipt.receipt });
      return true;
    }
    if ([401, 403, 404].includes(answer.status)) {
      await told({ what: "not_enrolled" });
      return false;
    }
    if ([409, 413, 422].includes(answer.status)) {
      const said = await answer.json().catch(() => ({}));
      if (said.other) { await told({ what: "other" }); return false; } // nothing is wrong with it: the phone changed hands
      const why = said.why || String(answer.status);
      await Keep.add({ ...item, refused: why });
      await told({ what: "refused", item, why });
      return true; // the others still go
    }
    throw new Error(`answer ${answer.status}`);
  }

  async function round() {
    for (const item of await Keep.waiting()) {
      if (item.case === whose && !item.refused && !(await one(item))) return;
    }
    tries = 0;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(flush, WAITS[Math.min(tries, WAITS.length - 1)] * 1000);
    tries += 1;
  }

  function flush() {
    if (!running) {
      clearTimeout(timer);
      running = round().catch(later).finally(() => {
        running = null;
        return told({ what: "looked" });
      });
    }
    return running;
  }

  window.addEventListener("online", () => { tries = 0; flush(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tries = 0; flush(); } });
  return { flush, listen: (act) => { told = act; }, only: (owner) => { whose = owner; } };
})();
