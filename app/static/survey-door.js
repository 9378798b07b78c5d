// A survey at the door: sheets are kept on the telephone while there is no network, sent later under their own ids, and then forgotten here.
"use strict";

(() => {
  const room = document.querySelector("[data-kept]");
  const form = document.querySelector("[data-door] form");
  if (!room || !window.indexedDB || !window.fetch) return;
  const words = room.dataset;
  const address = words.kept;
  const sent = [];

  const { newId } = kept;
  const { put, drop, settle, of } = kept.box("surveys", "sheets");

  // The list: what was sent while this page is open, and what is kept.

  const say = (text) => {
    room.querySelector("[data-status]").textContent = text;
  };

  function line(title, note, edit, remove) {
    const made = room.querySelector("template").content.cloneNode(true);
    made.querySelector("[data-title]").textContent = title;
    made.querySelector("[data-note]").textContent = note;
    for (const [name, act] of [["edit", edit], ["delete", remove]]) {
      const button = made.querySelector(`[data-${name}]`);
      if (act) button.addEventListener("click", act);
      else button.remove();
    }
    return made;
  }

  async function show() {
    const sheets = await of(address);
    room.querySelector("[data-list]").replaceChildren(
      ...sent.map((each) => line(each.home, each.note)),
      ...sheets.map((sheet) =>
        line(
          sheet.home,
          sheet.refused ? `${words.wordRefused}：${sheet.refused}` : words.wordWaiting,
          form && (() => restore(sheet)),
          async () => {
            await drop(sheet.id);
            say("");
            await show();
          },
        ),
      ),
    );
    const some = sheets.length > 0;
    for (const name of ["send", "save"]) room.querySelector(`[data-${name}]`).hidden = !some;
    room.hidden = !some && !sent.length && !room.querySelector("[data-status]").textContent;
    take(sheets);
    return sheets;
  }

  // A home whose sheet is on this telephone is not to be visited twice.
  function take(sheets) {
    const done = new Set(sheets.filter((sheet) => !sheet.refused).map((sheet) => sheet.unit).concat(sent.map((each) => each.unit)));
    for (const option of form?.elements.namedItem("unit")?.options || []) option.disabled = done.has(option.value);
  }

  // Sending, each under the id it got at the door, so that twice is once.

  const plain = ({ id, edition, unit, age, consented, answered_at, corrects, answers }) => ({
    id, edition, unit, age, consented, answered_at, corrects, answers,
  });

  async function send(sheet, csrf) {
    const data = new FormData();
    data.set("csrf", csrf);
    data.set("sheet", JSON.stringify(plain(sheet)));
    const answer = await fetch(`${address}/sheets`, { method: "POST", body: data, redirect: "manual" });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (told.state === "sent") {
      await settle(sheet);
      const note = told.lost.length ? words.wordLost + told.lost.join("、") : told.old ? words.wordOld : "";
      sent.push({ home: sheet.home, unit: sheet.unit, note: [words.wordSent, note].filter(Boolean).join("。") });
    } else await settle(sheet, { ...sheet, refused: told.told });
  }

  let sending = false;
  let again = false;
  async function flush(asked) {
    again ||= sending;
    if (sending) return;
    const ready = (await show()).filter((sheet) => asked || !sheet.refused);
    if (!ready.length) return;
    sending = true;
    try {
      const known = await kept.token(address);
      if (!known) return say(words.wordSignIn);
      const mine = ready.filter((sheet) => sheet.who === known.who);
      say(mine.length < ready.length ? words.wordOther : "");
      for (const sheet of mine) await send(sheet, known.csrf);
    } catch {
      say(words.wordKept);
    } finally {
      sending = false;
      await show();
    }
    if (!again) return;
    // Something was filled in or mended on the way.
    again = false;
    await flush(false);
  }

  // The form as a sheet; what could not be asked again later is checked while the resident is still there.

  function complain(field, text) {
    say(text);
    room.hidden = false;
    (field || room).scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }

  function read(question) {
    const { kind, question: key } = question.dataset;
    if (kind === "text") return question.querySelector("textarea").value.trim() || null;
    if (kind === "ranking") {
      const ranks = [...question.querySelectorAll("select")].map((select) => [Number(select.value), select.name.slice(`q-${key}-`.length)]);
      if (ranks.every(([place]) => !place)) return null;
      const places = new Set(ranks.map(([place]) => place));
      if (places.has(0) || places.size < ranks.length) return undefined;
      return ranks.sort(([one], [other]) => one - other).map(([, option]) => option);
    }
    const chosen = [...question.querySelectorAll("input:checked")].map((input) => input.value);
    if (kind === "multiple") return chosen.length ? chosen : null;
    return chosen.length ? (kind === "scale" ? Number(chosen[0]) : chosen[0]) : null;
  }

  function answers() {
    const found = {};
    for (const question of form.querySelectorAll("[data-question]")) {
      if (question.hidden) continue;
      const value = read(question);
      const field = question.querySelector("input, select, textarea");
      const title = question.querySelector("legend, label")?.textContent.trim() || "";
      const most = Number(question.dataset.most || 0);
      if (value === undefined) return complain(field, `${title} ${words.wordRanking}`);
      if (value === null && "required" in question.dataset) return complain(field, `${title} ${words.wordRequired}`);
      if (most && Array.isArray(value) && value.length > most) return complain(field, `${title} ${words.wordMost}`);
      if (value !== null) found[question.dataset.question] = value;
    }
    return Object.keys(found).length ? found : complain(null, words.wordBlank);
  }

  function written() {
    const field = (name) => form.elements.namedItem(name);
    const unit = field("unit");
    const age = form.querySelector("[name=age]:checked");
    if (!unit.value) return complain(unit, words.wordUnit);
    if (!field("consented").checked) return complain(field("consented"), words.wordConsented);
    const given = answers();
    if (!given) return null;
    if (!age) return complain(form.querySelector("[name=age]"), words.wordAge);
    const home = unit.options ? unit.selectedOptions[0].textContent.trim() : form.querySelector("b").textContent.trim();
    return {
      id: field("id").value, address, home, who: words.who, edition: Number(field("edition").value), unit: unit.value,
      age: age.value, consented: true, corrects: Number(field("corrects").value), answered_at: new Date().toISOString(), answers: given,
    };
  }

  let trying = false;
  async function submit(event) {
    // Before the shared script marks the form as sent.
    event.preventDefault();
    event.stopImmediatePropagation();
    if (trying) return;
    const sheet = written();
    if (!sheet) return;
    trying = true;
    try {
      await put(sheet);
    } catch {
      trying = false;
      return say(words.wordFull);
    }
    form.reset();
    form.elements.namedItem("id").value = newId();
    if (form.elements.namedItem("unit").options) form.elements.namedItem("corrects").value = "0";
    document.dispatchEvent(new Event("survey:filled"));
    say("");
    await flush(false);
    room.hidden = false;
    room.scrollIntoView();
    trying = false;
  }

  // A correction belongs on the page of its home, a first sheet on the plain one: what a page hides stays as it came.
  function belongs(sheet) {
    const unit = form.elements.namedItem("unit");
    return unit.options ? sheet.corrects === 0 : sheet.corrects > 0 && unit.value === sheet.unit;
  }

  // A kept sheet back into the form; its id stays, so that mending it replaces it. It is then of the edition on this page.
  function restore(sheet) {
    if (!belongs(sheet)) {
      if (!navigator.onLine) return say(words.wordKept);
      return location.assign(sheet.corrects > 0 ? `${address}?home=${encodeURIComponent(sheet.unit)}` : address);
    }
    form.reset();
    form.elements.namedItem("id").value = sheet.id;
    const unit = form.elements.namedItem("unit");
    for (const option of unit.options || []) option.disabled &&= option.value !== sheet.unit;
    // Of a home that is not to be chosen any more nothing is chosen: whose answers these are has to be said anew.
    if (unit.options) unit.value = sheet.unit;
    form.elements.namedItem("consented").checked = sheet.consented && unit.value === sheet.unit;
    const check = (name, value) => {
      const field = form.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(String(value))}"]`);
      if (field) field.checked = true;
    };
    check("age", sheet.age);
    for (const [key, value] of Object.entries(sheet.answers)) {
      const question = form.querySelector(`[data-question="${CSS.escape(key)}"]`);
      if (!question) continue;
      if (question.dataset.kind === "text") question.querySelector("textarea").value = value;
      else if (question.dataset.kind === "ranking") {
        value.forEach((option, place) => (form.elements.namedItem(`q-${key}-${option}`).value = String(place + 1)));
      } else for (const each of [value].flat()) check(`q-${key}`, each);
    }
    document.dispatchEvent(new Event("survey:filled"));
    form.scrollIntoView();
  }

  async function save() {
    const sheets = (await of(address)).map(plain);
    const file = new Blob([JSON.stringify({ format: words.format, survey: words.survey, sheets }, null, 1)], { type: "application/json" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `answers-${words.survey.slice(0, 8)}.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // What the telephone keeps for opening without a network; once nothing can be filled in, nothing is kept.

  async function remember() {
    const cache = await caches.open("surveys");
    const answer = await fetch(address, { cache: "no-store", redirect: "manual" });
    const text = answer.ok ? await answer.clone().text() : "";
    const told = new DOMParser().parseFromString(text, "text/html");
    if (!told.querySelector("[data-door] form")) return void (await cache.delete(address));
    const files = [...told.querySelectorAll("link[href^='/static/'], script[src^='/static/']")].map(
      (part) => part.getAttribute("href") || part.getAttribute("src"),
    );
    for (const request of await cache.keys()) {
      const url = new URL(request.url);
      if (url.pathname.startsWith("/static/") && !files.includes(url.pathname + url.search)) await cache.delete(request);
    }
    for (const file of files) if (!(await cache.match(file))) await cache.add(file);
    await cache.put(address, answer);
  }

  // A browser that lets pages keep nothing has nothing to send, and its forms go the plain way.
  of(address).then(() => {
    const tryAll = (asked) => flush(asked).catch(() => {});
    form?.addEventListener("submit", submit);
    room.querySelector("[data-send]").addEventListener("click", () => tryAll(true));
    room.querySelector("[data-save]").addEventListener("click", save);
    addEventListener("online", () => tryAll(false));
    tryAll(false);
    if (navigator.onLine && "serviceWorker" in navigator && window.caches) {
      navigator.serviceWorker.register("/offline-worker.js").then(remember).catch(() => {});
    }
  }, () => {});
})();
