import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Say } from "./say.ts";
import { attr } from "./text.ts";

interface FieldProps {
  name: string;
  /** Tells it apart from a field of the same name in another form of the page. */
  form?: string;
  label: string;
  value?: string;
  hint?: string;
  placeholder?: string;
  type?: "text" | "password" | "number" | "date";
  isRequired?: boolean;
  /** Why the value was refused. */
  problem?: string | null;
}

/** One line to fill in, with its label, its hint and what is wrong with it. */
export function Field(props: FieldProps) {
  const { name, form, label, value, hint, placeholder, type = "text", isRequired, problem } = props;
  const id = form ? `${form}-${name}` : name;
  const notes = [problem ? `${id}-problem` : "", hint ? `${id}-hint` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id} safe>
        {label}
      </label>
      <input
        id={id}
        name={name}
        type={type}
        value={attr(value)}
        placeholder={placeholder}
        required={isRequired}
        autocomplete="off"
        aria-invalid={problem ? "true" : undefined}
        autofocus={problem ? true : undefined}
        aria-describedby={notes === "" ? undefined : notes}
      />
      {problem ? (
        <p id={`${id}-problem`} class="problem" role="alert" safe>
          {problem}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} class="hint" safe>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** Why something was refused, where it is about no field in particular. The page opens at it, wherever it stands. */
export function Problem({ text }: { text: string | null }) {
  if (text === null) return "";
  return (
    <p class="problem" role="alert" {...opensHere} safe>
      {text}
    </p>
  );
}

/** Any element may have the focus when a page opens; the types of the HTML library know it of fields alone. */
const opensHere = { tabindex: "-1", autofocus: true };

/** What is opened to be filled in. */
export function Fold(props: PropsWithChildren<{ title: string; id?: string; isOpen: boolean }>) {
  const { title, id, isOpen, children } = props;
  return (
    <details id={id} class="card" open={isOpen}>
      <summary>
        <h2 safe>{title}</h2>
      </summary>
      {children}
    </details>
  );
}

/** A form that changes something: every one carries the session's token. */
export function ChangeForm({
  csrf,
  action,
  class: name,
  children,
}: PropsWithChildren<{ csrf: string | null; action: string; class?: string }>) {
  return (
    <form method="post" action={action} class={name}>
      <input type="hidden" name="csrf" value={csrf ?? ""} />
      {children}
    </form>
  );
}

interface ForGoodProps {
  csrf: string | null;
  action: string;
  say: Say;
  /** What the button says. */
  children: string;
}

/** A button for what cannot be undone, behind a box to tick. */
export function ForGood({ csrf, action, say, children }: ForGoodProps) {
  return (
    <ChangeForm csrf={csrf} action={action} class="beside">
      <label class="check">
        <input type="checkbox" name="sure" value="yes" required />{" "}
        {say("I know that this is for good", "我知道这不可恢复")}
      </label>
      <button type="submit" class="danger" safe>
        {children}
      </button>
    </ChangeForm>
  );
}

/** How long an old secret goes on beside its successor. */
export function Overlap({ label, none, say }: { label: string; none: string; say: Say }) {
  return (
    <label>
      <span safe>{label}</span>
      <select name="overlap">
        <option value="0" safe>
          {none}
        </option>
        <option value="1h">{say("1 hour", "1 小时")}</option>
        <option value="24h" selected>
          {say("24 hours", "24 小时")}
        </option>
        <option value="7d">{say("7 days", "7 天")}</option>
        <option value="30d">{say("30 days", "30 天")}</option>
      </select>
    </label>
  );
}
