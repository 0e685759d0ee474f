import { Html } from "@elysiajs/html";
import { absolute } from "~/ui/times.tsx";
import type { View } from "../view.ts";

/** Says where an answer ends early: only the rows could tell, and there were too many of them. */
export function LookedBack({ view, to }: { view: View; to: number | null }) {
  if (to === null) return "";
  return (
    <p class="soft" safe>
      {`${view.say("Counted from", "统计自")} ${absolute(to, view)} ${view.say("on: before that there were too many to look at", "起：更早的请求太多，未逐一查看")}`}
    </p>
  );
}
