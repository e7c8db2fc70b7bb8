"use strict";
/* The queue: what is kept is sent again and again until the clinic has given a receipt. The id of an entry is made once,
   so that sending twice is never counting twice. Only the clinic itself can say that it does not know this phone (its own
   JSON); any other refusal is a fault of the way, a proxy or a firewall, and is tried again. */
const Send = (() => {
  const WAITS = [2, 5, 15, 60, 300]; // seconds
  const PATIENCE = 20000; // milliseconds
  let tries = 0;
  let timer = 0;
  let running = null;
  let asked = false; // again, while a round was at work: what was added since is not in it
  let stopped = false;
  let told = () => {};
  let whose = ""; // the case that this phone writes to; entries of another one wait for their own patient

  /* A request that was sent to sleep with its page may never end: it is given up, and sent again under the same id. */
  async function posted(item) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await fetch("/p/entries/", {
        method: "POST", credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ id: item.id, entry: item.entry,
          ...(item.off ? {} : { clock: new Date().toISOString() }), // written by the clinic's clock, or by the phone's own
          ...(item.case ? { case: item.case } : {}) }),
        signal: patience.signal,
      });
    } finally { clearTimeout(timer); }
  }

  async function one(item) {
    const answer = await posted(item);
    const said = (await answer.json().catch(() => null)) || {};
    if (answer.ok && said.receipt !== undefined) { // anything else that says "fine" is not the clinic
      await Keep.remove(item.id);
      await told({ what: "sent", item, receipt: said.receipt });
      return true;
    }
    if (said.not_enrolled) { await told({ what: "not_enrolled" }); return false; }
    if ([409, 413, 422].includes(answer.status) && said.why) {
      if (said.other) { await told({ what: "other" }); return false; } // nothing is wrong with it: the phone changed hands
      await Keep.add({ ...item, refused: said.why });
      await told({ what: "refused", item, why: said.why });
      return true; // the others still go
    }
    throw Object.assign(new Error(`answer ${answer.status}`), { answered: true });
  }

  /* What may be an emergency goes first. */
  async function round() {
    const waiting = (await Keep.waiting()).filter((item) => item.case === whose && !item.refused);
    const urgent = (item) => Boolean(item.urgent || (item.entry.flags || []).length);
    let fault = null;
    for (const item of [...waiting.filter(urgent), ...waiting.filter((item) => !urgent(item))]) {
      try {
        if (!(await one(item))) { if (waiting.some(urgent)) later(); return; } // a danger is tried again whatever was said
      } catch (error) {
        if (!error.answered) throw error; // no network: the others would not go either
        fault = error; // a fault of the clinic's computer, perhaps with this entry alone: the others still go
      }
    }
    if (fault) throw fault;
    tries = 0;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(flush, WAITS[Math.min(tries, WAITS.length - 1)] * 1000);
    tries += 1;
  }

  async function rounds() {
    clearTimeout(timer);
    do {
      asked = false;
      await round().catch(later);
    } while (asked);
    running = null;
    await told({ what: "looked" });
  }

  function flush() {
    if (stopped) return Promise.resolve();
    asked = true;
    running = running || rounds();
    return running;
  }

  window.addEventListener("online", () => { tries = 0; flush(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tries = 0; flush(); } });
  return { flush, listen: (act) => { told = act; }, only: (owner) => { whose = owner; },
    stop: () => { stopped = true; whose = ""; clearTimeout(timer); } };
})();
