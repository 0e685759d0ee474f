import { dlopen } from "bun:ffi";

/** What the runtime does not offer of the system's C library. */
const functions = {
  sched_setscheduler: { args: ["i32", "i32", "ptr"], returns: "i32" },
} as const;

export type Library = ReturnType<typeof dlopen<typeof functions>>["symbols"];

/** Null where there is none of a name that we know. */
export function openLibc(): Library | null {
  if (process.platform !== "linux") return null;
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  for (const name of ["libc.so.6", `libc.musl-${arch}.so.1`]) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      // The next one.
    }
  }
  return null;
}
