import { Html } from "@elysiajs/html";
import type { Say } from "./say.ts";

/** Lines for a terminal, with a button that copies them (where scripts run). */
export function Lines({ text, say }: { text: string; say: Say }) {
  return (
    <div class="lines" data-copy>
      <pre tabindex="0">
        <code safe>{text}</code>
      </pre>
      <button type="button" class="copy" hidden data-copied={say("Copied", "已复制")}>
        {say("Copy", "复制")}
      </button>
    </div>
  );
}

/** One short value, to be copied the same way. */
export function Value({ text, say }: { text: string; say: Say }) {
  return (
    <span class="value" data-copy>
      <code safe>{text}</code>
      <button type="button" class="copy" hidden data-copied={say("Copied", "已复制")}>
        {say("Copy", "复制")}
      </button>
    </span>
  );
}
