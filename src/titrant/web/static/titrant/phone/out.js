"use strict";
/* Signing out wipes this phone first: plan, queue, key, kept frame. Then the clinic is told. */
(() => {
  const form = document.getElementById("out");
  const note = document.getElementById("unsent");
  Keep.waiting().then((queue) => {
    if (!queue.length) return;
    note.textContent = note.dataset.words.replace("{n}", String(queue.length));
    note.hidden = false;
  }).catch(() => {});
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    Keep.wipe().catch(() => {}).finally(() => form.submit());
  });
})();
