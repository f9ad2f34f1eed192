export type Placement = "pack" | "spread";

/** Devices that nobody holds yet, by node; the one object that placing changes. */
export type Room = Map<string, number>;

/**
 * A node for each instance, in order; undefined where none has room. `pack` fills a node before it takes the next, `spread` takes the node
 * with the fewest of these instances. Only instances that fit into one node can be placed. What is placed is taken out of the room.
 */
export function place(
  how: Placement,
  wanted: readonly number[],
  nodes: readonly string[],
  room: Room,
): readonly (string | undefined)[] {
  const held = new Map(nodes.map((node) => [node, 0]));
  return wanted.map((devices) => {
    const fitting = nodes.filter((node) => (room.get(node) ?? 0) >= devices);
    const fewest = Math.min(...fitting.map((node) => held.get(node) ?? 0));
    const node = how === "pack" ? fitting[0] : fitting.find((one) => held.get(one) === fewest);
    if (node === undefined) return undefined;
    held.set(node, (held.get(node) ?? 0) + 1);
    take(room, node, devices);
    return node;
  });
}

export function take(room: Room, node: string, devices: number): void {
  room.set(node, (room.get(node) ?? 0) - devices);
}
