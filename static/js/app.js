/* What every page does: keys, menus, dialogs, the theme, messages, and focus that outlives a swap.
   An element with data-key is pressed by that key; keys are off while somebody types. */
"use strict";

const typing = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) ||
    (element.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(element.type)));

const visible = (element) => element.getClientRects().length > 0;

const openDialog = () => [...document.querySelectorAll("dialog[open]")].pop();

/* What the person presses becomes the stroke by which pages and scripts know the key; the table comes with the page. */
const keymap = JSON.parse(document.getElementById("keymap")?.textContent || '{"is_on": true, "keys": []}');
const isSingle = (stroke) => stroke.split(" ").pop().length === 1;
function meant(stroke) {
  if (!keymap.is_on && isSingle(stroke)) return null;
  const key = keymap.keys.find((each) => each.now === stroke);
  if (key) return key.by;
  return keymap.keys.some((each) => each.by === stroke) ? null : stroke;
}

/* Key caps show what the person presses, and none where single keys are off. */
const isPlain = keymap.is_on && keymap.keys.every((each) => each.by === each.now);
function relabel(root) {
  if (isPlain) return;
  for (const cap of root.querySelectorAll("kbd:not([data-fixed])")) {
    const stroke = cap.textContent.trim();
    if (cap.closest("label") && /^[1-9]$/.test(stroke)) continue;
    const key = keymap.keys.find((each) => each.by === stroke);
    cap.dataset.fixed = "";
    if (!keymap.is_on && isSingle(stroke) && /^[!-~]$/.test(stroke)) cap.hidden = true;
    else if (key) cap.textContent = key.now;
  }
}
document.addEventListener("DOMContentLoaded", () => relabel(document));
document.addEventListener("htmx:afterSettle", () => relabel(document));

function pressable(key) {
  const root = openDialog() || document;
  return [...root.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
}

function press(key) {
  const element = pressable(key);
  if (!element) return false;
  if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); } else { element.click(); }
  return true;
}

/* Pages add keys that need more than a press: keys.j = () => …; a handler that returns false passes the key on. */
const keys = {};
let prefix = "";

function show(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.returnFocusTo = document.activeElement;
  dialog.showModal();
}

function pickDigit(root, digit) {
  const choice = root.querySelectorAll("[data-choices] input[type=radio]")[digit - 1];
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  const form = choice.form;
  if (form && form.hasAttribute("data-digit-sends") && !choice.hasAttribute("data-needs-words")) form.requestSubmit();
  else if (choice.hasAttribute("data-needs-words")) form?.querySelector("[data-words]")?.focus();
  return true;
}

/* While an act is under way keys wait in line, so that a fast hand loses none of them and presses nothing twice. */
let underWay = 0;
const waiting = [];
const going = [];
const isWork = (element) => Boolean(element.closest("#work") || element.id === "panel");
/* A field that the answer under way takes with it is past: what is typed now is meant for what comes. */
const isGoing = (element) => going.some((target) => target.contains(element));
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isWork(event.detail.elt)) return;
  const { target } = event.detail;
  underWay += 1;
  going.push(target);
  /* The answer itself ends the act: what asked for it may be gone from the page by then, and no event of it heard. */
  event.detail.xhr.addEventListener("loadend", () => setTimeout(() => {
    underWay -= 1;
    going.splice(going.indexOf(target), 1);
    while (waiting.length && !underWay) pressLater(waiting.shift(), document.activeElement || document.body);
  }));
});

/* Until the next frame the field of a dialog that was just closed still has the focus: a fast hand is past it. */
const meantFor = (event) => (event.target.closest?.("dialog:not([open])") ? document.body : event.target);

const CAN_WAIT = /^(Enter|Escape|Backspace|Arrow.+)$/;

/* Once an act or a link leads to another page, no key does anything to this one; Escape, which stops the browser on
   its way, gives them back. */
let isLeaving = false;
const leave = () => { isLeaving = true; };

