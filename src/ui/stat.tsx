import { Html } from "@elysiajs/html";
import { percent } from "./numbers.ts";
import { attr } from "./text.ts";

export interface StatProps {
  name: string;
  value: string;
  /** The exact value, or what the number means. */
  title?: string;
  /** Smaller numbers that belong to it; some lead to what they count. */
  notes?: readonly (string | { text: string; href: string })[];
  /** How it was in the period before; where both are known, the difference is shown. */
  change?: {
    now: number | null;
    before: number | null /** Whether more is worse. */;
    isBadWhenMore?: boolean;
    label: string;
  };
}

/** One number that matters. */
export function Stat({ name, value, title, notes = [], change }: StatProps) {
  return (
    <div class="card stat">
      <h2 safe>{name}</h2>
      <p class="value-big" title={attr(title)}>
        <span safe>{value}</span>
        {change ? <Change {...change} /> : null}
      </p>
      {notes.map((note) =>
        typeof note === "string" ? (
          <p class="hint" safe>
            {note}
          </p>
        ) : (
          <p class="hint">
            <a href={attr(note.href)} safe>
              {note.text}
            </a>
          </p>
        ),
      )}
    </div>
  );
}

function Change({ now, before, isBadWhenMore, label }: NonNullable<StatProps["change"]>) {
  if (now === null || before === null || before === 0) return null;
  const share = now / before - 1;
  const isSmall = Math.abs(share) < 0.005;
  const mood = isSmall || isBadWhenMore === undefined ? "same" : share > 0 === isBadWhenMore ? "worse" : "better";
  const text = isSmall ? "±0%" : share > 9.99 ? ">+999%" : `${share > 0 ? "+" : "−"}${percent(Math.abs(share))}`;
  return (
    <small class={`change ${mood}`} title={attr(label)} safe>
      {text}
    </small>
  );
}
