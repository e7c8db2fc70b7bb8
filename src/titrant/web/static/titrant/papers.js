// One click puts the whole text on the clipboard; without a clipboard the text is selected.
"use strict";
const text = document.getElementById("letter-text");
const button = document.getElementById("copy-text");
if (text && button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
      document.getElementById("copied").textContent = "Copied.";
    } catch {
      document.getElementById("copied").textContent = "Selected: copy it with the keyboard.";
    }
  });
  text.addEventListener("focus", () => text.select());
}
