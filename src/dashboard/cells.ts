import type { Cell } from "~/ui/chart.tsx";
import { clockMinute, dayOf } from "~/ui/times.tsx";
import type { Range } from "./range.ts";
import type { View } from "./view.ts";

/** The cells of a range as the charts name them. */
export function cellsOf(range: Range, view: View): Cell[] {
  const { starts, to, stepMs } = range;
  const isDays = stepMs >= 86_400_000;
  const isLong = to - range.from > 2 * 86_400_000;
  return starts.map((start, at) => {
    const day = dayOf(start, view);
    const end = starts[at + 1] ?? to;
    const isPartial = isUnfinished(range, view) && at === starts.length - 1;
    const soFar = isPartial ? view.say(", so far", "（至今）") : "";
    if (isDays) return { tick: day, label: `${day}${soFar}`, isPartial };
    const time = clockMinute(start, view);
    return { tick: isLong ? day : time, label: `${day}, ${time} – ${clockMinute(end, view)}${soFar}`, isPartial };
  });
}

/** Whether the last cell of a range is still filling. */
export function isUnfinished({ to }: Range, { now }: View): boolean {
  return to >= now;
}
