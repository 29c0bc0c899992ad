import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type OutputOptions, rolldown } from "rolldown";
import { contractFiles } from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { type Folders, generateProtobufjs, image } from "./alternatives.ts";
import { mapValues, measurement, type Section } from "./measure.ts";

/** A service of the gateway, which clients outside the platform call. */
interface Gateway {
  service: string;
  /** The path of its .proto file without the extension. */
  file: string;
}

/** How the users of one implementation create clients of gateway services in a browser. */
interface Kind {
  /** Folder of its code and its runtime. */
  folder: string;
  /** Path prefix of the code generated from the contract; everything else in a bundle is the runtime. */
  contract: string;
  /** Code that imports a service. */
  load?: (gateway: Gateway) => string;
  /** Code that creates the transport. */
  transport: string;
  /** Expression for a client of a service. */
  client: (service: string) => string;
}

/** Sizes of a bundle in bytes, and of the part of it that is generated from the contract. */
const sizeNames = ["minified", "gzipped", "own bytes, minified", "own bytes, gzipped"] as const;
type Sizes = Record<(typeof sizeNames)[number], number>;

const connect = (create: "createClient" | "createPromiseClient") => ({
  transport: `import { ${create} } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
const transport = createConnectTransport({ baseUrl: "/" });
`,
  client: (service: string) => `${create}(${service}, transport)`,
});

/** A unary call by Connect's protocol, for implementations without a transport. */
const call = `const call = async (service, method, body) => {
  const headers = { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" };
  const response = await fetch(\`/\${service}/\${method}\`, { method: "POST", headers, body });
  if (!response.ok) throw new Error((await response.json()).message);
  return new Uint8Array(await response.arrayBuffer());
};
`;

function describeKinds(folders: Folders): Record<string, Kind> {
  const { es, connectV1, esDirectly, tsProto, protobufTs, protobufjs } = folders;
  return {
    "@agynio/api": {
      folder: es,
      contract: join(es, "node_modules/@agynio/api"),
      load: ({ service }) => `import { ${service} } from "@agynio/api/gateway/v1";`,
      ...connect("createClient"),
    },
    "@agynio/api/connect-v1": {
      folder: connectV1,
      contract: join(connectV1, "node_modules/@agynio/api"),
      load: ({ service }) => `import { ${service} } from "@agynio/api/connect-v1/gateway/v1";`,
      ...connect("createPromiseClient"),
    },
    "protoc-gen-es": {
      folder: esDirectly,
      contract: esDirectly,
      load: ({ service, file }) => `import { ${service} } from "./${file}_pb.ts";`,
      ...connect("createClient"),
    },
    "ts-proto": {
      folder: tsProto,
      contract: tsProto,
      load: ({ service, file }) => `import { ${service}ClientImpl } from "./${file}.ts";`,
      transport: call,
      client: (service) => `new ${service}ClientImpl({ request: call })`,
    },
    protobufjs: {
      folder: protobufjs,
      contract: join(protobufjs, "gateways.js"),
      transport: `import { agynio } from "./gateways.js";
${call}const rpc = (service) => (method, body, done) =>
  call(service, method.name, body).then((response) => done(null, response), done);
`,
      client: (service) => `agynio.api.gateway.v1.${service}.create(rpc("agynio.api.gateway.v1.${service}"))`,
    },
    "protobuf-ts": {
      folder: protobufTs,
      contract: protobufTs,
      load: ({ service, file }) => `import { ${service}Client } from "./${file}.client.ts";`,
      transport: `import { GrpcWebFetchTransport } from "@protobuf-ts/grpcweb-transport";
const transport = new GrpcWebFetchTransport({ baseUrl: "/" });
`,
      client: (service) => `new ${service}Client(transport)`,
    },
  };
}

/** Measures bundles of gateway clients, and their growth with the number of services. */
export async function measureSizes(folders: Folders): Promise<Section[]> {
  const gateways = listGateways();
  const count = gateways.length;
  const counts = [1, Math.ceil(count / 3), Math.ceil((count * 2) / 3), count];
  const kinds = describeKinds(folders);
  const bundles = mapValues(kinds, () => [] as Sizes[]);
  for (const services of counts.map((count) => gateways.slice(0, count))) {
    const files = services.map(({ file }) => `${file}.proto`);
    await generateProtobufjs(join(folders.protobufjs, "gateways.js"), "static-module", files);
    for (const [name, kind] of Object.entries(kinds)) {
      bundles[name]?.push(await bundleClients(kind, services));
    }
  }
  const rows = (scope: string, index: number) =>
    sizeNames.map((name) => {
      const values = mapValues(bundles, (sizes) => sizes.at(index)?.[name]);
      return measurement(`${scope}: ${name}`, "bytes", values);
    });
  const measurements = [...rows("one service", 0), ...rows(`all ${count} services`, -1)];
  const growth = { counts, values: mapValues(bundles, (sizes) => sizes.map(({ gzipped }) => gzipped)) };
  return [{ title: "Bundle size", implementations: Object.keys(kinds), measurements, growth }];
}

/** Returns the gateway's services: RunnersGateway, and then the others in the contract's order. */
function listGateways(): Gateway[] {
  const rank = ({ service }: Gateway) => (service === "RunnersGateway" ? 0 : 1);
  return contractFiles(readImage(image))
    .filter(({ proto }) => proto.package === "agynio.api.gateway.v1")
    .flatMap((file) => file.services.map(({ name }) => ({ service: name, file: file.name })))
    .toSorted((a, b) => rank(a) - rank(b));
}

async function bundleClients(kind: Kind, gateways: Gateway[]): Promise<Sizes> {
  const input = join(kind.folder, "client.js");
  const imports = gateways.map((gateway) => kind.load?.(gateway) ?? "").join("\n");
  const clients = gateways.map(({ service }) => kind.client(service)).join(", ");
  writeFileSync(input, `${imports}\n${kind.transport}export const clients = [${clients}];\n`);
  const [whole] = await bundle(input, { codeSplitting: false });
  const chunks = await bundle(input, {
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: "contract", test: (id) => id.startsWith(kind.contract) && id !== input }],
    },
  });
  const contract = chunks.find(({ fileName }) => basename(fileName).startsWith("contract"));
  if (whole === undefined || contract === undefined) {
    throw new Error(`${input} does not use the contract's code`);
  }
  return {
    minified: Buffer.byteLength(whole.code),
    gzipped: gzippedSize(whole.code),
    "own bytes, minified": Buffer.byteLength(contract.code),
    "own bytes, gzipped": gzippedSize(contract.code),
  };
}

async function bundle(input: string, options: OutputOptions) {
  const build = await rolldown({
    input,
    platform: "browser",
    preserveEntrySignatures: "allow-extension",
    onLog(level, { message }) {
      if (level === "warn") {
        throw new Error(message);
      }
    },
  });
  const { output } = await build.generate({ format: "esm", minify: true, ...options });
  await build.close();
  return output.filter((part) => part.type === "chunk");
}

const gzippedSize = (code: string) => gzipSync(code, { level: 9 }).length;
