import { Html } from "@elysiajs/html";
import { attr } from "./text.ts";

/** One line or one kind of bar. `class` gives its colour. */
export interface Series {
  name: string;
  class: string;
  /** One value for each cell; null where there is none. */
  values: readonly (number | null)[];
}

export interface ChartProps {
  title: string;
  /** What one sentence says of it, for who cannot see it. */
  summary: string;
  /** Bars that stand on each other, or lines. */
  shape: "bars" | "lines";
  series: readonly Series[];
  cells: readonly Cell[];
  /** A value with its unit. */
  format(value: number): string;
  /** The same in the few letters that fit beside the axis, where `format` says more. */
  tick?(value: number): string;
  /** What is said where there is nothing to draw. */
  nothing: string;
  asTable: string;
  /** The heading of the first column of the table. */
  timeTitle: string;
}

export interface Cell {
  /** Under the axis: `14:30`, `22 Nov`. */
  tick: string;
  /** The whole of it: `22 Nov, 14:30 – 15:00`. */
  label: string;
  /** It is not over yet. */
  isPartial?: boolean;
  /** What shows more of it. */
  href?: string;
}

const plotHeight = 170;
const scaleWidth = 46;
const top = 14;
const bottom = top + plotHeight;

/** A chart over time, drawn with percentages so that it fits any width without a script. */
export function Chart(props: ChartProps) {
  const { title, summary, shape, series, cells, nothing } = props;
  const greatest = greatestOf(shape, series, cells.length);
  // Bars count things, and there is no half of one.
  const scale = niceTop(shape === "bars" ? Math.max(greatest, 2) : greatest);
  return (
    <figure class="card chart">
      <figcaption>
        <h2 safe>{title}</h2>
      </figcaption>
      {greatest === 0 ? (
        <p class="nothing" safe>
          {nothing}
        </p>
      ) : (
        <>
          <div class="plot">
            <Scale tick={props.tick ?? props.format} scale={scale} />
            <svg width="100%" height={bottom + 20} role="img" aria-label={attr(summary)}>
              <Grid />
              {shape === "bars" ? <Bars {...props} scale={scale} /> : <Lines {...props} scale={scale} />}
              <Ticks cells={cells} />
            </svg>
            <Marks {...props} />
          </div>
          <ul class="legend">
            {series.map(({ name, class: colour }) => (
              <li>
                <i class={`swatch ${colour}`} /> <span safe>{name}</span>
              </li>
            ))}
          </ul>
          <Figures {...props} />
        </>
      )}
    </figure>
  );
}

type Drawn = ChartProps & { scale: number };

function Grid() {
  return (
    <g class="axis">
      {heights.map((share) => (
        <line x1="0" x2="100%" y1={bottom - share * plotHeight} y2={bottom - share * plotHeight} />
      ))}
    </g>
  );
}

const heights = [1, 0.5, 0];

/** Beside what is drawn: how much a height is. */
function Scale({ tick, scale }: { tick(value: number): string; scale: number }) {
  return (
    <svg class="axis" width={scaleWidth} height={bottom + 20} aria-hidden="true">
      {heights.map((share) => (
        <text x={scaleWidth - 8} y={bottom - share * plotHeight + 4} text-anchor="end" safe>
          {share === 0 ? "0" : tick(scale * share).replace(/\.0+(?=\D|$)/, "")}
        </text>
      ))}
    </svg>
  );
}

function Ticks({ cells }: Pick<Drawn, "cells">) {
  return (
    <g class="axis">
      {tickIndexes(cells.length).map((at, place, { length }) => (
        <text
          class={length > 5 && (place === 1 || place === length - 2) ? "minor" : undefined}
          x={across(at + 0.5, cells.length)}
          y={bottom + 16}
          text-anchor={at === 0 ? "start" : at === cells.length - 1 ? "end" : "middle"}
          safe
        >
          {cells[at]!.tick}
        </text>
      ))}
    </g>
  );
}

function Bars({ series, cells, scale }: Drawn) {
  const bars = cells.flatMap((_, at) => stack(series, at, scale).map((bar) => ({ ...bar, at })));
  return (
    <g>
      {bars.map(({ class: colour, at, y, height }) => (
        <rect
          class={cells[at]!.isPartial ? `${colour} partial` : colour}
          x={across(at + 0.1, cells.length)}
          width={across(0.8, cells.length)}
          y={round(y)}
          height={round(height)}
        />
      ))}
    </g>
  );
}

