// A question that depends on an earlier answer shows only once that was given; without this all show with their condition in words.
"use strict";

(() => {
  const questions = [...document.querySelectorAll("[data-question]")];
  if (!questions.length) return;

  const given = (question) =>
    question && !question.hidden ? [...question.querySelectorAll("input:checked")].map((input) => input.value) : [];

  function follow() {
    for (const question of questions) {
      const { when, options } = question.dataset;
      if (!when) continue;
      const leading = questions.find((each) => each.dataset.question === when);
      const asked = given(leading).some((value) => options.split(" ").includes(value));
      question.hidden = !asked;
      // What is not asked is not sent, but comes back as it was when it is asked again.
      for (const field of question.querySelectorAll("input, select, textarea")) field.disabled = !asked;
    }
  }

  for (const line of document.querySelectorAll("[data-condition]")) line.hidden = true;
  document.addEventListener("change", follow);
  document.addEventListener("survey:filled", follow);
  follow();
})();
