/**
 * Returns the path from which consumers import a proto package: `@agynio/api/metering/v1` for agynio.api.metering.v1;
 * undefined if the package's name does not begin with the npm package's name.
 */
export function importPathOf(packageName: string, npmName: string | undefined): string | undefined {
  const prefix = `${npmName?.replace(/^@/, "").replaceAll("/", ".")}.`;
  return npmName && packageName.startsWith(prefix)
    ? `${npmName}/${packageName.slice(prefix.length).replaceAll(".", "/")}`
    : undefined;
}

/** Returns that a package is new, and its import path. */
export function describeNew(
  name: string,
  npmName: string | undefined,
  code: (text: string) => string,
): string {
  const path = importPathOf(name, npmName);
  return `new package${path ? `, import from ${code(path)}` : ""}`;
}
