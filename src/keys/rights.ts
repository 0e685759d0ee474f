/** What a key may do. The numbers are the bits that the database stores. */
export const rightBits = { inference: 1, reports: 2, metrics: 4, admin: 8 } as const;

export type Right = keyof typeof rightBits;

export const allRights = Object.keys(rightBits) as Right[];

export function rightsOf(bits: number): Right[] {
  return allRights.filter((right) => (bits & rightBits[right]) !== 0);
}

export function bitsOf(rights: readonly Right[]): number {
  return rights.reduce((bits, right) => bits | rightBits[right], 0);
}

export function hasRight(bits: number, right: Right): boolean {
  return (bits & rightBits[right]) !== 0;
}
