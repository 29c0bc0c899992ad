import type { JsonObject } from "@bufbuild/protobuf";

/** A message that the codecs are measured with. */
interface Sample {
  title: string;
  typeName: string;
  json: JsonObject;
}

/** Returns a UUID that is the same in each run. */
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

/** Returns pseudorandom bytes in base64. */
const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 167 + seed * 31 + (i >> 8)) & 0xff)).toString("base64");

/** Returns OpenTelemetry attributes: values of AnyValue by key. */
const attributes = (values: Record<string, JsonObject>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

const event = (name: string, timeUnixNano: string, tokens: number): JsonObject => ({
  name,
  timeUnixNano,
  attributes: attributes({ tokens: { intValue: tokens } }),
});

/** The messages that the platform sends most often, and those that make up most of its traffic. */
export const samples: Sample[] = [
  {
    title: "a page of 100 workloads",
    typeName: "agynio.api.runners.v1.ListWorkloadsResponse",
    json: { workloads: Array.from({ length: 100 }, (_, n) => workload(n)), nextPageToken: uuid(10, 0) },
  },
  {
    title: "one small message",
    typeName: "agynio.api.runners.v1.GetWorkloadRequest",
    json: { id: uuid(1, 1) },
  },
  {
    title: "a 1 MiB upload chunk",
    typeName: "agynio.api.files.v1.UploadFileRequest",
    json: { chunk: { data: bytes(2 ** 20, 1) } },
  },
  {
    title: "a span with 12 attributes",
    typeName: "opentelemetry.proto.trace.v1.Span",
    json: {
      traceId: bytes(16, 2),
      spanId: bytes(8, 3),
      parentSpanId: bytes(8, 4),
      flags: 0x101,
      name: "llm.call",
      kind: 3,
      startTimeUnixNano: "1767225600123456768",
      endTimeUnixNano: "1767225604987654400",
      attributes: attributes({
        "service.name": { stringValue: "agents-orchestrator" },
        "rpc.system": { stringValue: "connect_rpc" },
        "rpc.service": { stringValue: "agynio.api.llm.v1.LLMService" },
        "rpc.method": { stringValue: "CreateResponse" },
        "thread.id": { stringValue: uuid(3, 5) },
        "agent.id": { stringValue: uuid(4, 5) },
        "gen_ai.request.model": { stringValue: "large-2026-01" },
        "gen_ai.usage.input_tokens": { intValue: 18_231 },
        "gen_ai.usage.output_tokens": { intValue: 977 },
        "gen_ai.request.temperature": { doubleValue: 0.7 },
        retry: { boolValue: true },
        "gen_ai.response.finish_reasons": {
          arrayValue: { values: [{ stringValue: "stop" }, { stringValue: "length" }] },
        },
      }),
      events: [
        event("first token", "1767225601000000000", 1),
        event("last token", "1767225604000000000", 977),
      ],
      status: { code: 1 },
    },
  },
];
