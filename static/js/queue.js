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
      cell.querySelector("span").textContent = name;
      row.classList.toggle("held", Boolean(claim) && claim.mine !== "yes");
    }
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "claims") applyClaims();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.closest?.("#rows") || event.target.id === "rows") if (!current()) setCurrent(rows()[0], { focus: false });
  });
  if (!current()) setCurrent(rows()[0], { focus: false });
})();
