import { test } from "bun:test";

/** Whether this machine has all of these programs. CI installs them; elsewhere tests that need them are left out. */
export const has = (...programs: string[]): boolean => programs.every((name) => Bun.which(name) !== null);

export const testWith = (...programs: string[]) => test.skipIf(!has(...programs));
