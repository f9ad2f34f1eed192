/** What the proxy costs, in costs of the floor: two legs on bare Node, and the relay of an event. */
export interface Costs {
  readonly request: number;
  readonly event: number;
}

/**
 * Runs the built proxy and the floor in turns and compares the CPU time that each took.
 * @param proxy the built program
 */
export function costs(proxy: string, rounds: number): Promise<Costs>;
