// What pages do beyond plain HTML: they tell the server the browser's time zone, and copy lines for the terminal.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  document.cookie = `zgate_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}

function showCopyButtons(root) {
  // Clipboards work over TLS and on this machine alone.
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy] > .copy[hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".copy");
  if (!button) return;
  const text = button.parentElement.querySelector("code").textContent;
  await navigator.clipboard.writeText(text);
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
});

document.addEventListener("htmx:after:swap", () => showCopyButtons(document));
showCopyButtons(document);

// The tooltip of a chart's cell, at once and beside the pointer; without this script the browser shows it by itself.
let tip = null;

document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest?.(".marks rect");
  if (!mark) {
    tip?.remove();
    tip = null;
    return;
  }
  const title = mark.querySelector("title");
  if (title) {
    mark.setAttribute("data-tip", title.textContent);
    title.remove();
  }
  if (!tip) {
    tip = document.createElement("div");
    tip.className = "tip";
    document.body.append(tip);
  }
  tip.textContent = mark.dataset.tip;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 4))}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4))}px`;
});

// One menu at a time, and Escape closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
