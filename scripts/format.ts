// Usage: npm run format            writes
//        npm run format:check      says which files are not formatted, and changes none
import { Command } from "commander";
import { main } from "./lib/errors.ts";
import { format, formatCheck } from "./lib/gates.ts";

const { check } = new Command("format").option("--check", "change nothing").parse().opts<{ check?: true }>();

await main(check ? formatCheck : format);
