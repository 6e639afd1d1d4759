/* The session of a page that lies open: a warning before it ends, and what was typed is there again afterwards; also
   after going back to a page that was left, and where an act met the sign-in page in place of an answer.
   What was typed waits in sessionStorage of this tab, for this person, until the page is open again; signing out
   clears it. Passwords and files are not kept, hidden fields only where the page's own scripts fill them. */
"use strict";

(() => {
  const body = document.body;
  const idle = Number(body.dataset.idleSeconds) * 1000;
  if (!idle) return;
  const WARN = Math.min(120000, idle / 2), PING = Math.min(60000, idle / 4), KEPT = "typed", who = body.dataset.person;
  const dialog = document.getElementById("session-ends");
  const left = dialog.querySelector("[data-left]");
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  let ends = Date.now() + idle, pinged = Date.now(), isOver = false;

  const last = (until) => { ends = until; if (dialog.open) dialog.close(); };
  if (tabs) tabs.onmessage = (event) => last(event.data);
  const seen = () => { last(Date.now() + idle); tabs?.postMessage(ends); };

  async function ask(method) {
    const headers = JSON.parse(body.getAttribute("hx-headers"));
    const answer = await fetch("/session/", { method, headers, redirect: "manual", credentials: "same-origin" });
    if (!answer.ok) return 0;
    return (await answer.json()).seconds_left * 1000;
  }
  /* Signing in elsewhere makes a new token: the forms of this page take it, where it is the same person who signed in. */
  const secret = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1];
  let known = secret();
  async function renew() {
    if (secret() === known) return false;
    const answer = await fetch("/session/", { redirect: "manual", credentials: "same-origin" });
    if (!answer.ok) return false;
    const { person, token } = await answer.json();
    if (String(person) !== who) return false;
    known = secret();
    body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    return true;
  }
  if (window.infusion) window.infusion.renew = renew;
  async function stay() {
    pinged = Date.now();
    try {
      const rest = await ask("POST");
      if (rest > 0) { last(Date.now() + rest); tabs?.postMessage(ends); } else over();
    } catch { /* The server is away: the next key asks again. */ }
  }

  for (const kind of ["keydown", "pointerdown", "input"]) {
    document.addEventListener(kind, (event) => {
      if (dialog.open || isOver || Date.now() - pinged < PING) return;
      stay();
    }, { passive: true, capture: true });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    /* What a page asks by itself keeps no session alive: the server counts likewise. */
    const path = event.detail.pathInfo?.requestPath || "";
    if (event.detail.successful && !/\/(heartbeat|claims|progress|recodings)\//.test(path) && !path.includes("waiting")) { pinged = Date.now(); seen(); }
  });
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  dialog.querySelector("[data-stay]").addEventListener("click", stay);

  setInterval(async () => {
    const rest = ends - Date.now();
    if (rest > WARN || isOver) return;
    if (rest <= 0) {
      let more = 0;
      try { more = await ask("GET"); } catch { return; }
      if (more > 0) last(Date.now() + more); else over();
      return;
    }
    const seconds = Math.ceil(rest / 1000);
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!dialog.open) { dialog.returnFocusTo = document.activeElement; dialog.showModal(); }
  }, 1000);

  /* ---- what was typed */
  const fields = (form) => [...form.elements].filter((field) => field.name && !/^(hidden|password|file|submit|button)$/.test(field.type));
  const isTouched = (field) => /^(radio|checkbox)$/.test(field.type) ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? [...field.options].some((one) => one.selected !== one.defaultSelected)
    : field.value !== field.defaultValue;
  /* Forms of one address are told apart by their id, or by what the server wrote into them. */
  const hidden = (form) => [...form.elements].filter((field) => field.type === "hidden" && !/^(csrfmiddlewaretoken|version)$/.test(field.name));
  const keyOf = (form) => form.id || hidden(form).map((field) => `${field.name}=${field.value}`).join("&");
  const addressOf = (form) => form.getAttribute("action") || "";
  function typed() {
    const found = [];
    for (const form of document.forms) {
      if (form.method !== "post" || form.closest("dialog#session-ends")) continue;
      const values = fields(form).filter(isTouched).map((field) => ({ name: field.name, type: field.type, value: field.value, on: field.checked }));
      if (!values.length) continue;
      const filled = form.hasAttribute("data-filled") ? hidden(form).map((field) => ({ name: field.name, value: field.value })) : [];
      const about = form.querySelector("[data-on]")?.textContent || "";
      found.push({ action: addressOf(form), key: keyOf(form), dialog: form.closest("dialog")?.id || "", again: form.dataset.again || "", values, filled, about });
    }
    return found;
  }
  /* `why`: the session ended, an act was sent, the page was left, or it is taken in anew. */
  function keep(why) {
    const forms = typed();
    if (forms.length) sessionStorage.setItem(KEPT, JSON.stringify({ who, path: location.pathname, why, forms }));
  }
  /* What is kept already for another reason is not kept once more as the page is left. */
  let isKept = false;
  if (window.infusion) window.infusion.keepTyped = () => { keep("anew"); isKept = true; };
  function over() {
    if (isOver) return;
    isOver = true;
    keep("ended");
    location.assign(`/login/?${new URLSearchParams({ next: location.pathname + location.search, ended: "1" })}`);
  }
  function put(form, values) {
    for (const said of values) {
      const same = fields(form).filter((field) => field.name === said.name);
      const field = /^(radio|checkbox)$/.test(said.type) ? same.find((one) => one.value === said.value) : same[0];
      if (!field) continue;
      if (/^(radio|checkbox)$/.test(field.type)) field.checked = said.on; else field.value = said.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  const shown = (form) => { for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true; };
  let waiting = [];
  function restore() {
    waiting = waiting.filter((one) => {
      const form = [...document.forms].find((each) => addressOf(each) === one.action && keyOf(each) === one.key);
      if (!form) return true;
      if (one.dialog) window.infusion?.show(one.dialog);
      shown(form);
      for (const said of one.filled) form.elements[said.name].value = said.value;
      if (one.about) form.querySelector("[data-on]").textContent = one.about;
      put(form, one.values);
      return false;
    });
  }
  /* A form that stands there on demand only is asked for, and filled when it is there. */
  function askFor(one) {
    const opener = document.querySelector(`[hx-get="${CSS.escape(one.action)}"]`);
    const panel = document.getElementById("panel");
    if (opener) opener.click();
    else if (one.again && panel) window.htmx.ajax("GET", one.again, { source: panel, target: panel, swap: "innerHTML" });
    else return false;
    return true;
  }
  /* Signed in again, gone back to, taken in anew: the typed words belong here. After an act that was answered they do not. */
  function belongs(kept) {
    const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    const from = document.referrer ? new URL(document.referrer) : null;
    /* An answer of ours, whatever it said, has cleared it: on the way back there was none. */
    if (kept.why === "sent") return isBack || !from || from.origin !== location.origin || from.pathname.startsWith("/login/");
    return kept.why !== "left" || isBack;
  }
  function again() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept) return;
    if (kept.who !== who) { sessionStorage.removeItem(KEPT); return; }
    if (kept.path !== location.pathname) {
      if (kept.why === "sent" && !belongs(kept)) sessionStorage.removeItem(KEPT);
      return;
    }
    sessionStorage.removeItem(KEPT);
    if (!belongs(kept)) return;
    waiting = kept.forms;
    restore();
    const lost = waiting.filter((one) => !askFor(one));
    waiting = waiting.filter((one) => !lost.includes(one));
    const words = lost.flatMap((one) => one.values.map((said) => said.value)).filter(Boolean).join(", ");
    const begin = /^(ended|sent)$/.test(kept.why) ? "You are signed in again. " : "";
    const back = lost.length === kept.forms.length ? "" : "What you had typed is back; nothing of it is saved yet. ";
    window.infusion?.say(`${begin}${back}${words ? `Its form is not here any more; you had typed: ${words}.` : ""}`.trim());
  }
  document.addEventListener("htmx:afterSettle", () => waiting.length && restore());
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href, location.href).pathname.startsWith("/login/")) keep("ended");
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("form[action$='/logout/']")) sessionStorage.removeItem(KEPT); }, true);
  /* An act that leads to another page: should that be the sign-in page, nothing typed is lost. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post") || form.matches("form[action$='/logout/']")) return;
    keep("sent");
    isKept = true;
  });
  addEventListener("pagehide", () => { if (!isKept && !isOver) keep("left"); });
  addEventListener("pageshow", () => { isKept = false; });
  /* Once every part of the page listens: what is asked for by a press must not lead away from it. */
  document.addEventListener("DOMContentLoaded", () => setTimeout(again));
})();
