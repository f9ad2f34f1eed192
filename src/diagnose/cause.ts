/** A known reason why a service ends: the line that shows it, what it means, what to change. Exported by hardware, connectors, engines. */
export interface Cause {
  /** The name for `pdctl explain`, such as `device-memory`. */
  readonly id: string;
  /** Tested against single lines of the service's log. */
  readonly pattern: RegExp;
  /** pdctl's reading of it, one clause. */
  readonly says: string;
  /** What to change: key, value, command. One per line. */
  readonly remedy: readonly string[];
  /** Only where no other cause knows a line: it says of which kind the trouble is, not what it is. */
  readonly wide?: boolean;
  /** Follows from another death (a rank that lost its peer): never the first cause while another one is there. */
  readonly follows?: boolean;
}
