// Usage: npm run format            formats files
//        npm run format:check      lists files that are not formatted, and changes none
import { checkFormat, format } from "./lib/check/gates.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

const { check } = npmScript("format", "Formats .proto, TypeScript, JSON and YAML files.")
  .option("--check", "list the files that are not formatted, and change none")
  .parse()
  .opts<{ check?: true }>();

await runCommand(check ? checkFormat : format);
