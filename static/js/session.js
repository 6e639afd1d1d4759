/* The session of a page that lies open: a warning before it ends, and what was typed is there again afterwards.
   What was typed waits in sessionStorage of this tab, for this person, until the page is open again; signing out
   clears it. Hidden fields, passwords and files are not kept. */
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
  function typed() {
    const found = [];
    for (const form of document.forms) {
      if (form.method !== "post" || form.closest("dialog#session-ends")) continue;
      const values = fields(form).filter(isTouched).map((field) => ({ name: field.name, type: field.type, value: field.value, on: field.checked }));
      if (values.length) found.push({ action: form.getAttribute("action") || "", dialog: form.closest("dialog")?.id || "", values });
    }
    return found;
  }
  function keep() {
    const forms = typed();
    if (forms.length) sessionStorage.setItem(KEPT, JSON.stringify({ who, path: location.pathname, forms }));
  }
  function over() {
    if (isOver) return;
    isOver = true;
    keep();
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
  let waiting = [];
  function restore() {
    waiting = waiting.filter((one) => {
      const form = [...document.forms].find((each) => (each.getAttribute("action") || "") === one.action);
      if (!form) return true;
      if (one.dialog) window.infusion?.show(one.dialog);
      put(form, one.values);
      return false;
    });
  }
  function again() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept) return;
    if (kept.who !== who) { sessionStorage.removeItem(KEPT); return; }
    if (kept.path !== location.pathname) return;
    sessionStorage.removeItem(KEPT);
    waiting = kept.forms;
    restore();
    /* A form that a row opens on demand is asked for, and filled when it is there. */
    for (const one of waiting) document.querySelector(`[hx-get="${CSS.escape(one.action)}"]`)?.click();
    window.infusion?.say("You are signed in again. What you had typed is back; nothing of it is saved yet.");
  }
  document.addEventListener("htmx:afterSettle", () => waiting.length && restore());
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href, location.href).pathname.startsWith("/login/")) keep();
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("form[action$='/logout/']")) sessionStorage.removeItem(KEPT); }, true);
  again();
})();
