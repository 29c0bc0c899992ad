import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DescMessage, type FileRegistry, fromJson, type JsonObject, toBinary } from "@bufbuild/protobuf";

/** A message that the codecs are measured with. */
export interface Sample {
  /** Name of its file, without `.binpb`. */
  name: string;
  /** For people. */
  title: string;
  typeName: string;
  /** Fewest bytes that it can have if it is what its title says. */
  atLeast: number;
  json: JsonObject;
}

/** A UUID that is the same in each run. */
const uuid = (kind: number, n: number) =>
  `${(kind * 0x1f3d5b79 + n * 0x9e3779b1).toString(16).slice(-8).padStart(8, "0")}-5a3e-4c1d-8f20-${(kind * 1e9 + n * 7919).toString(16).padStart(12, "0")}`;

const workload = (n: number): JsonObject => ({
  meta: {
    id: uuid(1, n),
    createdAt: new Date(Date.UTC(2026, 0, 1) + n * 61_007).toISOString(),
    updatedAt: new Date(Date.UTC(2026, 0, 2) + n * 67_021).toISOString(),
  },
  runnerId: uuid(2, n % 7),
  threadId: uuid(3, n),
  agentId: uuid(4, n % 11),
  organizationId: uuid(5, 0),
  status: 1 + (n % 5),
  containers: ["main", "mcp-filesystem", "clone"].slice(0, 1 + (n % 3)).map((name, i) => ({
    containerId: uuid(6 + i, n)
      .replaceAll("-", "")
      .repeat(2),
    name,
    role: 1 + i,
    image: `registry.example.com/agents/${name}:1.${n % 20}.0`,
    status: 1 + (n % 3),
  })),
  zitiIdentityId: uuid(9, n).slice(0, 10),
});

const text = (key: string, stringValue: string): JsonObject => ({ key, value: { stringValue } });
const number = (key: string, intValue: number): JsonObject => ({ key, value: { intValue } });
const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 167 + seed * 31 + (i >> 8)) & 0xff)).toString("base64");

/** What is encoded and decoded: what the platform sends most, and what is most of its traffic. */
export const samples: Sample[] = [
  {
    name: "page",
    title: "a page of 100 workloads",
    typeName: "agynio.api.runners.v1.ListWorkloadsResponse",
    atLeast: 30_000,
    json: { workloads: Array.from({ length: 100 }, (_, n) => workload(n)), nextPageToken: uuid(10, 0) },
  },
  {
    name: "small",
    title: "one small message",
    typeName: "agynio.api.runners.v1.GetWorkloadRequest",
    atLeast: 38,
    json: { id: uuid(1, 1) },
  },
  {
    name: "chunk",
    title: "a 1 MiB upload chunk",
    typeName: "agynio.api.files.v1.UploadFileRequest",
    atLeast: 2 ** 20,
    json: { chunk: { data: bytes(2 ** 20, 1) } },
  },
  {
    name: "span",
    title: "a span with 12 attributes",
    typeName: "opentelemetry.proto.trace.v1.Span",
    atLeast: 500,
    json: {
      traceId: bytes(16, 2),
      spanId: bytes(8, 3),
      parentSpanId: bytes(8, 4),
      flags: 0x101,
      name: "llm.call",
      kind: 3,
      // google-protobuf has 64-bit numbers as doubles, which hold these.
      startTimeUnixNano: "1767225600123456768",
      endTimeUnixNano: "1767225604987654400",
      attributes: [
        text("service.name", "agents-orchestrator"),
        text("rpc.system", "connect_rpc"),
        text("rpc.service", "agynio.api.llm.v1.LLMService"),
        text("rpc.method", "CreateResponse"),
        text("thread.id", uuid(3, 5)),
        text("agent.id", uuid(4, 5)),
        text("gen_ai.request.model", "large-2026-01"),
        number("gen_ai.usage.input_tokens", 18_231),
        number("gen_ai.usage.output_tokens", 977),
        { key: "gen_ai.request.temperature", value: { doubleValue: 0.7 } },
        { key: "retry", value: { boolValue: true } },
        {
          key: "gen_ai.response.finish_reasons",
          value: { arrayValue: { values: [{ stringValue: "stop" }, { stringValue: "length" }] } },
        },
      ],
      events: [
        { timeUnixNano: "1767225601000000000", name: "first token", attributes: [number("tokens", 1)] },
        { timeUnixNano: "1767225604000000000", name: "last token", attributes: [number("tokens", 977)] },
      ],
      status: { code: 1 },
    },
  },
];

/**
 * Encodes the samples into `<folder>/<name>.binpb`.
 *
 * @throws Error when a sample has become smaller than what its title promises.
 */
export function writeSamples(registry: FileRegistry, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, title, typeName, atLeast, json } of samples) {
    const desc = registry.getMessage(typeName) as DescMessage;
    const encoded = toBinary(desc, fromJson(desc, json));
    if (encoded.length < atLeast) {
      throw new Error(`The sample of ${title} has ${encoded.length} bytes; it is to have ${atLeast}`);
    }
    writeFileSync(join(folder, `${name}.binpb`), encoded);
  }
}
