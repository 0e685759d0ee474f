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
