// Says in words why a passkey did not work; without this the button would do nothing that anybody sees.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("passkey_fault");
  if (!said) return;
  const cancelled = event.detail.exception && event.detail.exception.name === "NotAllowedError";
  said.textContent = cancelled
    ? "No passkey was used: it was cancelled, or there is none for this clinic on this device."
    : "A passkey cannot be used here. Passkeys need a secure address of the clinic with a name, not a number.";
  said.hidden = false;
});
