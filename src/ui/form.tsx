import { Html, type PropsWithChildren } from "@elysiajs/html";
import { attr } from "./text.ts";

interface FieldProps {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  placeholder?: string;
  type?: "text" | "password" | "number";
  isRequired?: boolean;
  /** Why the value was refused. */
  problem?: string | null;
}

/** One line to fill in, with its label, its hint and what is wrong with it. */
export function Field({ name, label, value, hint, placeholder, type = "text", isRequired, problem }: FieldProps) {
  const notes = [problem ? `${name}-problem` : "", hint ? `${name}-hint` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name} safe>
        {label}
      </label>
      <input
        id={name}
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
        <p id={`${name}-problem`} class="problem" role="alert" safe>
          {problem}
        </p>
      ) : null}
      {hint ? (
        <p id={`${name}-hint`} class="hint" safe>
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
