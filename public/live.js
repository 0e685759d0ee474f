// Live rows and numbers. The server says what happened; this script puts rows where they belong and asks for the numbers
// again. Without a heartbeat for 20 s it looks at the page itself every few seconds until the line stands again.

const place = document.querySelector("[data-live]");
if (place) watch(place);

function watch(place) {
  const rows = place.querySelector("tbody#rows");
  const button = document.querySelector("button.live");
  const state = button?.querySelector("[data-state]");
  const most = 200;
  let source = null;
  let lastBeat = 0;
  let isPaused = false;
  let newest = rows?.rows[0] ? idOf(rows.rows[0]) : 0;

  function connect() {
    source?.close();
    lastBeat = Date.now();
    const url = new URL(place.dataset.live, location.href);
    if (newest) url.searchParams.set("after", newest);
    if (!rows) url.searchParams.set("rows", "none");
    source = new EventSource(url);
    source.addEventListener("beat", beat);
    source.addEventListener("changed", () => {
      beat();
      if (!rows) refresh();
    });
    source.addEventListener("row", (event) => {
      beat();
      const holder = document.createElement("template");
      holder.innerHTML = event.data;
      put(holder.content.querySelector("tr"));
    });
    source.addEventListener("alerts", (event) => {
      beat();
      document.getElementById("alerts").innerHTML = event.data;
    });
    source.onerror = () => show("lost");
  }

  function beat() {
    lastBeat = Date.now();
    show("live");
  }

  function idOf(row) {
    return Number(row.id.slice(1));
  }

  /** A row that is there already is replaced; another one goes where its id belongs. */
  function put(row) {
    if (!row || !rows) return;
    const id = idOf(row);
    const there = document.getElementById(row.id);
    if (there) {
      if (there.innerHTML !== row.innerHTML) there.replaceWith(row);
      return;
    }
    const isNew = id > newest;
    const oldest = rows.rows[rows.rows.length - 1];
    if (!isNew && oldest && id < idOf(oldest)) return;
    if (isNew) {
      newest = id;
      row.classList.add("new");
    }
    let next = rows.rows[0] ?? null;
    while (next && idOf(next) > id) next = next.nextElementSibling;
    rows.insertBefore(row, next);
    document.querySelector(".empty")?.remove();
    while (rows.rows.length > most) rows.lastElementChild.remove();
  }

  function refresh() {
    if (place.querySelector(":hover details[open]")) return;
    window.htmx.trigger(place, "zgate:changed");
  }

  async function poll() {
    if (!rows) {
      refresh();
      return;
    }
    const response = await fetch(location.href);
    if (response.redirected) {
      location.reload();
      return;
    }
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const row of [...page.querySelectorAll("#rows tr")].reverse()) put(document.adoptNode(row));
  }

  function show(name) {
    if (!button) return;
    button.classList.toggle("off", isPaused || name !== "live");
    state.textContent = button.dataset[isPaused ? "resume" : name === "live" ? "name" : "lost"];
    button.title = isPaused ? "" : button.dataset.pause;
  }

  function stop() {
    source?.close();
    source = null;
  }

  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      isPaused = !isPaused;
      button.setAttribute("aria-pressed", String(isPaused));
      show("live");
      if (isPaused) stop();
      else {
        connect();
        if (!rows) refresh();
      }
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else if (!isPaused) {
      connect();
      if (!rows) refresh();
    }
  });

  setInterval(() => {
    if (isPaused || document.hidden) return;
    const silence = Date.now() - lastBeat;
    if (silence > 20_000) {
      show("lost");
      poll().catch(() => {});
    }
    // A line that was refused or cut is laid anew: the browser's own attempts would go on from what it was first told.
    if (source?.readyState !== EventSource.OPEN && silence > 3_000) {
      const silentSince = lastBeat;
      connect();
      lastBeat = silentSince;
    }
  }, 4_000);

  if (!document.hidden) connect();
}
