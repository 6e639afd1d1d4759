/* The workbench: a current line that follows the keys, its minutes lit on the timeline, forms that open in the row. */
"use strict";
(() => {
  const { keys, leave } = window.infusion;
  /* Lines, and behind them what is not billed: all that the keys walk through. */
  const STOP = "#lines .line, #not-billed > .stop";
  const FOLDED = "body:not([data-unfolded]) .lines.folded > .same";
  const stops = () => [...document.querySelectorAll(STOP)];
  const lines = () => stops().filter((line) => !line.matches(FOLDED));
  const current = () => lines().find((line) => line.hasAttribute("aria-current"));
  const byKey = (key) => (key ? lines().find((line) => line.dataset.line === key) : undefined);
  const byId = (id) => (id ? lines().find((line) => line.id === id) : undefined);
  const groups = () => [...document.querySelectorAll("#timeline .g")];
  const wordsOf = (value) => (value || "").split(" ").filter(Boolean);

  /* ---- the current line ------------------------------------------------------------------------- */
  function setCurrent(line, { focus = true, scroll = true } = {}) {
    if (!line) return;
    for (const each of stops()) {
      if (each === line) each.setAttribute("aria-current", "true"); else each.removeAttribute("aria-current");
      each.tabIndex = each === line ? 0 : -1;
    }
    const of = line.dataset.line;
    const given = of ? "" : line.dataset.for;
    for (const group of groups()) {
      group.classList.toggle("now", of ? wordsOf(group.dataset.line).includes(of) : wordsOf(group.dataset.adm).includes(given));
    }
    if (line.matches(".need:not(.seen)") && (focus || line.contains(document.activeElement))) markSeen(line);
    if (focus) line.focus({ preventScroll: true });
    if (focus && scroll) line.scrollIntoView({ block: "nearest" });
  }
  function move(by) {
    if (document.querySelector(".line.edit")) return;
    const all = lines();
    const at = all.indexOf(current());
    setCurrent(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }
  keys.j = keys.ArrowDown = () => move(1);
  keys.k = keys.ArrowUp = () => move(-1);

  const act = (name) => {
    const button = current()?.querySelector(`[data-act="${name}"]`);
    if (!button) return false;
    button.click();
    return true;
  };
  keys.a = () => act("accept");
  keys.e = () => act("edit");
  keys.x = () => act("reject");
  keys.w = () => { toggleWhy(current()); };
  keys.t = () => openWhatIf();
  keys.c = () => openAsk();
  keys.i = () => openNote();
  keys.v = () => nextUnseen();
  keys.Escape = () => {
    if (dropPanel()) return true;
    if (document.activeElement?.id === "note-text") { setCurrent(current() || lines()[0]); return true; }
    const back = document.querySelector(".line.edit [data-act=back]");
    if (!back) return false;
    back.click();
    return true;
  };

  /* The why of a line is fetched when it is asked for, and kept. */
  function toggleWhy(line, { isShown = null } = {}) {
    const steps = line?.querySelector(".steps-of");
    const link = line?.querySelector("[data-why]");
    if (!steps) return;
    steps.hidden = isShown === null ? !steps.hidden : !isShown;
    const show = () => { if (!steps.hidden) line.scrollIntoView({ block: "nearest" }); };
    if (steps.hidden || steps.childElementCount || !link) { show(); return; }
    window.htmx.ajax("GET", link.dataset.why, { source: steps, target: steps, swap: "innerHTML" }).then(show);
  }

  /* ---- what earns no line is seen once the focus has been on it --------------------------------------- */
  function markSeen(row) {
    const form = row.querySelector("form.see");
    if (!form || row.dataset.asked) return;
    row.dataset.asked = "1";
    window.htmx.trigger(form, "seen");
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const row = event.target.closest?.(".stop.need");
    if (!row || !event.target.matches("form.see")) return;
    delete row.dataset.asked;
    if (!event.detail.successful) return;
    row.classList.add("seen");
    row.querySelector(".st use")?.setAttribute("href", "#d-ok");
    row.querySelector(".st svg")?.setAttribute("aria-label", "seen");
    event.target.remove();
    const left = document.querySelectorAll("#not-billed > .need:not(.seen)").length;
    const words = document.querySelector("[data-unseen]");
    if (words) words.textContent = left ? `, ${left} still to be seen` : ", all seen";
  });
  function nextUnseen() {
    const row = document.querySelector("#not-billed > .need:not(.seen)");
    if (!row) return false;
    setCurrent(row);
    return true;
  }

  /* ---- what if, and the question to the clinic: a panel over the lines --------------------------------- */
  const panel = document.getElementById("panel");
  let before = null;
  function givenAtHand() {
    const group = document.activeElement?.closest?.("#timeline .g");
    return group ? wordsOf(group.dataset.adm)[0] : current()?.dataset.for;
  }
  function openPanel(address) {
    if (document.querySelector(".line.edit")) return false;
    dropPanel({ focus: false });
    const from = current()?.id;
    window.htmx.ajax("GET", address, { source: panel, target: panel, swap: "innerHTML" }).then(() => { if (before) before.from = from; });
    return true;
  }
  function openWhatIf() {
    const given = givenAtHand();
    return Boolean(given) && openPanel(`${panel.dataset.whatIf}?administration=${encodeURIComponent(given)}`);
  }
  function openAsk() {
    const given = givenAtHand();
    const buttons = [...document.querySelectorAll(".find-list [data-ask]")];
    const about = buttons.find((button) => wordsOf(button.closest("li").dataset.adm).includes(given));
    const ask = about || buttons[0];
    if (ask) return openPanel(ask.getAttribute("hx-get"));
    return Boolean(given) && openPanel(`${panel.dataset.ask}?administration=${encodeURIComponent(given)}`);
  }
  /* The lines and the timeline as they were before anything was tried. */
  function remember() {
    const time = document.getElementById("time");
    const list = document.getElementById("lines");
    before = { time: time.outerHTML, lines: list.outerHTML, from: current()?.id };
  }
  function dropPanel({ focus = true } = {}) {
    if (!panel || !panel.childElementCount) return false;
    const kept = before;
    before = null;
    panel.replaceChildren();
    if (kept && document.querySelector("#time.trial")) {
      document.getElementById("time").outerHTML = kept.time;
      document.getElementById("lines").outerHTML = kept.lines;
      window.htmx.process(document.getElementById("lines"));
    }
    if (focus) setCurrent(byId(kept?.from) || lines()[0]);
    return true;
  }
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target === panel && !panel.childElementCount) remember(); });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== panel && event.target !== panel) return;
    const first = panel.querySelector("[aria-invalid=true]") || panel.querySelector("[data-first]");
    first?.focus();
    first?.select?.();
  });
  /* The question was put: its panel has done its work. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "ask" && event.detail.successful) { before = null; panel.replaceChildren(); }
  });

  /* On the line or administration that the keys stand on, or on a finding whose button was pressed. */
  function openNote(finding = null) {
    const form = document.getElementById("note-form");
    const on = finding || current();
    if (!form) return false;
    const kind = !on ? "encounter" : finding ? "finding" : on.dataset.line ? "line" : "administration";
    form.elements.anchor_kind.value = kind;
    form.elements.anchor.value = on ? on.dataset.note || on.dataset.line || on.dataset.for : "";
    form.elements.anchor_words.value = on ? on.dataset.words || "" : "";
    form.querySelector("[data-on]").textContent = on ? `On ${on.dataset.words}` : "On the encounter";
    form.elements.text.focus();
    form.scrollIntoView({ block: "nearest" });
    return true;
  }

  /* After a pend, what is as it was is folded away until somebody asks for it, and then stays open. */
  function unfold() {
    document.body.toggleAttribute("data-unfolded");
    setCurrent(lines()[0]);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-unfold]")) { unfold(); return; }
    const note = event.target.closest("[data-note]");
    if (note) { openNote(note); return; }
    const why = event.target.closest("[data-act=why]");
    if (why) { event.preventDefault(); setCurrent(why.closest(".line"), { focus: false }); toggleWhy(why.closest(".line")); return; }
    if (event.target.closest("[data-drop]")) { event.preventDefault(); dropPanel(); return; }
    const take = event.target.closest("[data-take-in]");
    const typed = take && document.querySelector(".line.edit form");
    /* Something is being typed: it is sent, refused since the encounter has moved on, and comes back with what was typed. */
    if (typed) { event.preventDefault(); typed.requestSubmit(); return; }
    /* What stands half-written in another form comes along. */
    if (take) window.infusion.keepTyped?.();
    const footer = event.target.closest("[data-press]");
    if (footer) { keys[footer.dataset.press]?.(event); return; }
    const line = event.target.closest(STOP);
    if (line) setCurrent(line, { focus: !event.target.closest("a, button, input, select, textarea, label") });
    const group = event.target.closest("#timeline .g");
    if (group) setCurrent(ofGroup(group));
  });
  document.addEventListener("focusin", (event) => {
    const line = event.target.closest(STOP);
    if (line && line !== current()) setCurrent(line, { focus: false });
  });

  /* The line that took a bar's minutes, else the row that says why none did. */
  function ofGroup(group) {
    const given = wordsOf(group.dataset.adm);
    return byKey(wordsOf(group.dataset.line)[0]) || lines().find((line) => !line.dataset.line && given.includes(line.dataset.for));
  }

  /* ---- lines and minutes light each other --------------------------------------------------------- */
  function light(keysLit, administrations) {
    const timeline = document.getElementById("timeline");
    const has = keysLit.length + administrations.length > 0;
    timeline?.classList.toggle("dim", has);
    for (const group of groups()) {
      group.classList.toggle("lit", wordsOf(group.dataset.line).some((key) => keysLit.includes(key)) ||
        wordsOf(group.dataset.adm).some((id) => administrations.includes(id)));
    }
  }
  function lightRows(lineKeys, administrations) {
    for (const line of lines()) line.classList.toggle("lit", lineKeys.includes(line.dataset.line));
    for (const row of document.querySelectorAll(".not li")) row.classList.toggle("lit", administrations.includes(row.dataset.adm));
  }
  document.addEventListener("mouseover", (event) => {
    const line = event.target.closest?.("#lines .line");
    const row = event.target.closest?.("[data-adm]:not(.g)");
    const group = event.target.closest?.("#timeline .g");
    if (line) light([line.dataset.line], []);
    else if (row) light([], wordsOf(row.dataset.adm));
    else light([], []);
    if (group) lightRows(wordsOf(group.dataset.line), wordsOf(group.dataset.adm));
    else if (!line) lightRows([], []);
  });
  document.addEventListener("focusin", (event) => {
    const group = event.target.closest?.("#timeline .g");
    if (group) lightRows(wordsOf(group.dataset.line), wordsOf(group.dataset.adm));
  });
  document.addEventListener("focusout", (event) => { if (event.target.closest?.("#timeline .g")) lightRows([], []); });
  document.addEventListener("keydown", (event) => {
    const group = event.target.closest?.("#timeline .g");
    if (!group) return;
    if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); setCurrent(ofGroup(group)); return; }
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = groups();
    const next = all[Math.min(Math.max(all.indexOf(group) + by, 0), all.length - 1)];
    for (const each of all) each.setAttribute("tabindex", each === next ? "0" : "-1");
    next.focus();
  }, true);

  /* ---- the form in the row ------------------------------------------------------------------------ */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.(".line.edit form input.field")) return;
    const form = event.target.form;
    const first = form.querySelector("[data-choices] input[type=radio]");
    if (!first || form.querySelector("[data-choices] input:checked")) return;
    event.preventDefault();
    first.focus();
  }, true);

  /* ---- focus, scroll, the current line and a note half-written outlive a swap -------------------------- */
  function halfWritten() {
    const form = document.getElementById("note-form");
    if (!form?.elements.text.value) return null;
    const { anchor_kind: kind, anchor, anchor_words: words, text } = form.elements;
    return { fields: [kind, anchor, words, text].map((field) => [field.name, field.value]), on: form.querySelector("[data-on]").textContent };
  }
  function writeOn(note) {
    const form = document.getElementById("note-form");
    if (!note || !form) return;
    for (const [name, value] of note.fields) form.elements[name].value = value;
    form.querySelector("[data-on]").textContent = note.on;
  }
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target?.closest?.("#work") || !(target.id === "work" || target.matches(".line"))) return;
    const all = lines();
    const at = all.indexOf(current());
    const path = event.detail.requestConfig?.path || "";
    kept = {
      id: current()?.id,
      next: /\/lines\/[^/]+\/accept\/$/.test(path) && event.detail.xhr.status === 200 ? all[at + 1]?.id : null,
      tops: [...document.querySelectorAll(".panes > section")].map((pane) => pane.scrollTop),
      why: all.filter((line) => line.querySelector(".steps-of:not([hidden])")).map((line) => line.id),
      note: path.endsWith("/notes/") && event.detail.xhr.status === 200 ? null : halfWritten(),
    };
    /* What asked stays until its answer is in the page: parts of an answer to what is gone find no place. */
    const isDone = target.id === "work" && event.detail.xhr.status === 200;
    if (isDone && !panel?.contains(event.detail.requestConfig?.elt)) { before = null; panel?.replaceChildren(); }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!kept || !(event.target.closest?.("#work") || event.target.id === "work" || event.detail.target?.id === "work")) return;
    const state = kept;
    kept = null;
    writeOn(state.note);
    document.querySelectorAll(".panes > section").forEach((pane, number) => { pane.scrollTop = state.tops[number] || 0; });
    for (const id of state.why) toggleWhy(byId(id), { isShown: true });
    const editing = document.querySelector(".line.edit");
    if (editing) {
      setCurrent(editing, { focus: false });
      const field = editing.querySelector("[data-first]");
      field?.focus();
      field?.select?.();
      editing.scrollIntoView({ block: "nearest" });
      return;
    }
    setCurrent(byId(state.next) || byId(state.id) || lines()[0]);
  });

  /* ---- codes are found while their number or a word of their label is typed ------------------------------- */
  const options = (field) => [...field.closest("form").querySelectorAll("#codes [role=option]")];
  function choose(field, option) {
    field.value = option.dataset.code;
    field.closest("form").querySelector("#codes").replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    field.focus();
  }
  function highlight(field, by) {
    const all = options(field);
    if (!all.length) return false;
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = all[(at + by + all.length) % all.length];
    for (const option of all) option.setAttribute("aria-selected", String(option === next));
    field.setAttribute("aria-activedescendant", next.id);
    return true;
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "codes") return;
    const field = event.target.closest("form").querySelector("[data-codes]");
    field.setAttribute("aria-expanded", String(options(field).length > 0));
    /* The list of codes pushes the buttons down. */
    field.closest(".line.edit")?.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("[data-codes]");
    if (!field) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && highlight(field, by)) { event.preventDefault(); event.stopPropagation(); return; }
    const chosen = options(field).find((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Enter" && chosen) { event.preventDefault(); event.stopPropagation(); choose(field, chosen); return; }
    if (event.key === "Escape" && options(field).length) { event.preventDefault(); event.stopPropagation(); field.closest("form").querySelector("#codes").replaceChildren(); field.setAttribute("aria-expanded", "false"); }
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("#codes [role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest("form").querySelector("[data-codes]"), option);
  });

  /* ---- leaving gives the encounter back ------------------------------------------------------------- */
  function release() {
    const form = document.getElementById("release");
    if (form) navigator.sendBeacon(form.action, new FormData(form));
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || link.target || link.hasAttribute("hx-get")) return;
    const to = new URL(link.href, location.href);
    if (to.origin !== location.origin || to.pathname === location.pathname || link.hasAttribute("download")) return;
    release();
    leave();
  });

  const explained = document.querySelector("#lines .steps-of:not([hidden])")?.closest(".line");
  const wanted = location.hash.startsWith("#line-") ? byKey(decodeURIComponent(location.hash.slice(6))) : explained;
  const editing = document.querySelector(".line.edit");
  if (editing) {
    setCurrent(editing, { focus: false });
    const field = editing.querySelector("[data-first]");
    field?.focus(); field?.select?.();
  } else {
    /* Where the page is one document, it begins with whose encounter it is, not with its first open line. */
    const isFrame = matchMedia("(min-width: 68rem) and (min-height: 42rem)").matches;
    setCurrent(wanted || lines().find((line) => line.matches(".line:not(.decided)")) || lines()[0], { scroll: Boolean(wanted) || isFrame });
  }
})();
