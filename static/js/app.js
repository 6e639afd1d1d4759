/* What every page does: keys, menus, dialogs, the theme, messages, and focus that outlives a swap.
   An element with data-key is pressed by that key; keys are off while somebody types. */
"use strict";

const typing = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) ||
    (element.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(element.type)));

const visible = (element) => element.getClientRects().length > 0;

const openDialog = () => [...document.querySelectorAll("dialog[open]")].pop();

function pressable(key) {
  const root = openDialog() || document;
  return [...root.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
}

function press(key) {
  const element = pressable(key);
  if (!element) return false;
  if (element.matches("input, textarea")) { element.focus(); element.select(); } else { element.click(); }
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

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target;
  if (event.key === "Escape") {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { menu.open = false; });
    if (keys.Escape && !openDialog() && keys.Escape(event) !== false) event.preventDefault();
    else if (typing(target) && target.hasAttribute("data-search")) target.blur();
    return;
  }
  if (typing(target)) return;
  if (/^[1-9]$/.test(event.key)) {
    const root = openDialog() || target.closest("form") || document.querySelector(".line.edit form");
    if (root && pickDigit(root, Number(event.key))) event.preventDefault();
    return;
  }
  if (event.key === "Enter") {
    if (target.closest("a, button, summary, label, form")) return;
    if (press("Enter")) event.preventDefault();
    return;
  }
  if (event.key.length !== 1 && !event.key.startsWith("Arrow")) return;
  const stroke = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = !prefix && event.key === "g" && !openDialog() ? "g" : "";
  if (prefix) { setTimeout(() => { prefix = ""; }, 900); return; }
  if (!openDialog() && keys[stroke] && keys[stroke](event) !== false) { event.preventDefault(); return; }
  if (stroke === "?" && !openDialog()) { show("keys"); event.preventDefault(); return; }
  if (stroke === "/" && !openDialog()) {
    const search = document.querySelector("[data-search]");
    if (search) { search.focus(); search.select(); event.preventDefault(); }
    return;
  }
  if (press(stroke)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest("[data-open]");
  if (opener) {
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
});
addEventListener("pageshow", () => { document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }); });

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
document.addEventListener("htmx:sendError", () => say("The server did not answer. Nothing was saved by this act; what you typed is still here. Try again."));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 403) say("You are signed out, or your role does not include this act. Nothing was saved; what you typed is still here. Sign in in another tab, then try again.");
  else say(`The server met an error (${event.detail.xhr.status}). Nothing was saved by this act; what you typed is still here. Reference ${event.detail.xhr.getResponseHeader("X-Request-ID") || "unknown"}.`);
});

window.infusion = { keys, press, show, say, typing, visible, openDialog };
