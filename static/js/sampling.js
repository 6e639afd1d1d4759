/* The blind desk: a new line by n or by Enter in a field; a field is never a way to lock. */
"use strict";

const own = document.getElementById("own");
const list = own.querySelector("[data-lines]");

function addLine() {
  const empty = [...list.querySelectorAll("[name=code]")].find((field) => !field.value);
  if (empty) { empty.focus(); return; }
  list.append(own.querySelector("template[data-line]").content.firstElementChild.cloneNode(true));
  list.lastElementChild.querySelector("[name=code]").focus();
}

own.addEventListener("click", (event) => {
  if (!event.target.closest("[data-add]")) return;
  event.preventDefault();
  addLine();
});
own.addEventListener("keydown", (event) => {
  if (event.isComposing || !event.target.matches(".own input")) return;
  if (event.key === "Enter") { event.preventDefault(); addLine(); }
  if (event.key === "Escape") { event.target.blur(); }
});
