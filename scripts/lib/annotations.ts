/** Whether this runs in GitHub Actions, which shows annotations on the lines that a pull request changes. */
const isWanted = () => process.env.GITHUB_ACTIONS === "true";

/**
 * An error as an annotation of GitHub Actions; nothing outside of it.
 * Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 *
 * @param properties Where it is, and its title: file, line, endLine, col, endColumn, title; those that are
 *   undefined are left out.
 */
export function annotation(properties: Record<string, string | number | undefined>, message: string): string {
  if (!isWanted()) {
    return "";
  }
  const given = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::error ${given.join(",")}::${escapeData(message)}\n`;
}

/** Annotations for the lines of an output that begin with their place, as in "a/b.proto:3:1:What is wrong". */
export function annotationsOf(output: string): string {
  const places = output.matchAll(/^([^\s:]+):(\d+):(\d+):\s*(.+)$/gm);
  return [...places]
    .map(([, file, line, col, message]) => annotation({ file, line, col }, message ?? ""))
    .join("");
}

const escapeData = (text: string) =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string) => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
