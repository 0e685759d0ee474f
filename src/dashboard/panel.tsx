import { Html } from "@elysiajs/html";
import type { LogLine } from "~/log.ts";
import type { Look } from "./look.ts";
import type { View } from "./view.ts";

/** A piece of a page: `load` asks, `view` shows. */
export interface Panel<Data> {
  load(look: Look): Promise<Data>;
  view(props: { view: View; look: Look; data: Data }): JSX.Element;
}

/** A panel on its page; one that fails says so in its own place, and the page stands. */
export function show<Data>(panel: Panel<Data>, view: View, look: Look, logError: LogLine): JSX.Element {
  return loadAndView(panel, view, look, logError);
}

async function loadAndView<Data>(panel: Panel<Data>, view: View, look: Look, logError: LogLine): Promise<string> {
  try {
    return await panel.view({ view, look, data: await panel.load(look) });
  } catch (error) {
    logError("A panel of the dashboard failed", { path: view.path, cause: error });
    return await (<Broken view={view} />);
  }
}

function Broken({ view: { say } }: { view: View }) {
  return (
    <section class="card broken" role="alert">
      <h2>{say("This part could not be shown", "这部分无法显示")}</h2>
      <p>
        {say(
          "The rest of the page stands. The log says why; reload to try again.",
          "页面其余部分不受影响。原因见日志；刷新可重试。",
        )}
      </p>
    </section>
  );
}
