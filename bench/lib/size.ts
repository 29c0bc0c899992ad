import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FileRegistry } from "@bufbuild/protobuf";
import { type OutputOptions, rolldown } from "rolldown";
import { contractFiles } from "../../scripts/lib/contract.js";
import { type Folders, protobufjs } from "./alternatives.js";
import { type Growth, measurement, type Section } from "./result.js";

/** A service of the gateway, which clients outside the platform call. */
interface Gateway {
  /** Name of the service. */
  service: string;
  /** Its file, as an import names it, without `.proto`. */
  file: string;
}

/** How one implementation's users make clients of gateway services, for a browser. */
interface Kind {
  /** Folder in which its code and its runtime are. */
  folder: string;
  /** Folder of the code that the contract makes up; all else in a bundle is the runtime's. */
  contract: string;
  /** The program: a module that exports a client of each service, which can call all of its RPCs. */
  program(gateways: Gateway[]): string;
  /** What is to be generated for just these services first. */
  generate?(gateways: Gateway[]): Promise<void>;
}

/** Sizes in bytes. */
interface Size {
  minified: number;
  gzipped: number;
}

const ids = (gateways: Gateway[]) => gateways.map(({ service }) => service).join(", ");
const array = (gateways: Gateway[], item: (service: string) => string) =>
  `export const clients = [${gateways.map(({ service }) => item(service)).join(", ")}];\n`;
const importEach = (gateways: Gateway[], line: (gateway: Gateway) => string) =>
  gateways.map((gateway) => `${line(gateway)}\n`).join("");

const connect = `import { createClient, createPromiseClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
const transport = createConnectTransport({ baseUrl: "/" });
`;
const connect2 = connect.replace(", createPromiseClient", "");
const connect1 = connect.replace("createClient, ", "");

/** A unary call by Connect's protocol: what ts-proto and protobufjs leave to their users. */
const call = `const call = async (service, method, body) => {
  const headers = { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" };
  const response = await fetch(\`/\${service}/\${method}\`, { method: "POST", headers, body });
  if (!response.ok) throw new Error((await response.json()).message);
  return new Uint8Array(await response.arrayBuffer());
};
`;

function kinds(folders: Folders): Record<string, Kind> {
  const connectV2 = (gateways: Gateway[]) =>
    array(gateways, (service) => `createClient(${service}, transport)`);
  return {
    "@agynio/api": {
      folder: folders.es,
      contract: join(folders.es, "node_modules/@agynio/api"),
      program: (gateways) =>
        `import { ${ids(gateways)} } from "@agynio/api/gateway/v1";\n${connect2}${connectV2(gateways)}`,
    },
    "@agynio/api/connect-v1": {
      folder: folders.connectV1,
      contract: join(folders.connectV1, "node_modules/@agynio/api"),
      program: (gateways) =>
        `import { ${ids(gateways)} } from "@agynio/api/connect-v1/gateway/v1";\n${connect1}` +
        array(gateways, (service) => `createPromiseClient(${service}, transport)`),
    },
    "protoc-gen-es": {
      folder: folders.esDirectly,
      contract: folders.esDirectly,
      program: (gateways) =>
        importEach(gateways, ({ service, file }) => `import { ${service} } from "./${file}_pb.ts";`) +
        connect2 +
        connectV2(gateways),
    },
    "ts-proto": {
      folder: folders.tsProto,
      contract: folders.tsProto,
      program: (gateways) =>
        importEach(gateways, ({ service, file }) => `import { ${service}ClientImpl } from "./${file}.ts";`) +
        call +
        array(gateways, (service) => `new ${service}ClientImpl({ request: call })`),
    },
    protobufjs: {
      folder: folders.protobufjs,
      contract: join(folders.protobufjs, "gateways.js"),
      program: (gateways) =>
        `import { agynio } from "./gateways.js";\n${call}` +
        "const rpc = (service) => (method, body, done) =>\n" +
        "  call(service, method.name, body).then((response) => done(null, response), done);\n" +
        array(
          gateways,
          (service) => `agynio.api.gateway.v1.${service}.create(rpc("agynio.api.gateway.v1.${service}"))`,
        ),
      generate: (gateways) =>
        protobufjs(
          gateways.map(({ file }) => `proto/${file}.proto`),
          join(folders.protobufjs, "gateways.js"),
        ),
    },
    "protobuf-ts": {
      folder: folders.protobufTs,
      contract: folders.protobufTs,
      program: (gateways) =>
        importEach(
          gateways,
          ({ service, file }) => `import { ${service}Client } from "./${file}.client.ts";`,
        ) +
        `import { GrpcWebFetchTransport } from "@protobuf-ts/grpcweb-transport";
const transport = new GrpcWebFetchTransport({ baseUrl: "/" });
` +
        array(gateways, (service) => `new ${service}Client(transport)`),
    },
  };
}

