// What pages are better with, and work without: copying, and saying how much of a text is left.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent.trim();
  await navigator.clipboard.writeText(text);
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
});

document.addEventListener("input", (event) => {
  const counter = document.getElementById(`${event.target.id}-count`);
  if (counter) counter.textContent = `${[...event.target.value].length.toLocaleString("en")} `;
});
