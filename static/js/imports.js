/* An import by keyboard: j and k move through the rows, a approves the row, x opens its reason for withholding. */
"use strict";

const rows = () => [...document.querySelectorAll("[data-row]")];
let at = -1;

function focusRow(index) {
  const all = rows();
  if (!all.length) return false;
  at = Math.min(Math.max(index, 0), all.length - 1);
  all[at].focus();
  all[at].scrollIntoView({ block: "nearest" });
  return true;
}

function rowOf(element) {
  const row = element?.closest?.("[data-row]");
  if (row) at = rows().indexOf(row);
  return row;
}

keys.j = () => { rowOf(document.activeElement); return focusRow(at + 1); };
keys.k = () => { rowOf(document.activeElement); return focusRow(at - 1); };
keys.a = () => {
  const button = rowOf(document.activeElement)?.querySelector("[data-approve]:not([aria-disabled=true])");
  if (!button) return false;
  button.click();
  return true;
};
keys.x = () => {
  const details = rowOf(document.activeElement)?.querySelector("[data-withhold]");
  if (!details) return false;
  details.open = true;
  details.querySelector("[name=reason]").focus();
  return true;
};
keys.Escape = () => {
  const open = document.activeElement?.closest?.("[data-withhold]");
  if (!open) return false;
  open.open = false;
  open.closest("[data-row]").focus();
  return true;
};

/* After a decision the next undecided row has the focus; a row that is decided stays where it is. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "work" || at < 0) return;
  const all = rows();
  const next = all.findIndex((row, index) => index >= at && /\b(open|first)\b/.test(row.className) && row.querySelector("[data-approve]:not([aria-disabled=true])"));
  focusRow(next < 0 ? at : next);
});
