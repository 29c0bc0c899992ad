import type { Contents, ContractDiff, Entry } from "./model.js";
import { shortName } from "./placement.js";
import { count, kindName, summary, weight } from "./summary.js";

/** What one side has of a group: the entries of a package, or of a service or resource in it. */
interface Group {
  /** "" for what belongs to none. */
  name: string;
  entries: Entry[];
}

function groupBy(entries: Entry[], key: (entry: Entry) => string | undefined): Group[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = key(entry) ?? "";
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups].map(([name, members]) => ({ name, entries: members }));
}

const title = ({ before, after }: ContractDiff) => `${before.label} → ${after.label}`;

/** What a package's heading says of it beside its name. */
function fate(entries: Entry[]): string {
  const own = entries.find(({ kind }) => kind === "package");
  const words = [
    ...(own ? [own.action === "added" ? "new package" : "package removed"] : []),
    ...(own?.weight === "breaking" ? ["breaking"] : []),
  ];
  return words.length > 0 ? ` (${words.join(", ")})` : "";
}

/** All changes for a terminal, by package, service and resource. */
export function toTerminal(diff: ContractDiff): string {
  const packages = groupBy(diff.entries, (entry) => entry.package).map(({ name, entries }) =>
    [
      `${name}${fate(entries)}`,
      ...places(entries).flatMap(({ name: place, entries: members }) => [
        ...(place === "" ? [] : [`  ${place}`]),
        ...collapsed(members).flatMap((entry) => lines(entry).map((line) => `    ${line}`)),
      ]),
    ].join("\n"),
  );
  return `${[`${title(diff)}\n${summary(diff)}`, ...packages].join("\n\n")}\n`;
}

/** All changes as Markdown, for a pull request or a changelog. */
export function toMarkdown(diff: ContractDiff): string {
  const bump = weight(diff);
  const packages = groupBy(diff.entries, (entry) => entry.package).map(({ name, entries }) =>
    [
      `### \`${name}\`${fate(entries)}`,
      ...places(entries).map(({ name: place, entries: members }) =>
        [
          ...(place === "" ? [] : [`**${place}**\n`]),
          ...collapsed(members).map((entry) => {
            const [first = "", ...more] = markdownLines(entry);
            return [`- ${first}`, ...more.map((line) => `  ${line}`)].join("\n");
          }),
        ].join("\n"),
      ),
    ].join("\n\n"),
  );
  const head = summary(diff).replace(/^\w+:/, bump ? `**${bump}**:` : "$&");
  return `${[head, ...packages].join("\n\n")}\n`;
}
