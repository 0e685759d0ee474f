import { Html, type PropsWithChildren } from "@elysiajs/html";
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
  const id = form === undefined ? name : `${form}-${name}`;
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
