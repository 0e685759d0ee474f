/** Numbers as people read them. `null`: nobody knows, shown as a dash. */

export const unknown = "–";

/** `1,234,567`. */
export function whole(value: number | null): string {
  return value === null ? unknown : Math.round(value).toLocaleString("en-US");
}

/** `1.23M`: for places where the exact number stands in the title. */
export function short(value: number | null): string {
  if (value === null) return unknown;
  const size = Math.abs(value);
  if (size < 10_000) return size < 100 && !Number.isInteger(value) ? trim(value, 1) : whole(value);
  const [unit, name] = size < 1e6 ? [1e3, "k"] : size < 1e9 ? [1e6, "M"] : [1e9, "G"];
  return `${(value / unit).toFixed(size / unit < 99.95 ? 1 : 0)}${name}`;
}

/** `420 ms`, `1.24 s`, `3 min 5 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return unknown;
  if (ms < 1) return `${trim(ms, 2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** Of a share between 0 and 1: `0.4 %`. What is more than nothing never reads as nothing. */
export function percent(share: number | null): string {
  if (share === null) return unknown;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1%";
  return value === 0 ? "0%" : `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
}

/** `1.5 MB`, in steps of 1024. */
export function bytes(count: number | null): string {
  if (count === null) return unknown;
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = count;
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step++;
  }
  return `${trim(value, value < 10 && step > 0 ? 1 : 0)} ${units[step]}`;
}

const signs: Record<string, string> = { USD: "$", CNY: "¥" };

/** An amount of money: `$1.24`, `¥0.0031`. Small amounts keep two figures that count. */
export function money(amount: number | null, currency: string): string {
  if (amount === null) return unknown;
  const sign = signs[currency] ?? `${currency} `;
  if (amount === 0) return `${sign}0`;
  const size = Math.abs(amount);
  if (size >= 0.1)
    return `${sign}${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return size < 0.000_001
    ? `<${sign}0.000001`
    : `${sign}${Number(amount.toPrecision(2)).toFixed(Math.min(8, 1 - Math.floor(Math.log10(size))))}`;
}

function trim(value: number, decimals: number): string {
  return Number(value.toFixed(decimals)).toLocaleString("en-US", { maximumFractionDigits: decimals });
}
