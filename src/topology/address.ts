/** Four numbers of 0 to 255 with dots between them. */
export const isIPv4 = (text: string): boolean =>
  /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/.test(text);

/** Looks like IPv6: colons and hexadecimal digits, a zone behind %. */
export const isIPv6 = (text: string): boolean =>
  /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*(%[A-Za-z0-9._-]+)?$/.test(text);

/** A name or address that no program can take for an option. */
export const isHost = (text: string): boolean =>
  isIPv6(text) || (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) && text.length <= 253);
