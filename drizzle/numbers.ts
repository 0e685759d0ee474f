/** Numbers that are stored, apart from the tables: the writer's thread knows them, and does without Drizzle. */

/** Milliseconds since 1970 of 2025-01-01, where request ids begin to count. */
export const idEpochMs = 1_735_689_600_000;
/** Ids a millisecond. */
export const idsPerMs = 4096;

/** How long a cell is. */
export const grains = { minute: 0, quarter: 1, hour: 2, day: 3 } as const;
export type Grain = keyof typeof grains;

/** Minutes since 1970 that fit into a cell's id: until 2097. */
export const minutesPerGrain = 2 ** 26;
export const grainsPerSeries = 4;

/** The row that stands for every name beyond the caps and for a refused stranger's words, in both small tables. */
export const otherId = 1;

/** What a name names. The numbers never change and are never used again. */
export const nameKinds = {
  other: 0,
  method: 1,
  path: 2,
  api: 3,
  address: 4,
  model: 5,
  upstream: 6,
  credential: 7,
} as const;
export type NameKind = keyof typeof nameKinds;