/** The bars of one cell, from the ground up. */
function stack(series: readonly Series[], at: number, scale: number) {
  let y = bottom;
  return series
    .filter(({ values }) => (values[at] ?? 0) > 0)
    .map(({ class: colour, values }) => {
      // What is more than nothing is seen.
      const height = Math.max(1.5, ((values[at] ?? 0) / scale) * plotHeight);
      y -= height;
      return { class: colour, y, height };
    });
}

function Lines({ series, cells, scale }: Drawn) {
  const x = (at: number) => round(((at + 0.5) / cells.length) * 1000);
  const y = (value: number) => round(100 - (value / scale) * 100);
  const path = (values: Series["values"]) =>
    values
      .map((value, at) =>
        value === null ? "" : `${(values[at - 1] ?? null) === null ? "M" : "L"}${x(at)} ${y(value)}`,
      )
      .join("");
  return (
    <g>
      <svg
        aria-hidden="true"
        x="0"
        y={top}
        width="100%"
        height={plotHeight}
        viewBox="0 0 1000 100"
        preserveAspectRatio="none"
      >
        {series.map(({ class: colour, values }) => (
          <path class={`line ${colour}`} d={path(values)} />
        ))}
      </svg>
      {lonely(series).map(({ class: colour, at, value }) => (
        <circle
          class={colour}
          cx={across(at + 0.5, cells.length)}
          cy={round(bottom - (value / scale) * plotHeight)}
          r="2.5"
        />
      ))}
    </g>
  );
}

/** Values without a neighbour, which no line would show. */
function lonely(series: readonly Series[]): { class: string; at: number; value: number }[] {
  return series.flatMap(({ class: colour, values }) =>
    values.flatMap((value, at) =>
      value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null
        ? [{ class: colour, at, value }]
        : [],
    ),
  );
}

/** What a pointer over a cell shows; by keyboard and by ear, the table leads there: nobody wants to pass hundreds of cells. */
function Marks({ series, cells, format }: ChartProps) {
  return (
    <svg class="marks" width="100%" height={bottom + 20} aria-hidden="true">
      {cells.map(({ label, href }, at) => {
        const words = [label, ...series.map(({ name, values }) => `${name}: ${said(values[at], format)}`)].join("\n");
        const mark = (
          <rect x={across(at, cells.length)} width={across(1, cells.length)} y={top} height={plotHeight}>
            <title safe>{words}</title>
          </rect>
        );
        return href === undefined ? (
          mark
        ) : (
          <a href={attr(href)} tabindex="-1">
            {mark}
          </a>
        );
      })}
    </svg>
  );
}

/** The same as a table: for readers of screens, and for who wants the numbers. */
function Figures({ series, cells, format, asTable, timeTitle }: ChartProps) {
  const rows = cells
    .map(({ label, href }, at) => ({ label, href, values: series.map(({ values }) => values[at] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== 0));
  return (
    <details class="figures">
      <summary safe>{asTable}</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col" safe>
                {timeTitle}
              </th>
              {series.map(({ name }) => (
                <th scope="col" class="n" safe>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, href, values }) => (
              <tr>
                {href === undefined ? (
                  <th scope="row" safe>
                    {label}
                  </th>
                ) : (
                  <th scope="row">
                    <a href={attr(href)} safe>
                      {label}
                    </a>
                  </th>
                )}
                {values.map((value) => (
                  <td class="n" safe>
                    {said(value, format)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function said(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

function greatestOf(shape: ChartProps["shape"], series: readonly Series[], cells: number): number {
  let greatest = 0;
  for (let at = 0; at < cells; at++) {
    const values = series.map((one) => one.values[at] ?? 0);
    const height = shape === "bars" ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
    greatest = Math.max(greatest, height);
  }
  return greatest;
}

/** The next number above that halves well: 2, 4, 6, 8, 10 and their tens. */
function niceTop(greatest: number): number {
  const tens = 10 ** Math.floor(Math.log10(greatest));
  return ([1, 2, 4, 6, 8, 10].find((step) => step * tens >= greatest) ?? 10) * tens;
}

function tickIndexes(count: number): number[] {
  if (count <= 6) return Array.from({ length: count }, (_, at) => at);
  return [0, 1, 2, 3, 4, 5].map((at) => Math.round((at * (count - 1)) / 5));
}

function across(cell: number, cells: number): string {
  return `${round((cell / cells) * 100)}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
