import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ask, openControl } from "~/db/socket.ts";
import { StartError } from "~/errors.ts";
import { dataFolder, openHouse } from "../record/house.ts";

test("answers a command of the command line", async () => {
  using folder = dataFolder();
  const store = await openHouse(folder.path);
  expect(await ask(join(folder.path, "zgate.sock"), "status")).toMatchObject({
    pid: process.pid,
    healthy: true,
    open: 0,
  });
  await store.close();
});

test("a handler gets the arguments, and what it throws is the answer", async () => {
  using folder = dataFolder();
  const path = join(folder.path, "s");
  const control = await openControl(path);
  control.on("echo", async (args) => args);
  control.on("fail", () => {
    throw new Error("no such key");
  });
  const long = { text: "漢\n".repeat(200_000) };
  expect(await ask(path, "echo", long)).toEqual(long);
  expect(ask(path, "fail")).rejects.toThrow("no such key");
  expect(ask(path, "nothing")).rejects.toThrow("unknown command nothing");
  control.close();
});

test("words that are no command are answered, and the next one is heard", async () => {
  using folder = dataFolder();
  const path = join(folder.path, "s");
  const control = await openControl(path);
  const socket = connect(path);
  const text = await new Promise<string>((resolve) => {
    let heard = "";
    socket.setEncoding("utf8").on("data", (more: string) => {
      heard += more;
      if (heard.split("\n").length === 4) resolve(heard);
    });
    socket.write('{"command":\n[1]\n{"command":"status"}\n');
  });
  expect(text.match(/"error"/g)?.length).toBe(3);
  expect(text).toContain("a command is a JSON object");
  socket.end();
  control.close();
});

test("nobody answers where nobody listens, and what a dead process left is replaced", async () => {
  using folder = dataFolder();
  const path = join(folder.path, "s");
  expect(await ask(path, "status")).toBeNull();
  writeFileSync(path, "");
  const control = await openControl(path);
  control.on("status", () => "here");
  expect(await ask(path, "status")).toBe("here");
  control.close();
  expect(await ask(path, "status")).toBeNull();
});

test("a path that no socket can have is one sentence", () => {
  expect(openControl(`/tmp/${"x".repeat(200)}`)).rejects.toThrow(StartError);
});
