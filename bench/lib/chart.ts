import type { Growth, Measurement, Section } from "./measure.ts";
import { formatRatio, formatValue, isOurs } from "./report.ts";

// All in pixels of the SVG.
const margin = 24;
const columns = 4;
const panelWidth = 270;
const gap = 20;
const width = 2 * margin + columns * panelWidth + (columns - 1) * gap;
const barHeight = 13;
const rowHeight = 17;
const labelWidth = 142;
const chartWidth = 640;
const chartHeight = 240;

/** Colours for light and dark surroundings. */
const style = `
  svg { --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --ours: #0969da; --other: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --ours: #4493f8; --other: #59636e; }
  }
  text { font: 11px system-ui, sans-serif; fill: var(--text); }
  .title { font-size: 16px; font-weight: 600; }
  .panel { font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .middle { text-anchor: middle; }
  .end { text-anchor: end; }
  .ours { --colour: var(--ours); }
  .other { --colour: var(--other); }
  rect { fill: var(--colour, var(--ground)); }
  polyline { fill: none; stroke: var(--colour); stroke-width: 2; }
  .axis { fill: none; stroke: var(--line); }
`;

/** Draws a bar for each value, ours in colour, and lines of the growth. */
export function toSvg(sections: Section[]): string {
  const parts = [text(margin, margin + 10, "Shorter is better; blue is ours.", "quiet")];
  let y = 2 * margin;
  for (const { title, implementations, measurements, growth } of sections) {
    parts.push(text(margin, y + 14, title, "title"));
    y += 36;
    for (let first = 0; first < measurements.length; first += columns) {
      for (const [i, measurement] of measurements.slice(first, first + columns).entries()) {
        parts.push(drawBars(implementations, measurement, margin + i * (panelWidth + gap), y));
      }
      y += 24 + implementations.length * rowHeight + 16;
    }
    if (growth !== undefined) {
      parts.push(text(margin, y + 4, "gzipped, by number of gateway services", "panel"));
      parts.push(drawLines(growth, margin, y + 20));
      y += 20 + chartHeight + 40;
    }
    y += 8;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="Size, speed and memory of @agynio/api, compared with other implementations">
<style>${style}</style>
<rect width="100%" height="100%"/>
${parts.join("\n")}
</svg>
`;
}

const colourOf = (implementation: string) => (isOurs(implementation) ? "ours" : "other");

/** Draws one measurement; its longest bar leaves room for the ratio. */
function drawBars(implementations: string[], measurement: Measurement, x: number, y: number): string {
  const { values, unit, name } = measurement;
  const most = Math.max(...Object.values(values));
  const room = panelWidth - labelWidth - 40;
  const left = x + labelWidth;
  const bars = implementations.map((implementation, i) => {
    const value = values[implementation];
    const top = y + 10 + i * rowHeight;
    const baseline = top + barHeight - 3;
    const label = text(left - 6, baseline, implementation, "end");
    if (value === undefined) {
      return label + text(left, baseline, "–", "quiet");
    }
    const length = Math.max(1, (value / most) * room);
    const title = escapeXml(`${implementation}: ${formatValue(value, unit)}`);
    return `${label}<rect class="${colourOf(implementation)}" x="${left}" y="${top}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"><title>${title}</title></rect>${text(left + length + 4, baseline, formatRatio(value, measurement), "quiet")}`;
  });
  return `${text(x, y, name, "panel")}\n${bars.join("\n")}`;
}

/** Draws a line for each implementation, with its name and last value at the end. */
function drawLines({ counts, values }: Growth, x: number, y: number): string {
  const most = Math.max(...Object.values(values).flat());
  const left = x + 60;
  const right = left + chartWidth;
  const bottom = y + chartHeight;
  const xOf = (count: number) => left + (count / Math.max(...counts)) * chartWidth;
  const yOf = (value: number) => bottom - (value / most) * chartHeight;
  const axis = [
    `<path class="axis" d="M${left} ${y}V${bottom}H${right}"/>`,
    ...[most / 2, most].map((value) =>
      text(left - 6, yOf(value) + 4, formatValue(value, "bytes"), "quiet end"),
    ),
    ...counts.map((count) => text(xOf(count), bottom + 16, `${count}`, "quiet middle")),
  ];
  const lines = Object.entries(values).map(([name, sizes]) => {
    const points = sizes.map((size, i) => `${xOf(counts[i] ?? 0).toFixed(1)},${yOf(size).toFixed(1)}`);
    return `<polyline class="${colourOf(name)}" points="${points.join(" ")}"/>`;
  });
  // From the lowest label up, each at least a line above the one before.
  let free = Number.POSITIVE_INFINITY;
  const labels = Object.entries(values)
    .map(([name, sizes]) => ({ name, last: sizes.at(-1) ?? 0 }))
    .toSorted((a, b) => a.last - b.last)
    .map(({ name, last }) => {
      free = Math.min(yOf(last), free - 14);
      return text(right + 8, free + 4, `${name} ${formatValue(last, "bytes")}`);
    });
  // Reversed, so that our lines, the first, are on top.
  return [...axis, ...lines.toReversed(), ...labels].join("\n");
}

const text = (x: number, y: number, content: string, kind = "") =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${escapeXml(content)}</text>`;

const escapeXml = (content: string) =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
