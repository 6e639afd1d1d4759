/* The queue: a current row that follows the keys, and claims of others that appear within seconds. */
"use strict";
(() => {
  const { keys, press } = window.infusion;
  const rows = () => [...document.querySelectorAll("tbody.e")];
  let hasMoved = false;

  function setCurrent(row, { focus = true } = {}) {
    if (!row) return;
    for (const each of rows()) {
      const is = each === row;
      each.toggleAttribute("aria-current", is);
      if (is) each.setAttribute("aria-current", "true");
      each.tabIndex = is ? 0 : -1;
    }
    if (focus) { row.focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  }
  const current = () => document.querySelector("tbody.e[aria-current]");

  function move(by) {
    const all = rows();
    const at = all.indexOf(current());
    hasMoved = true;
    setCurrent(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }
  keys.j = keys.ArrowDown = () => move(1);
  keys.k = keys.ArrowUp = () => move(-1);

  /* Somebody who searched or filtered means the rows that are shown. */
  const isWhole = () => {
    const asked = new URLSearchParams(window.location.search);
    return !asked.get("q") && ["", "open"].includes(asked.get("tab") || "");
  };

  /* Where nobody has moved, the best one is handed out, so that two coders never get the same. */
  const open = () => {
    if (!hasMoved && isWhole() && press("next")) return;
    current()?.querySelector("a")?.click();
  };
  keys.o = open;
  /* What was accepted or pended last is named in the message above; it is taken back in its own page. */
  keys.u = () => {
    const again = document.querySelector("#messages [data-again]");
    again?.click();
    return Boolean(again);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (window.infusion.openDialog() || event.target.closest("a, button, summary, input, form")) return;
    event.preventDefault();
    open();
  }, true);
  keys.f = () => {
    const tabs = [...document.querySelectorAll(".tabs a")];
    const at = tabs.findIndex((tab) => tab.hasAttribute("aria-current"));
    tabs[(at + 1) % tabs.length]?.click();
  };

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tbody.e");
    if (!row || event.target.closest("a, button")) return;
    hasMoved = true;
    setCurrent(row);
  });
  document.addEventListener("dblclick", (event) => { event.target.closest("tbody.e")?.querySelector("a")?.click(); });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("tbody.e");
    if (row && row !== current()) { hasMoved = true; setCurrent(row, { focus: event.target === row }); }
  });

  /* The claims fragment lists who holds what; rows take it on without being replaced, so focus stays. */
  function applyClaims() {
    const held = new Map();
    for (const item of document.querySelectorAll("#claims [data-encounter]")) held.set(item.dataset.encounter, item.dataset);
    for (const row of rows()) {
      const claim = held.get(row.dataset.encounter);
      const cell = row.querySelector("[data-holder]");
      const name = claim ? claim.holder : "";
      if (cell.dataset.holder === name) continue;
      cell.dataset.holder = name;
      cell.querySelector("svg").toggleAttribute("hidden", !name);
      cell.querySelector("span").textContent = name || cell.dataset.meant;
      row.classList.toggle("held", Boolean(claim) && claim.mine !== "yes");
    }
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "claims") applyClaims();
  });

  /* Who holds what is asked for again and again; where no answer comes, the page says from when it knows. */
  const live = document.getElementById("live");
  let asked = new Date();
  const isPoll = (event) => Boolean(event.detail.elt?.hasAttribute?.("data-poll"));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event)) return;
    if (event.detail.successful) { asked = new Date(); live.textContent = ""; } else {
      live.textContent = `Not live: as of ${asked.toTimeString().slice(0, 5)}`;
    }
  });

  /* Panels: a form that the server sends for the current row or for the marked ones. */
  const panel = document.getElementById("panel");
  const marks = () => [...document.querySelectorAll("tbody.e input[name=encounter]:checked")];
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-panel]");
    if (!opener || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const address = new URL(opener.href, location.href);
    const row = current();
    if (opener.hasAttribute("data-of") && row) address.searchParams.set("of", row.dataset.encounter);
    htmx.ajax("GET", address.pathname + address.search, { target: "#panel", swap: "innerHTML" });
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "panel") return;
    const marked = marks().length;
    if (marked) {
      panel.querySelector("[data-one]")?.remove();
      const words = panel.querySelector("[data-marked]");
      if (words) words.textContent = marked === 1 ? "the marked encounter" : `the ${marked} marked encounters`;
    }
    window.infusion.show("panel");
    panel.querySelector("[autofocus]")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-mark]")) return;
    const box = current()?.querySelector("input[name=encounter]");
    if (box) { box.checked = !box.checked; move(1); }
  });

  for (const [name, busy] of [["htmx:beforeRequest", true], ["htmx:afterRequest", false]]) {
    document.addEventListener(name, (event) => { if (!isPoll(event)) document.getElementById("main").setAttribute("aria-busy", String(busy)); });
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.closest?.("#rows") || event.target.id === "rows") if (!current()) setCurrent(rows()[0], { focus: false });
  });
  if (!current()) setCurrent(rows()[0], { focus: false });
})();
