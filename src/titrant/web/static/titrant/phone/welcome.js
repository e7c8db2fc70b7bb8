"use strict";
if (document.querySelector("[data-out]")) Tabs.tell("out"); // other pages of this browser look anew
/* A link from a letter may come without the cookie of this phone; a page of this clinic then asks again with it. */
fetch("/p/state/", { credentials: "same-origin" }).then((answer) => {
  if (answer.ok) location.replace("/p/");
}).catch(() => {});
