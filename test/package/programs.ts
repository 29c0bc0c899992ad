import { connectV1, versionsOf } from "../support/dependencies.ts";
import type { FlavourName } from "../support/flavours.ts";

const connect = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node"];

/**
 * Returns the major versions that this repository depends on, as README names them: npm installs the newest release
 * whose `engines` accept the Node.js that runs it.
 */
const majorsOf = (...args: Parameters<typeof versionsOf>) =>
  Object.fromEntries(
    Object.entries(versionsOf(...args)).map(([name, version]) => [name, `${parseInt(version, 10)}`]),
  );

/** The projects that run every flavour, and a project without grpc-js, which Connect 2 does not need. */
export const projects = {
  "protobuf-es 2": {
    flavours: ["es", "ts-proto"],
    dependencies: majorsOf([...connect, "@grpc/grpc-js", "nice-grpc"]),
  },
  "protobuf-es 1": { flavours: ["connect-v1"], dependencies: majorsOf(connect, connectV1) },
} satisfies Record<string, Project>;
export const withoutGrpc: Project = { flavours: ["es"], dependencies: majorsOf(connect) };

export interface Project {
  flavours: FlavourName[];
  /** Versions by package name, as in a package.json. */
  dependencies: Record<string, string>;
}

/** The imports of a program, and the text after them, which is JavaScript and strict TypeScript. */
interface Program {
  imports: [names: string[], from: string][];
  body: string;
}

const connectCall = `const server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        void router.service(RunnersGateway, { getWorkload: () => ({ workload: copy }) }),
    }),
  );
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const address = server.address();
  const baseUrl = \`http://127.0.0.1:\${typeof address === "object" ? address?.port : ""}\`;
  const client = createClient(RunnersGateway, createConnectTransport({ baseUrl, httpVersion: "1.1" }));
  const { workload: got } = await client.getWorkload({ id: "w1" });
  server.closeAllConnections();
  server.close();
  return [RunnersGateway.typeName, got?.meta?.id, WorkloadStatus[got?.status ?? 0]].join(" ");`;

const connectImports: Program["imports"] = [
  [["createServer"], "node:http"],
  [["createClient"], "@connectrpc/connect"],
  [["connectNodeAdapter", "createConnectTransport"], "@connectrpc/connect-node"],
];

/**
 * For each flavour, the body of a function that encodes and decodes a message, serves it, calls the server for it, and
 * returns the line in `printed`.
 */
const programs: Record<FlavourName, Program> = {
  es: {
    imports: [
      ...connectImports,
      [["create", "fromBinary", "toBinary"], "@bufbuild/protobuf"],
      [["RunnersGateway"], "@agynio/api/gateway/v1"],
      [["WorkloadSchema", "WorkloadStatus"], "@agynio/api/runners/v1"],
    ],
    body: `const workload = create(WorkloadSchema, { meta: { id: "w1" }, status: WorkloadStatus.RUNNING });
  const copy = fromBinary(WorkloadSchema, toBinary(WorkloadSchema, workload));
  // @ts-expect-error There is no such field.
  create(WorkloadSchema, { runerId: "r1" });
  ${connectCall}`,
  },
  "connect-v1": {
    imports: [
      ...connectImports,
      [["RunnersGateway"], "@agynio/api/connect-v1/gateway/v1"],
      [["Workload", "WorkloadStatus"], "@agynio/api/connect-v1/runners/v1"],
    ],
    body: `const workload = new Workload({ meta: { id: "w1" }, status: WorkloadStatus.RUNNING });
  const copy = Workload.fromBinary(workload.toBinary());
  // @ts-expect-error There is no such field.
  new Workload({ runerId: "r1" });
  ${connectCall}`,
  },
  "ts-proto": {
    imports: [
      [["createChannel", "createClient", "createServer"], "nice-grpc"],
      [["credentials"], "@grpc/grpc-js"],
      [["RunnersGatewayClient", "RunnersGatewayDefinition"], "@agynio/api/ts-proto/gateway/v1"],
      [["GetWorkloadRequest", "Workload", "WorkloadStatus"], "@agynio/api/ts-proto/runners/v1"],
    ],
    body: `const status = WorkloadStatus.WORKLOAD_STATUS_RUNNING;
  const copy = Workload.decode(Workload.encode(Workload.fromPartial({ meta: { id: "w1" }, status })).finish());
  // @ts-expect-error There is no such field.
  copy.runerId;
  const server = createServer();
  // The RPCs that it implements: the gateway may have more.
  const { getWorkload, listWorkloadsByThread } = RunnersGatewayDefinition.methods;
  server.add({ ...RunnersGatewayDefinition, methods: { getWorkload, listWorkloadsByThread } }, {
    getWorkload: async () => ({ workload: copy }),
    listWorkloadsByThread: async () => ({ workloads: [copy] }),
  });
  const address = \`127.0.0.1:\${await server.listen("127.0.0.1:0")}\`;
  const channel = createChannel(address);
  const { workloads } = await createClient(RunnersGatewayDefinition, channel).listWorkloadsByThread({});
  channel.close();
  const client = new RunnersGatewayClient(address, credentials.createInsecure());
  const name = await new Promise((done, fail) => {
    // The request may have more fields.
    const request = GetWorkloadRequest.fromPartial({ id: workloads[0]?.meta?.id ?? "" });
    client.getWorkload(request, (error, response) =>
      error ? fail(error) : done(WorkloadStatus[response.workload?.status ?? 0]),
    );
  });
  client.close();
  await server.shutdown();
  return [RunnersGatewayDefinition.fullName, workloads[0]?.meta?.id, name].join(" ");`,
  },
};

/** The output of the programs. */
export const printed: Record<FlavourName, string> = {
  es: "agynio.api.gateway.v1.RunnersGateway w1 RUNNING",
  "connect-v1": "agynio.api.gateway.v1.RunnersGateway w1 RUNNING",
  "ts-proto": "agynio.api.gateway.v1.RunnersGateway w1 WORKLOAD_STATUS_RUNNING",
};

/** The syntax of imports in an ES module, in a CommonJS module, and in a CommonJS module in TypeScript. */
const syntaxes = {
  esm: (names: string, from: string) => `import ${names} from "${from}";`,
  cjs: (names: string, from: string) => `const ${names} = require("${from}");`,
  cts: (names: string, from: string, i: number) =>
    `import m${i} = require("${from}");\nconst ${names} = m${i};`,
};

/**
 * Returns the program of a flavour.
 *
 * @param end The statement that uses the function `main`.
 */
export function program(
  flavour: FlavourName,
  syntax: keyof typeof syntaxes,
  end = "main().then(console.log);",
): string {
  const { imports, body } = programs[flavour];
  const lines = imports.map(([names, from], i) => syntaxes[syntax](`{ ${names.join(", ")} }`, from, i));
  return `${lines.join("\n")}\nasync function main() {\n  ${body}\n}\n${end}\n`;
}
