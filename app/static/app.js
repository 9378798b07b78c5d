// The whole script: every page works without it.
"use strict";

// A section marked data-live is fetched again while the page is looked at; 204 ends it, a failure keeps the old content.
for (const box of document.querySelectorAll("[data-live]")) {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy || document.hidden || box.contains(document.activeElement)) return;
    busy = true;
    try {
      const answer = await fetch(box.dataset.live, { headers: { Accept: "text/html" } });
      if (answer.status === 200 && !answer.redirected) box.innerHTML = await answer.text();
      else if (answer.status < 500) clearInterval(timer);
    } catch {
      // no network: what was last read stays
    }
    busy = false;
  }, Math.max(5, Number(box.dataset.every) || 20) * 1000);
}

// A form is sent once, however often an unsure thumb presses; the button stays readable.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});

// Coming back to a remembered page, its forms may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});
