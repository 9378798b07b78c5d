// The whole script: every page works without it.
"use strict";

// A section marked data-live is fetched again while the page is looked at; 204 ends it, a failure keeps the old content.
// With data-append what comes is added below what is there, and the answer says where to ask next.
for (const box of document.querySelectorAll("[data-live]")) {
  let busy = false;
  const append = "append" in box.dataset;
  const timer = setInterval(async () => {
    if (busy || document.hidden || (!append && box.contains(document.activeElement))) return;
    busy = true;
    try {
      const answer = await fetch(box.dataset.live, { headers: { Accept: "text/html" } });
      if (answer.status === 200 && !answer.redirected) {
        if (append) box.insertAdjacentHTML("beforeend", await answer.text());
        else box.innerHTML = await answer.text();
        box.dataset.live = answer.headers.get("Live-Next") || box.dataset.live;
      } else if (answer.status < 500) clearInterval(timer);
    } catch {
      // no network: what was last read stays
    }
    busy = false;
  }, Math.max(5, Number(box.dataset.every) || 20) * 1000);
}

// A form marked data-autosave is kept while it is typed in; the answer, a line of plain text, says so. Files wait for the button.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const line = form.querySelector("[data-saved]");
  let timer = 0;
  form.addEventListener("input", () => {
    timer ||= setTimeout(async () => {
      timer = 0;
      if (form.dataset.sent) return;
      const data = new FormData(form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      data.set("saved", "yes");
      try {
        const answer = await fetch(form.action, { method: "POST", body: data });
        if ((answer.headers.get("content-type") ?? "").startsWith("text/plain")) line.textContent = await answer.text();
      } catch {
        // no network: the next letter tries again
      }
    }, 5000);
  });
}

// A form marked data-seen says that the page has been read: it is sent by itself once the page was looked at for a while.
for (const form of document.querySelectorAll("form[data-seen]")) {
  let seconds = 0;
  const timer = setInterval(async () => {
    if (document.hidden || ++seconds < 4) return;
    clearInterval(timer);
    try {
      const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" };
      const answer = await fetch(form.action, sent);
      form.hidden = answer.type === "opaqueredirect";
    } catch {
      // no network: the button is still there
    }
  }, 1000);
}

// Over a photo, a finger drawn across the grid blackens every cell it passes, or clears them when it began on a black one.
for (const grid of document.querySelectorAll("[data-mask]")) {
  let first = null;
  let black = false;
  let drawn = false;
  grid.addEventListener("pointerdown", (event) => {
    first = event.target;
    black = !first.checked;
    drawn = false;
    first.releasePointerCapture?.(event.pointerId);
  });
  grid.addEventListener("pointermove", (event) => {
    const cell = document.elementFromPoint(event.clientX, event.clientY);
    if (!first || cell?.parentElement !== grid || (cell === first && !drawn)) return;
    drawn = true;
    first.checked = cell.checked = black;
  });
  grid.addEventListener("click", (event) => drawn && event.preventDefault());
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (first = null));
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
