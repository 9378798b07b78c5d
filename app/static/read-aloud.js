// Reads a text aloud with the telephone's own voice. Without one for its language the buttons stay hidden.
"use strict";

for (const box of document.querySelectorAll("[data-read-aloud]")) {
  const speech = window.speechSynthesis;
  if (!speech || !window.SpeechSynthesisUtterance) continue;
  const text = document.getElementById(box.dataset.readAloud);
  const language = text.lang || document.documentElement.lang;
  const [start, stop] = box.querySelectorAll("button");
  let turn = 0;

  const voice = () => {
    const fits = speech.getVoices().filter((one) => one.lang.slice(0, 2).toLowerCase() === language.slice(0, 2));
    return fits.find((one) => one.lang.replace("_", "-") === language) || fits[0];
  };
  const offer = () => (box.hidden = !voice());
  const show = (reading) => {
    const focused = box.contains(document.activeElement);
    start.hidden = reading;
    stop.hidden = !reading;
    if (focused) (reading ? stop : start).focus();
  };
  const end = () => {
    turn += 1;
    speech.cancel();
    show(false);
  };

  // Line by line: some voices fall silent in the middle of a long text.
  start.addEventListener("click", () => {
    end();
    const mine = turn;
    const lines = [document.querySelector("h1").innerText, ...text.innerText.split("\n")].filter((line) => line.trim());
    for (const [place, line] of lines.entries()) {
      const said = new SpeechSynthesisUtterance(line);
      said.lang = language;
      said.voice = voice();
      said.rate = 0.9;
      said.onend = () => mine === turn && place === lines.length - 1 && show(false);
      said.onerror = () => mine === turn && end();
      speech.speak(said);
    }
    show(true);
  });
  stop.addEventListener("click", end);
  addEventListener("pagehide", end);
  speech.addEventListener?.("voiceschanged", offer);
  offer();
}
