// What pages are better with, and work without: copying, saying how much of a text is left, finding something in a long
// list, sizes of files, names of languages, and uploads that are dropped and say how far they are.
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

// A search field with data-filter leaves of that list what has the words; what is ticked stays ticked.
document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.filter);
  const words = event.target.value.toLowerCase().trim();
  for (const each of list?.children ?? []) each.hidden = !each.textContent.toLowerCase().includes(words);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset.filter) event.preventDefault();
});

// A file that is larger than its field takes is told before anything is sent. An upload has a place for words, below.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.dataset.limitBytes || input.closest("[data-upload]")) return;
  const large = [...input.files].find((each) => each.size > input.dataset.limitBytes);
  const megabytes = (input.dataset.limitBytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
  input.setCustomValidity(large ? `“${large.name}” is larger than ${megabytes} MB. Choose a smaller file.` : "");
  input.reportValidity();
});

// Languages have names; the browser knows them.
for (const each of document.querySelectorAll("[data-language]")) {
  const code = each.dataset.language;
  const name = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
  try { each.textContent = name.of(code) ? `${name.of(code)} (${code})` : code; } catch { /* no language to it */ }
}

// A form with data-upload holds an area .drop with one file input, a progress bar, and a place for words.
const showScripted = () => {
  for (const each of document.querySelectorAll("[data-scripted]")) each.hidden = false;
};
showScripted();

const dropArea = (event) => event.target.closest?.("[data-upload] .drop");

for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(name, (event) => {
    const area = dropArea(event);
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("over", over);
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    area.querySelector("input[type=file]").files = event.dataTransfer.files;
    area.closest("form").requestSubmit();
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-upload]");
  if (!form) return;
  event.preventDefault();
  const [button, bar, words] = ["button", "progress", "[data-upload-words]"].map((each) => form.querySelector(each));
  const input = form.querySelector("input[type=file]");
  if (input.files[0]?.size > input.dataset.limitBytes) {
    words.textContent = "The file is larger than that. Nothing was sent.";
    return;
  }
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.onprogress = ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
    words.textContent = loaded < total ? `${Math.floor((100 * loaded) / total)} % sent` : "All sent. The store makes it durable.";
  };
  // The store leads on to another page, or shows this one again and says what is wrong.
  request.onload = () => {
    if (request.status === 200) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.getElementById("main").replaceWith(page.getElementById("main"));
    showScripted();
  };
  request.onerror = () => {
    bar.hidden = true;
    button.disabled = false;
    words.textContent = "The connection was lost, and nothing was kept. Send it again.";
  };
  button.disabled = true;
  bar.hidden = false;
  request.send(new FormData(form));
});
