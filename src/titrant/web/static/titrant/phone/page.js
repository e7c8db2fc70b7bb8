"use strict";
/* Pages beside the diary: once this phone was wiped or has another owner, nothing of them stays on the screen. A browser
   without a store says its owner at every page: a message that is being typed by the same person stays. */
Tabs.listen((what, whose) => {
  if (what === "written" || (what === "owner" && whose === document.body.dataset.case)) return;
  document.body.replaceChildren();
  if (what !== "wiped") location.replace("/p/");
});
