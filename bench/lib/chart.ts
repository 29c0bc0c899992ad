import { formatRatio, formatValue, leastOf, type Results } from "./report.js";
import type { Growth, Measurement, Section } from "./result.js";

// All in pixels of the SVG.
const margin = 24;
const columns = 4;
const panelWidth = 270;
const gap = 20;
const width = 2 * margin + columns * panelWidth + (columns - 1) * gap;
const barHeight = 13;
const rowHeight = 17;
const labelWidth = 142;

/** Colours for light and for dark surroundings, on a ground of the chart's own. */
const style = `
  svg { --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --ours: #0969da; --other: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --ours: #4493f8; --other: #59636e; }
  }
  text { font: 11px system-ui, sans-serif; fill: var(--text); }
  .title { font-size: 16px; font-weight: 600; }
  .panel { font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .ours { fill: var(--ours); }
  .other { fill: var(--other); }
  .line { fill: none; stroke: var(--other); stroke-width: 2; }
  .line.ours { stroke: var(--ours); }
  .axis { stroke: var(--line); }
`;

/** Draws the results: for each measurement a bar for every implementation, ours in colour, and the growth. */
export function toSvg({ sections, growth }: Results): string {
  const parts = [text(margin, margin + 10, "Shorter is better; blue is ours.", "quiet")];
  let y = 2 * margin;
  for (const section of sections) {
    parts.push(text(margin, y + 14, section.title, "title"));
    y += 36;
    for (let first = 0; first < section.measurements.length; first += columns) {
      const row = section.measurements.slice(first, first + columns);
      row.forEach((measurement, i) => {
        parts.push(panel(section, measurement, margin + i * (panelWidth + gap), y));
      });
      y += 24 + section.implementations.length * rowHeight + 16;
    }
    y += 8;
  }
  parts.push(text(margin, y + 14, growth.title, "title"), lines(growth, margin, y + 34));
  y += 34 + chartHeight + 40 + margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="What @agynio/api costs beside other implementations">
<style>${style}</style>
<rect width="100%" height="100%" fill="var(--ground)"/>
${parts.join("\n")}
</svg>
`;
}

/** Bars of one measurement, the longest as wide as there is room for. */
function panel(section: Section, measurement: Measurement, x: number, y: number): string {
  const { values, unit, name } = measurement;
  const least = leastOf(measurement);
  const most = Math.max(...Object.values(values));
  // Beside the longest bar stands its ratio.
  const room = panelWidth - labelWidth - 40;
  const bars = section.implementations.map((implementation, i) => {
    const value = values[implementation];
    const top = y + 10 + i * rowHeight;
    const label = text(x + labelWidth - 6, top + barHeight - 3, implementation, "", "end");
    if (value === undefined) {
      return label + text(x + labelWidth, top + barHeight - 3, "–", "quiet");
    }
    const length = Math.max(1, (value / most) * room).toFixed(1);
    const kind = i < section.ours ? "ours" : "other";
    return `${label}<rect class="${kind}" x="${x + labelWidth}" y="${top}" width="${length}" height="${barHeight}" rx="2"><title>${escaped(`${implementation}: ${formatValue(value, unit)}`)}</title></rect>${text(
      x + labelWidth + Number(length) + 4,
      top + barHeight - 3,
      formatRatio(value, least),
      "quiet",
    )}`;
  });
  return `${text(x, y, name, "panel")}\n${bars.join("\n")}`;
}

const chartWidth = 640;
const chartHeight = 240;

/** Lines of how values grow, each named at its end. */
function lines({ counts, values, unit, ours }: Growth, x: number, y: number): string {
  const most = Math.max(...Object.values(values).flat());
  const last = Math.max(...counts);
  const left = x + 60;
  const xOf = (count: number) => left + (count / last) * chartWidth;
  const yOf = (value: number) => y + chartHeight - (value / most) * chartHeight;
  const axis = `<path class="axis" fill="none" d="M${left} ${y}V${y + chartHeight}H${left + chartWidth}"/>
${[0.5, 1].map((part) => text(left - 6, yOf(most * part) + 4, formatValue(most * part, unit), "quiet", "end")).join("\n")}
${counts.map((count) => text(xOf(count), y + chartHeight + 16, `${count}`, "quiet", "middle")).join("\n")}`;
  const ends = apart(Object.entries(values).map(([name, list]) => ({ name, y: yOf(list.at(-1) as number) })));
  const drawn = Object.entries(values).map(([name, list], i) => {
    const points = list.map(
      (value, at) => `${xOf(counts[at] as number).toFixed(1)},${yOf(value).toFixed(1)}`,
    );
    const end = `${name} ${formatValue(list.at(-1) as number, unit)}`;
    return `<polyline class="line ${i < ours ? "ours" : ""}" points="${points.join(" ")}"/>
${text(left + chartWidth + 8, (ends.get(name) as number) + 4, end)}`;
  });
  return `${axis}\n${drawn.toReversed().join("\n")}`;
}

/** Moves labels that would lie on each other apart: heights by name. */
function apart(labels: { name: string; y: number }[]): Map<string, number> {
  const placed = new Map<string, number>();
  let free = Number.POSITIVE_INFINITY;
  for (const { name, y } of labels.toSorted((a, b) => b.y - a.y)) {
    const at = Math.min(y, free - 14);
    placed.set(name, at);
    free = at;
  }
  return placed;
}

function text(x: number, y: number, content: string, kind = "", anchor = "start"): string {
  const attributes = `${kind ? ` class="${kind}"` : ""}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${escaped(content)}</text>`;
}

const escaped = (content: string) =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
