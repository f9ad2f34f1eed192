import { simMain } from "./main.ts";

process.exit(await simMain(process.argv.slice(2)));
