"use strict";
/* Pages beside the diary: once this phone was wiped or has another owner, nothing of them stays on the screen. */
Tabs.listen((what) => {
  if (what === "written") return;
  document.body.replaceChildren();
  if (what !== "wiped") location.replace("/p/");
});
