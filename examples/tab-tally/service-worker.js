// Counts the tabs opened since midnight. The worker may be stopped at any time, so the tally lives in storage.

const today = () => new Date().toDateString();

async function tally() {
  const { day, count } = await chrome.storage.local.get({ day: today(), count: 0 });
  return day === today() ? count : 0;
}

async function setTally(count) {
  await chrome.storage.local.set({ day: today(), count });
  await chrome.action.setBadgeText({ text: count ? String(count) : "" });
}

// Events can come faster than storage answers: each waits for the one before.
let last = Promise.resolve();
const inTurn = (step) => (last = last.then(step, step));

chrome.tabs.onCreated.addListener(() => inTurn(async () => setTally((await tally()) + 1)));
chrome.runtime.onMessage.addListener((message, sender, answer) => {
  if (message === "reset") {
    inTurn(() => setTally(0)).then(() => answer(0));
    return true;
  }
});
chrome.runtime.onStartup.addListener(() => inTurn(async () => setTally(await tally())));
