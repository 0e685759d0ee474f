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
    if (isDays) return { tick: day, label: day };
    const end = starts[at + 1] ?? to;
    const time = clockMinute(start, view);
    return { tick: isLong ? day : time, label: `${day}, ${time} – ${clockMinute(end, view)}` };
  });
}
