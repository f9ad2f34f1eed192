import { certificate, environmentName, secondsOrNone, text } from "./check.ts";
import type { Settings } from "./setting.ts";

/** Who may come in, and how it ends. Source: proxy-protocols.md §3.0 */
export const ofAccess = {
  admin_api_key_env: {
    topic: "doors",
    check: environmentName,
    says: "The environment variable that holds the key of the admin API.",
    unset: "the admin API answers only on the proxy's own machine",
    flags: ["admin-api-key-env"],
    takes: "NAME",
  },
  api_key_env: {
    topic: "doors",
    check: environmentName,
    says: "The environment variable that holds the keys of clients, separated by commas; others get 401.",
    unset: "every client is let in",
    flags: ["api-key-env"],
    takes: "NAME",
  },
  api_keys_file: {
    topic: "doors",
    check: text,
    says: "More keys of clients, one per line, read again at every reload.",
    unset: "none but those of api_key_env",
    flags: ["api-keys-file"],
    takes: "FILE",
  },
  upstream_api_key_env: {
    topic: "doors",
    check: environmentName,
    says: "The environment variable that holds the engines' own key, sent in the place of the client's.",
    unset: "engines get the client's Authorization",
    flags: ["upstream-api-key-env"],
    takes: "NAME",
  },
  tls: {
    topic: "doors",
    check: certificate,
    says: "The PEM files of certificate chain and key, read again at every reload.",
    unset: "plain HTTP",
    flags: ["tls"],
    takes: "CERT,KEY",
  },
  notice_seconds: {
    topic: "doors",
    check: secondsOrNone,
    says: "After SIGTERM, how long /health says no while requests are still let in, so that load balancers notice.",
    flags: ["notice"],
    takes: "SECONDS",
  },
  grace_seconds: {
    topic: "doors",
    check: secondsOrNone,
    says: "After SIGTERM, how long requests that run may take to end; then they are broken off.",
    flags: ["grace"],
    takes: "SECONDS",
  },
} satisfies Partial<Settings>;
