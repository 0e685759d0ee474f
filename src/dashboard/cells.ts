import type { Cell } from "~/ui/chart.tsx";
import { fieldValue } from "~/ui/days.ts";
import { clockMinute, dayOf } from "~/ui/times.tsx";
import { lookAt } from "./look.ts";
import type { Range } from "./range.ts";
import type { View } from "./view.ts";

/** The cells of a range as the charts name them; each leads to a closer look at it. */
export function cellsOf(range: Range, view: View): Cell[] {
  const { starts, to, stepMs } = range;
  const isDays = stepMs >= 86_400_000;
  const isLong = to - range.from > 2 * 86_400_000;
  return starts.map((start, at) => {
    const day = dayOf(start, view);
    const end = starts[at + 1] ?? to;
    const isPartial = isUnfinished(range, view) && at === starts.length - 1;
    const soFar = isPartial ? view.say(", so far", "（至今）") : "";
    const href = starts.length < 2 ? undefined : closer(view, start, end);
    if (isDays) return { tick: day, label: `${day}${soFar}`, isPartial, href };
    const time = clockMinute(start, view);
    const label = `${day}, ${time} – ${clockMinute(end, view)}${soFar}`;
    return { tick: isLong ? day : time, label, isPartial, href };
  });
}

/** The same page over one cell alone. */
function closer(view: View, start: number, end: number): string {
  const from = fieldValue(start, view.zone);
  // The minute that is still running belongs to it.
  const to = fieldValue(Math.ceil(end / 60_000) * 60_000, view.zone);
  return lookAt(view, view.path, { range: null, from, to });
}

/** Whether the last cell of a range is still filling. */
export function isUnfinished({ to }: Range, { now }: View): boolean {
  return to >= now;
}
