/** What is left on each node after `down`, and where that stands written. */
export interface ReceiptData {
  readonly nodes: readonly ReceiptRow[];
  readonly file?: string;
}
export interface ReceiptRow {
  readonly node: string;
  /** null: unknown, the node did not answer. */
  readonly processes: number | null;
  readonly ports: number | null;
  /** "as before up", "+54.1 GiB" … or null when unknown; `-` where no accelerator tool is there. */
  readonly deviceMemory: string | null;
  readonly sharedMemory: number | null;
  readonly files: number | null;
}
