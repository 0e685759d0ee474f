import { Html } from "@elysiajs/html";
import type { Outcome } from "~/record/record.ts";
import type { Say, Text } from "./say.ts";

/** What became of a request, as people read it. */
export const outcomeNames: Record<Outcome, Text> = {
  running: { en: "running", zh: "进行中" },
  completed: { en: "completed", zh: "完成" },
  failed: { en: "failed", zh: "失败" },
  aborted: { en: "client left", zh: "客户端离开" },
  rejected: { en: "rejected", zh: "已拒绝" },
  lost: { en: "lost", zh: "丢失" },
};

/** Its shape as well as its colour tells what it is. */
export function OutcomeBadge({ outcome, say }: { outcome: Outcome; say: Say }) {
  const { en, zh } = outcomeNames[outcome];
  return (
    <span class={`badge ${outcome}`} safe>
      {say(en, zh)}
    </span>
  );
}
