// One press answers "no" for every question of a group that is still unanswered; each answer stays visible and can be changed.
for (const button of document.querySelectorAll("button.rest-no")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const group = document.querySelector(`section[aria-labelledby="${button.dataset.group}"]`);
    for (const no of group.querySelectorAll("input[data-no]")) {
      if (!group.querySelector(`input[name="${no.name}"]:checked`)) no.checked = true;
    }
  });
}
