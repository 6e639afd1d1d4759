/* The guided first encounter: each step waits for its key, does what the key does at work, and goes on. */
"use strict";
(() => {
  const { keys, show, openDialog } = window.infusion;
  const PLACE = "guide-step";
  const steps = [...document.querySelectorAll(".steps li")];
  const lines = [...document.querySelectorAll("#sample li")];
  const form = document.querySelector("#sample form");
  const units = form.elements.units;
  const reasons = form.querySelector("[data-reasons]");
  const unbilled = document.getElementById("unbilled");
  let step = 0;
  let line = 0;

  function at(index) {
    line = Math.min(Math.max(index, 0), lines.length - 1);
    [...lines, unbilled].forEach((each) => each.removeAttribute("aria-current"));
    lines[line].setAttribute("aria-current", "true");
    lines[line].focus();
  }
  /* What each step leaves behind, so that somebody who comes back finds the encounter as they left it. */
  const EFFECTS = [
    () => at(1),
    () => { lines[1].querySelector(".why").hidden = false; },
    () => at(0),
    () => { lines[0].classList.add("decided"); at(1); },
    () => { form.hidden = false; reasons.hidden = true; units.focus(); units.select(); },
    () => { reasons.hidden = false; units.value = "2"; lines[1].focus(); },
    () => { form.hidden = true; lines[1].classList.add("decided"); lines[1].querySelector("[data-units]").textContent = "×2, suggested ×1"; at(1); },
    () => { lines.forEach((each) => each.removeAttribute("aria-current")); unbilled.setAttribute("aria-current", "true"); unbilled.querySelector("[data-seen]").textContent = "· seen"; unbilled.focus(); },
    () => {}, () => {}, () => {}, () => {},
    () => { document.getElementById("done").hidden = false; document.querySelector("#done a").focus(); },
  ];
  function mark() {
    steps.forEach((each, index) => {
      each.classList.toggle("past", index < step);
      if (index === step) each.setAttribute("aria-current", "step"); else each.removeAttribute("aria-current");
    });
    const now = steps[step];
    document.getElementById("now").textContent = now ? `${step + 1} of ${steps.length}. ${now.dataset.words}` : "Done. You know the keys that most encounters need.";
  }
  function go() {
    EFFECTS[step]();
    step += 1;
    localStorage.setItem(PLACE, String(step));
    mark();
  }
  const wants = (stroke) => steps[step]?.dataset.want === stroke;
  for (const stroke of ["j", "w", "k", "a", "e", "v"]) {
    keys[stroke] = () => { if (wants(stroke)) go(); return true; };
  }
  keys.h = () => { if (wants("h")) { show("pend"); go(); } return true; };

  /* Enter keeps the units and accepts; a digit chooses the reason; the sheet and the dialogs are the page's own. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && wants("Enter") && !openDialog() && !event.target.closest("a, button, summary, header")) {
      event.preventDefault();
      event.stopPropagation();
      if (event.target === units && units.value.trim() !== "2") { document.getElementById("now").textContent = "Type a 2 over the 1 first, then Enter."; units.select(); return; }
      go();
    } else if (wants(event.key) && /^\d$/.test(event.key) && event.target !== units) {
      event.preventDefault();
      event.stopPropagation();
      go();
    }
  }, true);
  document.addEventListener("close", () => { if (wants("Escape")) go(); }, true);
  new MutationObserver(() => { if (document.getElementById("keys").open && wants("?")) go(); })
    .observe(document.getElementById("keys"), { attributes: true, attributeFilter: ["open"] });

  document.querySelector("[data-again]").addEventListener("click", () => { localStorage.removeItem(PLACE); location.reload(); });
  const kept = Math.min(Number(localStorage.getItem(PLACE)) || 0, steps.length);
  at(0);
  while (step < kept) { EFFECTS[step](); step += 1; }
  mark();
})();
