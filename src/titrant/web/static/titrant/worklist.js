// Keys for the worklist. Everything that a key does can also be reached by Tab.
"use strict";
(() => {
  const links = () => [...document.querySelectorAll("a.open")];
  const keys = document.getElementById("keys");
  const button = document.getElementById("keys-button");

  function move(step) {
    const all = links();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const shown = all.findIndex((link) => link.getAttribute("aria-current"));
    const from = here >= 0 ? here : shown;
    const place = from < 0 ? 0 : Math.min(Math.max(from + step, 0), all.length - 1);
    all[place].focus();
    all[place].closest("tr").scrollIntoView({ block: "nearest" });
  }

  function done() {
    const first = document.querySelector("#done-form input[name=outcome]");
    if (first) {
      first.focus();
      first.scrollIntoView({ block: "nearest" });
    }
  }

  function typing(target) {
    return target.closest("textarea, select, [contenteditable]") !== null ||
      (target.matches("input") && !["radio", "checkbox", "button", "submit"].includes(target.type));
  }

  const acts = {
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), d: done,
    "/": () => document.getElementById("words").focus(), "?": () => keys.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || keys.open) return;
    if (event.target.matches("input") && event.key.startsWith("Arrow")) return;
    const act = acts[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
  // On a narrow screen the panel stands above the list: who opened a line from far down would not see it.
  const beside = window.matchMedia("(min-width: 1000px)").matches;
  const shown = document.querySelector(beside ? "tr.here" : ".worklist #panel");
  if (shown) shown.scrollIntoView({ block: beside ? "nearest" : "start" });
})();
