"use strict";
/* What the open pages of one browser tell each other: "written", "owner" (whose phone this is now, by the case), "wiped"
   and "out" (signed out). Nothing else of a person is in it. Two ways, because a browser may lack or lose one of them. */
const Tabs = (() => {
  const KEY = "titrant-told";
  let heard = () => {};
  const channel = window.BroadcastChannel ? new BroadcastChannel("titrant-diary") : null;
  if (channel) channel.onmessage = (event) => heard(...event.data.split(" "));
  window.addEventListener("storage", (event) => {
    if (event.key === KEY && event.newValue) heard(...event.newValue.split(" "));
  });

  function tell(what, whose = "") {
    const said = whose ? `${what} ${whose}` : what;
    if (channel) channel.postMessage(said);
    try { localStorage.setItem(KEY, `${said} ${Date.now()}`); localStorage.removeItem(KEY); } catch { /* the other way is left */ }
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
