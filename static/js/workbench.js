/* The workbench: a current line that follows the keys, its minutes lit on the timeline, forms that open in the row. */
"use strict";
(() => {
  const { keys } = window.infusion;
  const lines = () => [...document.querySelectorAll("#lines .line")];
  const current = () => document.querySelector("#lines .line[aria-current]");
  const byKey = (key) => lines().find((line) => line.dataset.line === key);
  const groups = () => [...document.querySelectorAll("#timeline .g")];
  const wordsOf = (value) => (value || "").split(" ").filter(Boolean);

  /* ---- the current line ------------------------------------------------------------------------- */
  function setCurrent(line, { focus = true, scroll = true } = {}) {
    if (!line) return;
    for (const each of lines()) {
      if (each === line) each.setAttribute("aria-current", "true"); else each.removeAttribute("aria-current");
      each.tabIndex = each === line ? 0 : -1;
    }
    const of = line.dataset.line;
    for (const group of groups()) group.classList.toggle("now", wordsOf(group.dataset.line).includes(of));
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
  keys.Escape = () => {
    const back = document.querySelector(".line.edit [data-act=back]");
    if (!back) return false;
    back.click();
    return true;
  };

  function toggleWhy(line) {
    const steps = line?.querySelector(".steps");
    if (!steps) return;
    steps.hidden = !steps.hidden;
    if (!steps.hidden) line.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const why = event.target.closest("[data-act=why]");
    if (why) { event.preventDefault(); setCurrent(why.closest(".line"), { focus: false }); toggleWhy(why.closest(".line")); return; }
    const footer = event.target.closest("[data-press]");
    if (footer) { keys[footer.dataset.press]?.(event); return; }
    const line = event.target.closest("#lines .line");
    if (line) setCurrent(line, { focus: !event.target.closest("a, button, input, select, textarea, label") });
    const group = event.target.closest("#timeline .g");
    if (group) setCurrent(byKey(wordsOf(group.dataset.line)[0]));
  });
  document.addEventListener("focusin", (event) => {
    const line = event.target.closest("#lines .line");
    if (line && line !== current()) setCurrent(line, { focus: false });
  });

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
    if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); setCurrent(byKey(wordsOf(group.dataset.line)[0])); return; }
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

  /* ---- focus, scroll and the current line outlive a swap ---------------------------------------------- */
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const inWork = event.detail.target?.closest?.("#work");
    if (!inWork) return;
    const all = lines();
    const at = all.indexOf(current());
    const path = event.detail.requestConfig?.path || "";
    kept = {
      key: current()?.dataset.line,
      next: /\/lines\/[^/]+\/accept\/$/.test(path) && event.detail.xhr.status === 200 ? all[at + 1]?.dataset.line : null,
      tops: [...document.querySelectorAll(".panes > section")].map((pane) => pane.scrollTop),
      why: all.filter((line) => line.querySelector(".steps:not([hidden])")).map((line) => line.dataset.line),
    };
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!kept || !(event.target.closest?.("#work") || event.target.id === "work" || event.detail.target?.id === "work")) return;
    const state = kept;
    kept = null;
    document.querySelectorAll(".panes > section").forEach((pane, number) => { pane.scrollTop = state.tops[number] || 0; });
    for (const key of state.why) {
      const steps = byKey(key)?.querySelector(".steps");
      if (steps) steps.hidden = false;
    }
    const editing = document.querySelector(".line.edit");
    if (editing) {
      setCurrent(editing, { focus: false });
      const field = editing.querySelector("[data-first]");
      field?.focus();
      field?.select?.();
      editing.scrollIntoView({ block: "nearest" });
      return;
    }
    setCurrent(byKey(state.next) || byKey(state.key) || lines()[0]);
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
    if (to.origin === location.origin && to.pathname !== location.pathname) release();
  });

  const wanted = location.hash.startsWith("#line-") ? byKey(decodeURIComponent(location.hash.slice(6))) : null;
  const editing = document.querySelector(".line.edit");
  if (editing) {
    setCurrent(editing, { focus: false });
    const field = editing.querySelector("[data-first]");
    field?.focus(); field?.select?.();
  } else {
    /* Where the page is one document, it begins with whose encounter it is, not with its first open line. */
    const isFrame = matchMedia("(min-width: 68rem) and (min-height: 42rem)").matches;
    setCurrent(wanted || document.querySelector("#lines .line:not(.decided)") || lines()[0], { scroll: Boolean(wanted) || isFrame });
  }
})();
