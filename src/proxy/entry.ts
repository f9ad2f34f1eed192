import { proxyMain } from "./main.ts";

process.exitCode = await proxyMain(process.argv.slice(2));
