"use strict";
/* The zone of this phone is offered first, where the patient has not chosen one. */
(() => {
  const zone = document.getElementById("zone");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone.dataset.guess && [...zone.options].some((one) => one.value === own)) zone.value = own;
})();
