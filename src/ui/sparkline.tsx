import { Html } from "@elysiajs/html";

/** A small line that says how something went, without numbers: they stand beside it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const most = Math.max(...values, 1);
  const last = Math.max(values.length - 1, 1);
  const points = values.map((value, at) => `${round((at / last) * 90)},${round(19 - (value / most) * 17)}`).join(" ");
  return (
    <svg class="spark" viewBox="0 0 90 20" width="64" height="20" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
