"use strict";
/* What the open pages of one browser tell each other: "written", "owner" (another person has this phone now), "wiped" and
   "out" (signed out). Nothing personal is in it. Two ways, because a browser may lack or lose one of them. */
const Tabs = (() => {
  const KEY = "titrant-told";
  let heard = () => {};
  const channel = window.BroadcastChannel ? new BroadcastChannel("titrant-diary") : null;
  if (channel) channel.onmessage = (event) => heard(event.data);
  window.addEventListener("storage", (event) => {
    if (event.key === KEY && event.newValue) heard(event.newValue.split(" ")[0]);
  });

  function tell(what) {
    if (channel) channel.postMessage(what);
    try { localStorage.setItem(KEY, `${what} ${Date.now()}`); } catch { /* the other way is left */ }
  }

  /* One page at a time. A page that sleeps while it holds the place must not hold up the others for long. */
  async function alone(act) {
    if (!navigator.locks) return act();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 3000);
    let mine = false;
    const in_turn = () => { mine = true; clearTimeout(timer); return act(); };
    try {
      return await navigator.locks.request("titrant-diary", { signal: patience.signal }, in_turn);
    } catch (error) {
      if (mine) throw error;
      return act();
    }
  }

  return { tell, alone, listen: (act) => { heard = act; } };
})();
