/** The pool alone: undici's index would bring fetch, caches and web sockets into a bundle that has to start in milliseconds. */
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export default Pool;
}
