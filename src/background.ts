import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { type Library, openLibc } from "./libc.ts";

/**
 * How urgent threads are. Where all share one core, the one that carries traffic is served first
 * (docs/decisions/080-dashboard-beside-traffic.md). Linux alone has this for each thread; elsewhere, and where a sandbox
 * forbids it, threads are one among others.
 */

/** Lets the thread that calls it stand back: of a core that traffic takes whole it gets about a tenth. */
export function standBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(getPriority() + niceness, 19));
  } catch {
    // A sandbox that forbids it.
  }
}

/**
 * Lets threads of this process stand aside: they run only while no other wants to, and give way at once to one that
 * wakes, where one that only stands back would go on until the clock's next tick. Under full load they hardly run at all,
 * so nothing happens where they would not be let back.
 */
export function standAside(threads: readonly number[]): void {
  setClass(threads, idleClass);
}

/** Takes that back: from here on they are as urgent as their niceness says. */
export function comeForward(threads: readonly number[]): void {
  setClass(threads, usualClass);
}

/** The thread that calls it, as others may name it; none where threads have no numbers. */
export function ownThread(): readonly number[] {
  if (process.platform !== "linux") return [];
  try {
    return [Number(readlinkSync("/proc/thread-self").split("/").at(-1))];
  } catch {
    return [];
  }
}

/** The threads in which the runtime compiles and tidies up, for whoever gives it something to do. */
export function helperThreads(): readonly number[] {
  if (process.platform !== "linux") return [];
  try {
    return readdirSync("/proc/self/task").filter(isHelper).map(Number);
  } catch {
    return [];
  }
}

function isHelper(thread: string): boolean {
  try {
    return helpers.has(readFileSync(`/proc/self/task/${thread}/comm`, "utf8").trim());
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/**
 * Whoever is not privileged may always enter the idle class, and leave it only where its limit of niceness allows the
 * usual one (`LimitNICE=`, `ulimits: nice`). https://man7.org/linux/man-pages/man7/sched.7.html
 */
export function mayComeForward(): boolean {
  allowed ??= isAllowed();
  return allowed;
}

function isAllowed(): boolean {
  if (process.platform !== "linux") return false;
  try {
    const capabilities = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1] ?? "0";
    if ((BigInt(`0x${capabilities}`) >> capSysNice) & 1n) return true;
    const limit = /^Max nice priority\s+(\w+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === "unlimited" || Number(limit) >= limitForUsual;
  } catch {
    return false;
  }
}

let allowed: boolean | undefined;

/** https://man7.org/linux/man-pages/man7/capabilities.7.html: `CAP_SYS_NICE`. */
const capSysNice = 23n;
/** The limit counts down from 20: niceness 0. */
const limitForUsual = 20;

/** https://man7.org/linux/man-pages/man2/sched_setscheduler.2.html; a thread that is gone refuses in silence. */
function setClass(threads: readonly number[], schedulingClass: number): void {
  if (!mayComeForward()) return;
  libc ??= openLibc();
  for (const thread of threads) libc?.sched_setscheduler(thread, schedulingClass, new Int32Array([0]));
}

let libc: Library | null | undefined;

/** Their names as Linux shows them, the first fifteen letters; one that the runtime renames is merely left where it is. */
const helpers = new Set(["JITWorker", "JSCWarmUp", "HeapHelper", "ollector Thread", "mi-scavenger"]);

const niceness = 10;
const usualClass = 0;
const idleClass = 5;
