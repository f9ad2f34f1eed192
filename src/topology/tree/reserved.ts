/** Names that every JavaScript object answers to: as a key or a name they would be found where nobody wrote them. */
const RESERVED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

export const isReserved = (name: string): boolean => RESERVED.has(name);
