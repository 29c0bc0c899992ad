// NestJS and proto-loader, with the options that docs/recipes.md prints.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Consumer, manifestWith } from "../support/consumer.ts";
import { files } from "../support/contract.ts";
import { versionsOf } from "../support/dependencies.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippet } from "../support/snippets.ts";

const grpc = { ...versionsOf(["@bufbuild/protobuf", "@grpc/grpc-js"]), "@grpc/proto-loader": "^0.8.0" };
const nest = {
  ...Object.fromEntries(["common", "core", "microservices"].map((name) => [`@nestjs/${name}`, "^11.0.0"])),
  "reflect-metadata": "^0.2.0",
  rxjs: "^7.8.0",
};

/**
 * A microservice and a client with options of docs/recipes.md.
 *
 * @param method The arguments of the decorator.
 * @param types The types of handlers, and the functions that complete a request and a response.
 */
const programs = (options: string, method: string, types: string) => ({
  [`${options}.types.cts`]: types,
  [`${options}.server.cts`]: `
import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { GrpcMethod, type MicroserviceOptions } from "@nestjs/microservices";
import { runners } from "./${options}.cjs";
import { completeResponse, type Request, type Response } from "./${options}.types.cjs";

@Controller()
class Runners {
  @GrpcMethod(${method})
  getWorkload({ id }: Request): Response {
    return completeResponse({ workload: { meta: { id }, runnerId: "r1" } });
  }
}

@Module({ controllers: [Runners] })
class App {}

const logger = ["error" as const, "warn" as const];
NestFactory.createMicroservice<MicroserviceOptions>(App, { ...runners, logger }).then((app) => app.listen());
`,
  [`${options}.client.cts`]: `
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { type ClientGrpc, ClientsModule } from "@nestjs/microservices";
import { firstValueFrom, type Observable } from "rxjs";
import { runners } from "./${options}.cjs";
import { completeRequest, type Response } from "./${options}.types.cjs";

@Module({ imports: [ClientsModule.register([{ name: "RUNNERS", ...runners }])] })
class App {}

async function main() {
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  type Runners = { getWorkload(request: object): Observable<Response> };
  const client = app.get<ClientGrpc>("RUNNERS").getService<Runners>("RunnersService");
  const { workload } = await firstValueFrom(client.getWorkload(completeRequest({ id: "w1" })));
  console.log(workload?.meta?.id, workload?.runnerId);
  await app.close();
}
main();
`,
});

/** The options of docs/recipes.md: with .proto files, and with generated code. */
const variants = ["loader", "code"];

let consumer: Consumer;
/** The free port in place of the printed port. */
let ports: { 50051: number };
beforeAll(async () => {
  ports = { 50051: await freePort() };
  consumer = await Consumer.install({ ...grpc, ...nest, "@yarnpkg/cli-dist": "^4.0.0" });
  consumer.write({
    "loader.cts": readSnippet("docs/recipes.md: NestJS 0", ports),
    "code.cts": readSnippet("docs/recipes.md: NestJS 1", ports),
    "client.cjs": readSnippet("docs/recipes.md: proto-loader 0", ports),
    ...programs(
      "loader",
      '"RunnersService"',
      `
export interface Request { id: string }
export interface Response { workload?: { meta?: { id?: string }; runnerId: string } }
export const completeRequest = (request: Request) => request;
export const completeResponse = (response: Response) => response;
`,
    ),
    ...programs(
      "code",
      '"RunnersService", "getWorkload"',
      `
import { GetWorkloadRequest, GetWorkloadResponse } from "@agynio/api/ts-proto/runners/v1";
export type { GetWorkloadRequest as Request, GetWorkloadResponse as Response } from "@agynio/api/ts-proto/runners/v1";
export const completeRequest = GetWorkloadRequest.fromPartial;
export const completeResponse = GetWorkloadResponse.fromPartial;
`,
    ),
  });
  const sources = variants.flatMap((name) => [`${name}.server.cts`, `${name}.client.cts`]);
  await consumer.compile(sources, ["--experimentalDecorators", "--emitDecoratorMetadata"]);
});
afterAll(() => consumer?.remove());

test.each(variants)(
  "a NestJS microservice with the options of %s.cts answers NestJS and proto-loader",
  async (options) => {
    onTestFinished(await serve(consumer.folder, [`${options}.server.cjs`], ports[50051]));
    expect(await consumer.output("node", [`${options}.client.cjs`])).toBe("w1 r1\n");
    expect(await consumer.output("node", ["client.cjs"])).toBe("r1\n");
  },
);

test("proto-loader finds .proto files and imports under Yarn's Plug'n'Play, where packages are zip files", async () => {
  // They import OpenTelemetry's and Google's. protobufjs cannot read every legal file.
  const names = ["gateway/v1/tracing", "runners/v1/runners", "tracing/v1/tracing"].map(
    (name) => `agynio/api/${name}.proto`,
  );
  const client = readSnippet("docs/recipes.md: proto-loader 0", ports);
  consumer.write({
    "pnp/package.json": manifestWith(grpc),
    "pnp/yarn.lock": "",
    // In CI, Yarn rejects an installation that writes its lock file.
    "pnp/.yarnrc.yml": "enableImmutableInstalls: false\nenableTelemetry: false\n",
    "pnp/client.cjs": client,
    "pnp/all.cjs": `${client.split("const { agynio }")[0]}
const [root] = includeDirs;
const types = Object.keys(loadSync(${JSON.stringify(names)}, { includeDirs }));
console.log(JSON.stringify({ isZipped: root.includes(".zip"), types }));
`,
  });
  const yarn = (...args: string[]) =>
    consumer.output("node", ["node_modules/@yarnpkg/cli-dist/bin/yarn.js", "--cwd", "pnp", ...args]);
  await yarn("install");
  onTestFinished(await serve(consumer.folder, ["loader.server.cjs"], ports[50051]));
  expect(await yarn("node", "client.cjs")).toBe("r1\n");
  const loaded = JSON.parse(await yarn("node", "all.cjs"));
  expect(loaded.isZipped).toBe(true);
  const types = files
    .filter(({ proto }) => names.includes(proto.name) || proto.name.startsWith("opentelemetry/proto/trace/"))
    .flatMap((file) => [...file.messages, ...file.services]);
  expect(loaded.types).toEqual(expect.arrayContaining(types.map(({ typeName }) => typeName)));
});
