const show = (count) => (document.getElementById("count").value = String(count));

for (const [id, message] of [["label", "today"], ["reset", "reset"]]) {
  document.getElementById(id).textContent = chrome.i18n.getMessage(message);
}
chrome.storage.local.get({ day: "", count: 0 }).then(({ day, count }) => {
  show(day === new Date().toDateString() ? count : 0);
});
document.getElementById("reset").addEventListener("click", async () => {
  show(await chrome.runtime.sendMessage("reset"));
});
