/** Bytes that two readers could take for different messages. Who meets them closes the connection. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}
