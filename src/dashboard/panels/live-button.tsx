import { Html } from "@elysiajs/html";
import type { View } from "../view.ts";

/** Says whether the page follows what happens, and pauses that; shown where scripts run. */
export function LiveButton({ view: { say } }: { view: View }) {
  return (
    <button
      type="button"
      class="live"
      data-pause={say("Pause", "暂停")}
      data-name={say("Live", "实时")}
      data-resume={say("Paused", "已暂停")}
      data-lost={say("Reconnecting", "重新连接")}
      hidden
      aria-pressed="false"
    >
      <i class="dot" /> <span data-state>{say("Live", "实时")}</span>
    </button>
  );
}
