/**
 * How the other readers of a `.env` understand one, written after their documentation and sources: the environment
 * that a process gets from each. A reader that refuses a file gives null.
 */

/** Docker's `--env-file`: everything behind the first `=` as it stands. */
export function readAsDocker(text: string): Map<string, string> | null {
  const env = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, "").split("\n")) {
    const entry = line.replace(/\r$/, "").replace(/^\s+/, "");
    if (entry === "" || entry.startsWith("#")) continue;
    const equals = entry.indexOf("=");
    if (equals === 0 || /[ \t]/.test(equals < 0 ? entry : entry.slice(0, equals))) return null;
    if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return env;
}

type State =
  | "name"
  | "beforeValue"
  | "value"
  | "valueEscape"
  | "single"
  | "double"
  | "doubleEscape"
  | "comment"
  | "commentEscape";

/** systemd's `EnvironmentFile=`: the state machine of its `env-file.c`. */
export function readAsSystemd(text: string): Map<string, string> {
  const env = new Map<string, string>();
  let state: State = "name";
  let name = "";
  let value = "";
  let isQuoted = false;
  const finish = () => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trim()))
      env.set(name.trim(), isQuoted ? value : value.replace(/[ \t]+$/, ""));
    name = "";
    value = "";
    isQuoted = false;
    state = "name";
  };
  for (const sign of text) {
    const isNewline = sign === "\n" || sign === "\r";
    if (state === "name") {
      if (name === "" && (sign === "#" || sign === ";")) state = "comment";
      else if (name === "" && /\s/.test(sign)) continue;
      else if (isNewline) name = "";
      else if (sign === "=") state = "beforeValue";
      else name += sign;
    } else if (state === "beforeValue") {
      if (isNewline) finish();
      else if (sign === "'") state = "single";
      else if (sign === '"') state = "double";
      else if (sign === "\\") state = "valueEscape";
      else if (!/[ \t]/.test(sign)) {
        value += sign;
        isQuoted = false;
        state = "value";
      }
    } else if (state === "value") {
      if (isNewline) finish();
      else if (sign === "\\") state = "valueEscape";
      else value += sign;
    } else if (state === "valueEscape") {
      if (!isNewline) value += sign;
      state = "value";
    } else if (state === "single" || state === "double") {
      if (sign === (state === "single" ? "'" : '"')) {
        isQuoted = true;
        state = "beforeValue";
      } else if (state === "double" && sign === "\\") state = "doubleEscape";
      else value += sign;
    } else if (state === "doubleEscape") {
      if ('"\\`$'.includes(sign)) value += sign;
      else if (!isNewline) value += `\\${sign}`;
      state = "double";
    } else if (state === "comment") {
      if (isNewline) state = "name";
      else if (sign === "\\") state = "commentEscape";
    } else {
      state = "comment";
    }
  }
  // The last line may end with the file, and so may a quote that nobody closed.
  if (!["name", "comment", "commentEscape"].includes(state)) finish();
  return env;
}
