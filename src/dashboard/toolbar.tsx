import { Html } from "@elysiajs/html";
import type { Choices } from "~/analytics/choices.ts";
import type { Asking } from "~/analytics/reader.ts";
import { type FilterName, filterNames } from "~/analytics/scope.ts";
import type { Text } from "~/config/text.ts";
import { fieldValue } from "~/ui/days.ts";
import { attr } from "~/ui/text.ts";
import { filterTitles } from "./filters.ts";
import { type Look, lookAt } from "./look.ts";
import type { Panel } from "./panel.tsx";
import { nameOf } from "./panels/breakdown.tsx";
import { type RangeName, rangeNames } from "./range.ts";
import type { View } from "./view.ts";

const rangeTitles: Record<RangeName, Text> = {
  "1h": { en: "1 h", zh: "1小时" },
  "24h": { en: "24 h", zh: "24小时" },
  "7d": { en: "7 d", zh: "7天" },
  "30d": { en: "30 d", zh: "30天" },
  "90d": { en: "90 d", zh: "90天" },
};

/** The range and the filters, with what each filter can be set to. */
export function toolbar(reader: Asking, labels: ToolbarProps["labels"]): Panel<Choices> {
  return {
    // Without the choices a filter can still be typed.
    load: () => reader.ask("choices", {}).catch((): Choices => ({})),
    view: ({ view, look, data }) => <Toolbar view={view} look={look} labels={labels} choices={data} />,
  };
}

interface ToolbarProps {
  view: View;
  look: Look;
  choices: Choices;
  /** What a filter's value is called, where that is not the value itself: the name of a key. */
  labels: Partial<Record<FilterName, string>>;
}

/** The range of time and the filters, all of them links: what is chosen stands in the address. */
function Toolbar({ view, look, labels, choices }: ToolbarProps) {
  const { say } = view;
  const { range, filters } = look;
  const choosable = filterNames.filter((name) => (choices[name] ?? []).length > 0);
  const typed = filterNames.filter((name) => !choosable.includes(name));
  const chosen = filterNames.filter((name) => filters[name] !== undefined);
  return (
    <div class="toolbar">
      <nav class="ranges" aria-label={say("Range of time", "时间范围")}>
        {rangeNames.map((name) => (
          <a
            href={lookAt(view, view.path, { range: name, from: null, to: null })}
            aria-current={range.name === name ? "true" : undefined}
            safe
          >
            {rangeTitles[name][view.language]}
          </a>
        ))}
        <details class="menu">
          <summary aria-current={range.name === "custom" ? "true" : undefined}>{say("From – to", "自定义")}</summary>
          <form method="get" action={view.path} class="card">
            <Kept view={view} without={["range", "from", "to"]} />
            <label>
              {say("From", "从")}
              <input type="datetime-local" name="from" value={fieldValue(range.from, view.zone)} required />
            </label>
            <label>
              {say("To", "到")}
              <input type="datetime-local" name="to" value={fieldValue(range.to, view.zone)} />
            </label>
            <button type="submit" class="main">
              {say("Show", "查看")}
            </button>
          </form>
        </details>
      </nav>
      <ul class="chips" aria-label={say("Filters", "筛选")}>
        {chosen.map((name) => (
          <li class="chip">
            <span class="soft" safe>
              {filterTitles[name][view.language]}
            </span>
            <span class="cut" safe>
              {labels[name] ?? nameOf(name, filters[name] ?? "", undefined, view)}
            </span>
            <a href={lookAt(view, view.path, { [name]: null })} aria-label={say("Remove this filter", "移除此筛选")}>
              ×
            </a>
          </li>
        ))}
        <li>
          <details class="menu">
            <summary>{say("+ Filter", "+ 筛选")}</summary>
            <div class="card stack">
              <form method="get" action={view.path} class="stack">
                <Kept view={view} without={[]} />
                <label>
                  {say("Only", "仅限")}
                  <select name="only">
                    {choosable.map((name) => (
                      <optgroup label={filterTitles[name][view.language]}>
                        {(choices[name] ?? []).map(({ value, label }) => (
                          <option value={attr(`${name}:${value}`)} safe>
                            {nameOf(name, value, label, view)}
                          </option>
                        ))}
                      </optgroup>
                    ))}
                  </select>
                </label>
                <button type="submit" class="main">
                  {say("Add", "添加")}
                </button>
              </form>
              <form method="get" action={view.path} class="stack">
                <Kept view={view} without={[]} />
                <label>
                  {say("Or by", "或按")}
                  <select name="add">
                    {typed.map((name) => (
                      <option value={name} safe>
                        {filterTitles[name][view.language]}
                      </option>
                    ))}
                  </select>
                </label>
                <label>
                  {say("that is", "等于")}
                  <input type="text" name="value" required maxlength="300" autocomplete="off" />
                </label>
                <button type="submit">{say("Add this one", "添加此项")}</button>
              </form>
            </div>
          </details>
        </li>
        {chosen.length > 1 ? (
          <li>
            <a
              class="quiet"
              href={lookAt(view, view.path, Object.fromEntries(filterNames.map((name) => [name, null])))}
            >
              {say("Clear all", "全部清除")}
            </a>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

/** What a form that changes one thing of the address sends along of the rest. */
export function Kept({ view, without }: { view: View; without: readonly string[] }) {
  const kept = ["range", "from", "to", "q", ...filterNames]
    .filter((name) => !without.includes(name))
    .map((name) => ({ name, value: view.query.get(name) ?? "" }))
    .filter(({ value }) => value !== "");
  return (
    <>
      {kept.map(({ name, value }) => (
        <input type="hidden" name={name} value={attr(value)} />
      ))}
    </>
  );
}
