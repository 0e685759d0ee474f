import { Html } from "@elysiajs/html";
import type { Reader } from "~/analytics/reader.ts";
import type { Filters } from "~/analytics/scope.ts";
import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import { firstIdAt, timeOfId } from "~/record/request-id.ts";
import { streamHeaders } from "~/wire/headers.ts";
import type { News } from "./live-news.tsx";
import { make } from "./make.ts";
import { Banner } from "./panels/banner.tsx";
import { pageHeaders } from "./reply.ts";
import { sightOf, type View } from "./view.ts";

/** How often rows are looked for, and a heartbeat is sent. The browser calls the line dead after 20 s without one. */
const everyMs = 1_000;
const beatMs = 5_000;
/** The overview asks for its numbers again at most this often. */
const changedMs = 2_000;
/** A browser that comes back hears of rows this old once more: they may have ended while it was away. */
const lookBackMs = 15 * 60_000;
const mostLines = 200;
const mostReaders = 30;

interface Tail {
  view: View;
  filters: Filters;
  search: string;
  /** The newest row that the browser has; null for none. */
  after: number | null;
  /** The overview wants to know only that something changed. */
  isWithRows: boolean;
  signal: AbortSignal;
}

interface LiveParts {
  reader: Reader;
  clock: Clock;
  /** What is wrong now. */
  alerts(): View["alerts"];
}

/**
 * What happens, as events: `row` (its id is the row's, its data the row as it stands in the table), `changed` when
 * something happened at all, `alerts` (the banner) when an alert began or ended, and `beat`.
 */
export function createLive({ reader, clock, alerts }: LiveParts) {
  let open = 0;

  return function answer(tail: Tail): Response {
    if (open >= mostReaders) {
      throw new GatewayError("too_many_requests", "Too many pages are watching already.", {
        zh: "正在查看实时数据的页面过多。",
      });
    }
    // Typed for browsers; Bun reads it with back pressure.
    return new Response(events(tail) as unknown as BodyInit, {
      headers: { ...pageHeaders, ...streamHeaders, "cache-control": "no-store, no-transform" },
    });
  };

  async function* events(tail: Tail): AsyncGenerator<string> {
    const { view, filters, search, isWithRows, signal } = tail;
    open++;
    try {
      yield beat;
      const asked = { filters, search, known: { id: 0, at: 0 } };
      const start = await reader.ask("requestNews", { ...asked, after: null, running: [], limit: 0 });
      const from = tail.after ?? start.last;
      asked.known = { id: from, at: timeOfId(from) };
      let after = Math.max(0, Math.min(from, firstIdAt(timeOfId(from) - lookBackMs)));
      let running: number[] = [];
      let told = clock.tick();
      let changed = 0;
      let isStale = false;
      let banner: string | null = null;
      while (!signal.aborted) {
        const sight = isWithRows ? { ...sightOf(view), now: clock.now() } : null;
        const news = await make(reader, "news", { ...asked, after, running, limit: mostLines, sight });
        const ended = new Set(news.lines.filter(({ outcome }) => outcome !== "running").map(({ id }) => id));
        const started = news.lines.filter(({ outcome }) => outcome === "running").map(({ id }) => id);
        const isNews = news.lines.some((line) => isAfter(line, from)) || running.some((id) => ended.has(id));
        running = [...running, ...started].filter((id) => !ended.has(id)).slice(-mostLines);
        after = news.last;
        const now = clock.tick();
        isStale ||= isNews;
        const said = news.events === "" ? [] : [news.events];
        if (isStale && now - changed >= changedMs) {
          said.push(changedEvent);
          changed = now;
          isStale = false;
        }
        const active = alerts();
        if (idsOf(active) !== banner) {
          banner = idsOf(active);
          said.push(await bannerEvent({ ...view, alerts: active, now: clock.now() }));
        }
        if (said.length === 0 && now - told >= beatMs) said.push(beat);
        if (said.length > 0) {
          told = now;
          yield said.join("");
        }
        if (news.lines.length < mostLines) await pause(everyMs, signal);
      }
    } finally {
      open--;
    }
  }
}

/** Whether something happened to a request since a page was made that knew the ids up to `from`. */
function isAfter({ id, acceptedAt, durationMs }: News["lines"][number], from: number): boolean {
  return id > from || acceptedAt + (durationMs ?? 0) >= timeOfId(from);
}

// A browser passes over events without data.
const beat = "event: beat\ndata: -\n\n";
const changedEvent = "event: changed\ndata: -\n\n";

async function bannerEvent(view: View): Promise<string> {
  return event("alerts", (await (<Banner view={view} />)) || "<!-- all quiet -->");
}

/** HTML as an event of the live tail. */
export function event(name: string, html: string): string {
  return `event: ${name}\ndata: ${html.replace(/\r\n?|\n/g, "\ndata: ")}\n\n`;
}

function idsOf(alerts: View["alerts"]): string {
  return alerts.map(({ id }) => id).join("\n");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