/* Behind a key that waits all others wait, also where a field has the focus by now: none overtakes another. */
document.addEventListener("keydown", (event) => {
  if (!event.isTrusted || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length !== 1 && !CAN_WAIT.test(event.key)) return;
  if (event.key === "Escape") isLeaving = false;
  const isTyping = typing(meantFor(event)) && !isGoing(event.target);
  if (!isLeaving && !waiting.length && (!underWay || isTyping)) return;
  if (!isLeaving) waiting.push(event.key);
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

/* A key that waited is pressed again, and does to what has the focus by now what the browser would do. */
function pressLater(key, target) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  if (!target.dispatchEvent(event)) return;
  if (key === "Enter") { if (target.matches("input")) target.form?.requestSubmit(); else if (target.matches("a, button, summary")) target.click(); }
  else if (key === "Escape") openDialog()?.close();
  else if (key === "Backspace") document.execCommand("delete");
  else if (key.length === 1 && typing(target)) document.execCommand("insertText", false, key);
}

function handleDigit(key, target) {
  const root = openDialog() || target.closest("form") || (keymap.is_on ? document.querySelector(".line.edit form, form[data-digits]") : null);
  return Boolean(root) && pickDigit(root, Number(key));
}

/* True where the key did something. */
function handleKey(key, target) {
  if (key === "Escape") {
    const menus = [...document.querySelectorAll("details[data-menu][open]")];
    menus.forEach((menu) => { menu.open = false; });
    if (keys.Escape && !openDialog() && keys.Escape() !== false) return true;
    if (typing(target)) { if (target.matches("[data-search], select[data-key]")) target.blur(); return false; }
    /* A dialog closes by itself; where nothing is open, a page that stands behind another leads back to it. */
    const back = document.querySelector("[data-back]");
    if (menus.length || openDialog() || !back) return false;
    back.click();
    return true;
  }
  if (typing(target)) return false;
  if (/^[1-9]$/.test(key)) return handleDigit(key, target);
  if (key === "Enter") return !target.closest("a, button, summary, label, form") && press("Enter");
  if (key.length !== 1 && !key.startsWith("Arrow")) return false;
  const pressed = prefix ? `${prefix} ${key}` : key;
  prefix = !prefix && key === "g" && keymap.is_on && !openDialog() ? "g" : "";
  if (prefix) { setTimeout(() => { prefix = ""; }, 2000); return false; }
  return act(meant(pressed));
}

/* Does what a key of the table is for. */
function act(stroke) {
  if (!stroke) return false;
  if (openDialog()) return press(stroke);
  if (keys[stroke] && keys[stroke]() !== false) return true;
  if (stroke === "?") { show("keys"); return true; }
  if (stroke === "F1") { show("help"); return true; }
  if (stroke === "/") {
    const search = [...document.querySelectorAll("[data-search]")].pop();
    if (search) { search.focus(); search.select(); }
    return Boolean(search);
  }
  return press(stroke);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "F1" && document.getElementById("help")) { event.preventDefault(); if (!openDialog()) show("help"); return; }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = meantFor(event);
  if (handleKey(event.key, target)) event.preventDefault();
  /* The key that leads into the search is no word to search for. */
  else if (event.key === "/" && target.matches?.("[data-search]") && !target.value) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest("[data-open]");
  /* A page without that dialog has a link instead. */
  if (opener && document.getElementById(opener.dataset.open)) {
    event.preventDefault();
    opener.closest("details[data-menu]")?.removeAttribute("open");
    show(opener.dataset.open);
    return;
  }
  if (target.closest("[data-dismiss]")) target.closest(".message").remove();
  if (target.closest("[data-close]")) target.closest("dialog").close();
  if (target.closest("[aria-disabled=true]")) event.preventDefault();
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
});

document.addEventListener("close", (event) => {
  const back = event.target.returnFocusTo;
  if (back && back.isConnected) back.focus();
}, true);

/* The theme is a cookie that the server puts into the page; changing it needs no reload. */
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.submitter));
});

/* One act at a time: a second press while the first is under way is not sent. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[data-theme-form]") || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  if (isWork(form) && !event.defaultPrevented) leave();
});
addEventListener("pageshow", () => { isLeaving = false; document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }); });

/* An answer that could not be had is said in place; what was typed stays where it is. */
function say(text) {
  const box = document.getElementById("messages");
  if (!box) return;
  const line = document.createElement("p");
  line.className = "message error";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button"; close.className = "btn text close"; close.dataset.dismiss = ""; close.textContent = "Dismiss";
  line.append(words, close);
  box.replaceChildren(line);
}
/* Signed out in the meantime: the sign-in page must not take the place of the work. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!new URL(event.detail.xhr.responseURL || location.href, location.href).pathname.startsWith("/login/")) return;
  event.detail.shouldSwap = false;
  if (!isAct(event)) { say("You are signed out. Load the page again to sign in."); return; }
  say("You are signed out. Nothing was saved by this act; what you typed is still here. Sign in in another tab, then do it again here.");
});
/* What the page asks by itself is no act of anybody's. */
const isAct = (event) => !event.detail.elt?.hasAttribute?.("data-poll");
document.addEventListener("htmx:sendError", (event) => isAct(event) && say("The server did not answer. Nothing was saved by this act; what you typed is still here. Try again."));
async function refused() {
  const isRenewed = await window.infusion.renew?.().catch(() => false);
  if (isRenewed) say("You signed in again in between, so nothing was saved by this act; what you typed is still here. Do it again.");
  else say("You are signed out, or your role does not include this act. Nothing was saved; what you typed is still here. Sign in in another tab, then try again.");
}
document.addEventListener("htmx:responseError", (event) => {
  if (!isAct(event)) return;
  if (event.detail.xhr.status === 403) refused();
  else say(`The server met an error (${event.detail.xhr.status}). Nothing was saved by this act; what you typed is still here. Reference ${event.detail.xhr.getResponseHeader("X-Request-ID") || "unknown"}.`);
});

window.infusion = { keys, keymap, act, leave, press, show, say, typing, visible, openDialog };

/* Where a swap takes away what had the focus, it goes to the same thing in the new content, else to the content. */
let focused = null;
document.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement;
  focused = at && at !== document.body ? { at, id: at.id, name: at.name, form: at.form?.id, key: at.dataset.key } : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const was = focused;
  focused = null;
  if (!was || was.at.isConnected) return;
  /* A page that knows better where its focus belongs has its turn first. */
  setTimeout(() => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const form = was.form && document.getElementById(was.form);
    const same = (was.id && document.getElementById(was.id)) || (was.name && form?.elements[was.name]) ||
      (was.key && document.querySelector(`[data-key="${CSS.escape(was.key)}"]`));
    const inside = event.target.isConnected && event.target.querySelector?.("a[href], button:not([disabled]), input:not([type=hidden]), [tabindex]");
    (same || inside || document.getElementById("main"))?.focus();
  });
});

/* Whoever drives the page by machine waits for this: every script has run, and a first frame has been drawn. */
document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => { document.body.dataset.ready = ""; }));