/** Sizes of bundled gateway clients, and how they grow with the number of services. */
export async function measureSizes(
  folders: Folders,
  registry: FileRegistry,
): Promise<{ section: Section; growth: Growth }> {
  const gateways = gatewayServices(registry);
  const counts = [
    ...new Set([1, Math.ceil(gateways.length / 3), Math.ceil((gateways.length * 2) / 3), gateways.length]),
  ];
  const all = kinds(folders);
  const allTotals: Record<string, Size[]> = {};
  const allOwn: Record<string, Size[]> = {};
  for (const [name, kind] of Object.entries(all)) {
    const totals: Size[] = [];
    const own: Size[] = [];
    allTotals[name] = totals;
    allOwn[name] = own;
    for (const count of counts) {
      const some = gateways.slice(0, count);
      await kind.generate?.(some);
      const { total, contract } = await bundle(kind, some);
      totals.push(total);
      if (contract.minified <= (own.at(-1)?.minified ?? 0)) {
        throw new Error(`${name}: clients of ${count} services take no more than those of fewer`);
      }
      own.push(contract);
    }
  }
  const at = (sizes: Record<string, Size[]>, index: number, key: keyof Size) =>
    Object.fromEntries(Object.entries(sizes).map(([name, list]) => [name, list.at(index)?.[key]]));
  const one = "one service";
  const every = `all ${gateways.length} services`;
  return {
    section: {
      title: "Bundle size",
      implementations: Object.keys(all),
      ours: 2,
      measurements: [
        measurement(`${one}: minified`, "bytes", at(allTotals, 0, "minified")),
        measurement(`${one}: gzipped`, "bytes", at(allTotals, 0, "gzipped")),
        measurement(`${one}: own bytes, minified`, "bytes", at(allOwn, 0, "minified")),
        measurement(`${one}: own bytes, gzipped`, "bytes", at(allOwn, 0, "gzipped")),
        measurement(`${every}: minified`, "bytes", at(allTotals, -1, "minified")),
        measurement(`${every}: gzipped`, "bytes", at(allTotals, -1, "gzipped")),
        measurement(`${every}: own bytes, gzipped`, "bytes", at(allOwn, -1, "gzipped")),
      ],
    },
    growth: {
      title: "Gzipped bundle by number of gateway services",
      unit: "bytes",
      counts,
      values: Object.fromEntries(
        Object.entries(allTotals).map(([name, sizes]) => [name, sizes.map(({ gzipped }) => gzipped)]),
      ),
      ours: 2,
    },
  };
}

/** The gateway's services, RunnersGateway first and then as the contract has them. */
function gatewayServices(registry: FileRegistry): Gateway[] {
  const gateways = contractFiles(registry)
    .filter(({ proto }) => proto.package === "agynio.api.gateway.v1")
    .flatMap((file) => file.services.map(({ name }) => ({ service: name, file: file.name })));
  const first = gateways.filter(({ service }) => service === "RunnersGateway");
  if (first.length !== 1) {
    throw new Error("The contract has no RunnersGateway to bundle a client of");
  }
  return [...first, ...gateways.filter(({ service }) => service !== "RunnersGateway")];
}

async function bundle(kind: Kind, gateways: Gateway[]): Promise<{ total: Size; contract: Size }> {
  const input = join(kind.folder, "client.js");
  writeFileSync(input, kind.program(gateways));
  const [whole] = await output(input, { codeSplitting: false });
  const parts = await output(input, {
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: "contract", test: (id) => id.startsWith(kind.contract) && id !== input }],
    },
  });
  const contract = parts.find(({ fileName }) => basename(fileName).startsWith("contract"));
  if (whole === undefined || contract === undefined) {
    throw new Error(`${input} does not use the contract's code`);
  }
  return { total: size(whole.code), contract: size(contract.code) };
}

async function output(input: string, options: OutputOptions) {
  const build = await rolldown({
    input,
    platform: "browser",
    preserveEntrySignatures: "allow-extension",
    onLog: (level, { message }) => {
      if (level === "warn") {
        throw new Error(message);
      }
    },
  });
  const { output } = await build.generate({ format: "esm", minify: true, ...options });
  await build.close();
  return output.filter((part) => part.type === "chunk");
}

const size = (code: string): Size => ({
  minified: Buffer.byteLength(code),
  gzipped: gzipSync(code, { level: 9 }).length,
});
