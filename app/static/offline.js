// The pages of a report: kept on the telephone while there is no network and sent later; photos made small, words spoken.
"use strict";

(() => {
  const LONGEST = 2560;
  const room = document.querySelector("[data-waiting]");
  const form = document.querySelector("[data-report] form");
  const address = room?.dataset.waiting;
  const words = room?.dataset;

  // Whose telephone this is: the kept page does not know, so the last page that did tells it.
  const who = () => {
    try {
      if (words.who) localStorage.setItem("report-who", words.who);
      return words.who || localStorage.getItem("report-who") || "";
    } catch {
      return words.who || "";
    }
  };

  const { newId } = kept;
  const { put, drop, one, of } = kept.box("reports", "reports");

  // The list of what waits.

  const say = (text) => {
    room.querySelector("[data-status]").textContent = text;
    if (text) room.hidden = false;
  };

  async function show() {
    const reports = await of(address);
    const list = room.querySelector("[data-list]");
    list.replaceChildren(
      ...reports.map((report) => {
        const line = room.querySelector("template").content.cloneNode(true);
        line.querySelector("[data-title]").textContent = report.title;
        line.querySelector("[data-note]").textContent = report.refused ? words.wordFailed + report.refused : report.text;
        line.querySelector("[data-edit]").href = `${address}/offline?report=${report.id}`;
        line.querySelector("[data-delete]").addEventListener("click", async () => {
          await drop(report.id);
          say("");
          await show();
        });
        return line;
      }),
    );
    list.hidden = room.querySelector("[data-send]").hidden = !reports.length;
    room.hidden = !reports.length && !room.querySelector("[data-status]").textContent;
    return reports;
  }

  // Sending: with a token of now, under the id the report got when it was written, so that twice is once.

  async function send(report, csrf) {
    const data = new FormData();
    for (const [name, value] of report.fields) if (name !== "csrf") data.append(name, value);
    data.set("csrf", csrf);
    for (const photo of report.photos) data.append("photos", new Blob([photo.bytes], { type: photo.type }), photo.name);
    const answer = await fetch(`${address}/details`, { method: "POST", body: data, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      await drop(report.id);
      return true;
    }
    if (answer.status < 500 && answer.status !== 429) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const told = page.querySelector(".danger, .summary li") || page.querySelector("main p");
      await put({ ...report, refused: told ? told.textContent.trim().replace(/\s+/g, " ").slice(0, 200) : String(answer.status) });
    }
    return false;
  }

  let sending = false;
  async function flush(asked) {
    if (sending) return;
    const reports = await show();
    const ready = reports.filter((report) => asked || !report.refused);
    if (!ready.length) return;
    sending = true;
    try {
      const known = await kept.token(address);
      if (!known) return say(words.wordSignIn);
      let sent = 0;
      let foreign = false;
      for (const report of ready) {
        if (report.who && report.who !== known.who) foreign = true;
        else if (await send(report, known.csrf)) sent++;
      }
      say(foreign ? words.wordOther : sent ? words.wordSent : "");
    } catch {
      say(words.wordKept);
    } finally {
      sending = false;
      await show();
    }
  }

  // The form: what cannot be sent now is kept.

  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`) || form.querySelector(`[name="${name}"]`);

  async function written() {
    const fields = [];
    const photos = [];
    for (const [name, value] of new FormData(form)) {
      if (!(value instanceof File)) fields.push([name, value]);
      else if (value.size) photos.push({ name: value.name, type: value.type, bytes: await value.arrayBuffer() });
    }
    const text = form.elements.namedItem("text").value.trim();
    const picked = chosen("category").closest("label")?.querySelector("b");
    const title = (picked || document.querySelector("h1")).textContent.trim();
    return { id: form.elements.namedItem("id").value, address, fields, photos, title, text: text.slice(0, 80), who: who() };
  }

  async function keep(why) {
    try {
      await put(await written());
    } catch {
      return say(words.wordFull);
    }
    form.reset();
    form.elements.namedItem("id").value = newId();
    follow();
    say(why);
    await show();
    room.scrollIntoView();
  }

  let trying = false;
  async function submit(event) {
    // Before the shared script marks the form as sent.
    event.preventDefault();
    event.stopImmediatePropagation();
    if (trying) return;
    trying = true;
    const button = form.querySelector("button[type=submit]");
    button.setAttribute("aria-disabled", "true");
    try {
      const known = await kept.token(address);
      if (!known) throw new Error("sign in");
      form.elements.namedItem("csrf").value = known.csrf;
      // What was kept under this id stays until it is sent again: the second arrival is the same deed.
      form.submit();
    } catch (failure) {
      await keep(failure.message === "sign in" ? words.wordSignIn : words.wordKept);
      button.removeAttribute("aria-disabled");
      trying = false;
    }
  }

  // The kept page: one category's questions at a time, a sticker's place, and a report to be mended.

  function follow() {
    const category = chosen("category")?.value;
    for (const part of form.querySelectorAll("[data-category]")) part.hidden = part.disabled = part.dataset.category !== category;
  }

  async function restore() {
    const id = new URLSearchParams(location.search).get("report");
    const report = id && (await one(id));
    if (report?.address === address) {
      for (const [name, value] of report.fields) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
          else if (name !== "csrf") field.value = value;
        }
        // A home is no place of the kept page, and who it is for has no field there.
        if (!form.elements.namedItem(name)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        const place = form.elements.namedItem("place");
        if (name === "place" && !place.value) place.append(new Option(report.title, value, true, true));
      }
      const files = new DataTransfer();
      for (const photo of report.photos) files.items.add(new File([photo.bytes], photo.name, { type: photo.type }));
      form.elements.namedItem("photos").files = files.files;
    } else {
      form.elements.namedItem("id").value ||= newId();
      const code = new URLSearchParams(location.search).get("place") || /^\/q\/([^/]+)/.exec(location.pathname)?.[1];
      const place = form.elements.namedItem("place");
      if (code && place.options) place.value = [...place.options].find((option) => option.value === code.toUpperCase())?.value || "";
    }
    follow();
  }

  // What the telephone keeps for opening without a network.

  async function remember() {
    const page = `${address}/offline`;
    const answer = await fetch(page, { cache: "no-store" });
    if (!answer.ok) return;
    const cache = await caches.open("report");
    const told = new DOMParser().parseFromString(await answer.clone().text(), "text/html");
    const files = [...told.querySelectorAll("link[href^='/static/'], script[src^='/static/']")].map(
      (part) => part.getAttribute("href") || part.getAttribute("src"),
    );
    for (const request of await cache.keys()) {
      const url = new URL(request.url);
      if (url.pathname.startsWith("/static/") && !files.includes(url.pathname + url.search)) await cache.delete(request);
    }
    for (const file of files) if (!(await cache.match(file))) await cache.add(file);
    await cache.put(page, answer);
  }

  if (room && window.indexedDB && window.fetch) {
    if (form) {
      form.addEventListener("submit", submit);
      form.addEventListener("change", follow);
      restore().catch(() => {});
    }
    // A browser that lets pages keep nothing has nothing to send.
    const tryAll = (asked) => flush(asked).catch(() => {});
    room.querySelector("[data-send]").addEventListener("click", () => tryAll(true));
    addEventListener("online", () => tryAll(false));
    who();
    tryAll(false);
    if (navigator.onLine && "serviceWorker" in navigator && window.caches) {
      navigator.serviceWorker.register("/offline-worker.js").then(remember).catch(() => {});
    }
  }

  // A photo straight from the camera is made smaller before it travels; what this browser cannot draw goes as it is.

  async function smaller(file) {
    if (file.size < 1_500_000 && ["image/jpeg", "image/png", "image/webp"].includes(file.type)) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
      return made ? new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
    } catch {
      return file;
    }
  }

  for (const field of document.querySelectorAll("input[type=file][name=photos]")) {
    field.addEventListener("change", async () => {
      const files = new DataTransfer();
      for (const file of field.files) files.items.add(await smaller(file));
      field.files = files.files;
    });
  }

  // Words typed bring the categories they name to the top.

  const sought = document.querySelector("[name=words]");
  const picks = [...document.querySelectorAll("form label.choice[data-words]")];
  if (sought && picks.length) {
    const box = picks[0].closest("fieldset");
    const marks = picks.map((pick) => {
      const mark = document.createComment("");
      pick.before(mark);
      return mark;
    });
    sought.addEventListener("input", () => {
      const typed = sought.value;
      const hits = picks.map((pick) => pick.dataset.words.split(" ").filter((word) => word && typed.includes(word)).length);
      picks.forEach((pick, place) => marks[place].after(pick));
      const likely = picks.filter((pick, place) => hits[place]).sort((a, b) => hits[picks.indexOf(b)] - hits[picks.indexOf(a)]);
      box.querySelector("legend").after(...likely);
    });
  }

  // Neighbours' reports like the one being written.

  const near = document.querySelector("[data-near]");
  if (near && form) {
    let timer = 0;
    form.elements.namedItem("text").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const data = new FormData(form);
        data.delete("photos");
        try {
          const answer = await fetch(near.dataset.near, { method: "POST", body: data });
          if (answer.ok && !answer.redirected && !near.contains(document.activeElement)) {
            const told = await answer.text();
            if (told.trim() !== near.innerHTML.trim()) near.innerHTML = told;
          }
        } catch {
          // no network: what was last read stays
        }
      }, 1500);
    });
  }

  // Speaking instead of typing, where the browser can write it down.

  const Listener = window.SpeechRecognition || window.webkitSpeechRecognition;
  for (const button of Listener ? document.querySelectorAll("[data-voice]") : []) {
    const field = document.getElementById(button.dataset.voice);
    button.hidden = false;
    let listener = null;
    button.addEventListener("click", () => {
      if (listener) return listener.stop();
      listener = new Listener();
      listener.lang = document.documentElement.lang;
      listener.continuous = true;
      listener.onresult = (event) => {
        for (let place = event.resultIndex; place < event.results.length; place++) {
          if (event.results[place].isFinal) field.value += event.results[place][0].transcript;
        }
        field.dispatchEvent(new Event("input", { bubbles: true }));
      };
      listener.onend = () => {
        listener = null;
        button.setAttribute("aria-pressed", "false");
      };
      button.setAttribute("aria-pressed", "true");
      listener.start();
    });
  }
})();
