export { filesOn } from "./files.ts";
export { launchScript } from "./launch-script.ts";
