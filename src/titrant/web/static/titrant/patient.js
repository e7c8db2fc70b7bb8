// Reads the chart out: by pointer, and by the arrow keys where the chart has the focus.
"use strict";
(() => {
  const frame = document.getElementById("chart");
  const readout = document.getElementById("readout");
  if (frame && readout) {
    frame.scrollLeft = frame.scrollWidth; // where it is narrow, the newest days first
    const days = [...frame.querySelectorAll("rect.day")];
    let here = -1;
    const show = (place) => {
      if (here >= 0) days[here].classList.remove("here");
      here = Math.max(0, Math.min(days.length - 1, place));
      days[here].classList.add("here");
      readout.textContent = days[here].querySelector("title").textContent;
    };
    frame.addEventListener("pointermove", (event) => {
      const place = days.indexOf(event.target);
      if (place >= 0 && place !== here) show(place);
    });
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -1e6, End: 1e6 };
    frame.addEventListener("keydown", (event) => {
      if (!(event.key in moves) || !days.length) return;
      event.preventDefault();
      show(here < 0 ? days.length - 1 : here + moves[event.key]);
    });
  }
  // Milligrams and millilitres are read together; the number that counts is worked out again on the server.
  const dose = document.getElementById("dose_mg");
  const strength = document.getElementById("strength");
  const volume = document.getElementById("volume");
  if (dose && strength && volume) {
    const tell = () => {
      const ml = Number(dose.value) / Number(strength.value);
      volume.textContent = ml > 0 && Number.isFinite(ml)
        ? `${dose.value} mg = ${ml.toFixed(2)} mL @ ${strength.value} mg/mL` : "The volume is shown with the dose.";
    };
    dose.addEventListener("input", tell);
    strength.addEventListener("input", tell);
  }
  // The forecast takes longer than the page: it is fetched when the page stands.
  const exposure = document.getElementById("exposure");
  if (exposure && exposure.dataset.url) {
    fetch(`${exposure.dataset.url}?part=1`, { headers: { "HX-Request": "true" } })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
      .then((html) => { exposure.replaceChildren(document.createRange().createContextualFragment(html)); })
      .catch(() => { exposure.querySelector("p").append(" (could not be loaded)"); });
  }
})();
