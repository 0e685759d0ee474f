import { expect, setDefaultTimeout, test } from "bun:test";
import { scratch, serve } from "./process.ts";

setDefaultTimeout(60_000);

const hasPrlimit = Bun.which("prlimit") !== null;

// The lock, the database, the first row: whichever of them finds no room.
for (const bytes of [1, 30_000, 200_000]) {
  test.skipIf(!hasPrlimit)(
    `where there is room for ${bytes} bytes it does not start, and says why in one sentence`,
    async () => {
      using folder = scratch();
      const start = serve(folder.path, "http://127.0.0.1:9/api/paas/v4", {}, ["prlimit", `--fsize=${bytes}`]);
      await expect(start).rejects.toThrow(
        /^it did not start: zgate: \S+zgate\.(lock|db): the disk (is full|reports an error; see the system's log)\s*$/,
      );
    },
  );
}
