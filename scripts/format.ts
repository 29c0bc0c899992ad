// Usage: npm run format            writes
//        npm run format:check      says which files are not formatted, and changes none
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { format, formatCheck } from "./lib/gates.ts";

const { check } = npmScript("format", "Formats .proto, TypeScript, JSON and YAML files.")
  .option("--check", "say which are not formatted, and change none")
  .parse()
  .opts<{ check?: true }>();

await main(check ? formatCheck : format);
