/**
 * A TCP connection made by bash, for nodes whose sshd refuses forwarding: stdin and stdout are the two directions. The
 * sentinel of `boot.ts` goes before; `PD_HOST` and `PD_PORT` are assigned by the caller.
 */
export const RELAY = `
exec 3<>"/dev/tcp/$PD_HOST/$PD_PORT" || exit 7
printf +
cat <&3 & reader=$!
cat >&3
kill "$reader"
`;
