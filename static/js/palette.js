/* The palette: every act of the page with its key, every page, and what the server finds for the words. */
"use strict";
(() => {
  const { keymap, keys, act, show, visible, openDialog } = window.infusion;
  const box = document.getElementById("palette");
  if (!box) return;
  const field = document.getElementById("palette-words");
  const known = document.getElementById("palette-known");
  const found = document.getElementById("palette-found");
  const count = document.getElementById("palette-count");
  const ALWAYS = ["?", "/", "F1"];
  const HIDDEN = ["Escape", "Ctrl-K"];
  let acts = [];

  /* What the page can do at this moment: a handler of its own, or something visible that the key presses. */
  const canDo = (stroke) => ALWAYS.includes(stroke) || Boolean(keys[stroke]) ||
    [...document.querySelectorAll(`[data-key="${CSS.escape(stroke)}"]`)].some(visible);
  function collect() {
    const here = keymap.keys.filter((key) => !HIDDEN.includes(key.by) && canDo(key.by))
      .map((key) => ({ words: key.what, key: key.now, run: () => act(key.by) }));
    const links = [...document.querySelectorAll("header.nav nav a, header.nav .menu a")]
      .map((link) => ({ words: link.textContent.trim(), run: () => link.click() }));
    return [["On this page", here], ["Pages", links]];
  }

  const options = () => [...box.querySelectorAll("[role=option]")];
  const selected = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  function select(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); } else field.removeAttribute("aria-activedescendant");
  }
  function say() {
    const number = options().length;
    count.textContent = number ? `${number} found` : "Nothing fits. Try a word of the act, an account, a drug or a rule.";
  }

  function draw() {
    const wanted = field.value.trim().toLowerCase();
    acts = [];
    known.replaceChildren(...collect().flatMap(([heading, all]) => {
      const fitting = all.filter((each) => each.words.toLowerCase().includes(wanted));
      if (!fitting.length) return [];
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", heading);
      const head = document.createElement("p");
      head.className = "t1 mute";
      head.setAttribute("role", "presentation");
      head.textContent = heading;
      group.append(head, ...fitting.map((each) => {
        const option = document.createElement("div");
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.id = `known-${acts.push(each)}`;
        option.append(each.words);
        if (each.key && (keymap.is_on || each.key.length > 1)) {
          const cap = document.createElement("kbd");
          cap.dataset.fixed = "";
          cap.textContent = each.key === "Enter" ? "⏎" : each.key;
          option.append(cap);
        }
        return option;
      }));
      return [group];
    }));
    select(options()[0]);
    say();
  }

  let asked = 0;
  async function ask() {
    const mine = ++asked;
    const wanted = field.value.trim();
    if (wanted.length < 2) { found.replaceChildren(); return; }
    const answer = await fetch(found.dataset.address, { method: "POST", body: new URLSearchParams({ q: wanted }), headers: { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) } }).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok || answer.redirected) { found.replaceChildren(); count.textContent = "The server did not answer; acts and pages are here all the same."; return; }
    found.innerHTML = await answer.text();
    if (!selected()) select(options()[0]);
    say();
  }

  let patience;
  field.addEventListener("input", () => { draw(); clearTimeout(patience); patience = setTimeout(ask, 120); });
  function run(option) {
    if (!option) return;
    const chosen = option.id.startsWith("known-") ? acts[Number(option.id.slice(6)) - 1] : null;
    box.close();
    if (chosen) { setTimeout(chosen.run); return; }
    const link = document.createElement("a");
    link.href = option.dataset.href;
    document.body.append(link);
    link.click();
    link.remove();
  }
  field.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); run(selected()); }
    if (!by) return;
    event.preventDefault();
    const all = options();
    select(all[(all.indexOf(selected()) + by + all.length) % all.length]);
  });
  box.addEventListener("click", (event) => run(event.target.closest("[role=option]")));

  function open() {
    if (openDialog()) return;
    field.value = "";
    found.replaceChildren();
    show("palette");
    draw();
    field.focus();
  }
  document.addEventListener("click", (event) => { if (event.target.closest("[data-open=palette]")) { field.value = ""; found.replaceChildren(); draw(); } });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    open();
  });
})();
