import { appendFileSync } from "node:fs";

/** A message about a place, which GitHub Actions shows on the lines that a pull request changes. */
export interface Annotation {
  /** Default: error. */
  level?: "error" | "notice";
  message: string;
  title?: string | undefined;
  /** Path from the repository's root. */
  file?: string | undefined;
  /** Lines and columns count from 1. */
  line?: number | undefined;
  endLine?: number | undefined;
  col?: number | undefined;
  endColumn?: number | undefined;
}

/** Returns whether the environment is that of a job in GitHub Actions. */
const isGitHubActions = (env: NodeJS.ProcessEnv) => env.GITHUB_ACTIONS === "true";

/**
 * Returns annotations as GitHub Actions reads them from a job's output; "" in any other environment.
 * Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function formatAnnotations(annotations: Annotation[], env: NodeJS.ProcessEnv): string {
  return isGitHubActions(env) ? annotations.map(formatAnnotation).join("") : "";
}

function formatAnnotation({ level = "error", message, ...properties }: Annotation): string {
  const given = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${given.join(",")}::${escapeData(message)}\n`;
}

/** Returns an annotation for each line that begins with a place, as in "a/b.proto:3:1:Something is wrong". */
export function parseAnnotations(output: string): Annotation[] {
  return [...output.matchAll(/^([^\s:]+):(\d+):(\d+):\s*(.+)$/gm)].map(
    ([, file, line, col, message = ""]) => ({
      file,
      line: Number(line),
      col: Number(col),
      message,
    }),
  );
}

/** Returns a function that prints a line, and adds it to the summary of the job in GitHub Actions. */
export const printStep =
  ({ GITHUB_STEP_SUMMARY: summary }: NodeJS.ProcessEnv) =>
  (line: string): void => {
    console.log(line);
    if (summary) {
      appendFileSync(summary, `    ${line}\n`);
    }
  };

const escapeData = (text: string) =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string) => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
