/** What both clients of an engine keep to. Source: proxy-protocols.md §3.12. */
export const CONNECT_MS = 5_000;
/** uvicorn closes idle connections after 5 s: let go before it does. */
export const IDLE_MS = 4_000;
/** News of an idle connection's end is one round trip away; what dies later had begun to work. */
export const IDLE_CLOSE_MS = 1_000;
