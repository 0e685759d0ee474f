import { makeNews } from "./live-news.tsx";
import { makePage } from "./traffic-page.tsx";

/** What of the dashboard is made on the reader's thread: everything whose size grows with traffic. */
export const made = { page: makePage, news: makeNews };

export type Made = typeof made;
