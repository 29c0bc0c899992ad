import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { services } from "./contract.js";
import {
  type Codec,
  dependency,
  type FlavourName,
  type Import,
  importerOf,
  packagePath,
} from "./flavours.js";
import { InstalledFlavours } from "./installed-flavours.js";
import { contractMessages } from "./messages.js";

const connectV1 = "third_party/connect-v1/package.json";

/** One flavour of the package with its RPC libraries, in a consumer's project. */
export interface RpcFlavour {
  /** Imports a library as the consumer does. */
  load: Import;
  /** Reads and writes an RPC's requests and responses. */
  codecs(method: DescMethod): { input: Codec; output: Codec };
  /** What the package exports under a service's name, and a suffix where the flavour has one. */
  service<T>(desc: DescService, suffix?: string): Promise<T>;
}

/** The flavours of the package, installed, and what removes them. */
export interface RpcFlavours extends Record<FlavourName, RpcFlavour> {
  remove(): void;
}

/** Installs every flavour beside the libraries that it is made for. Takes some seconds. */
export async function installRpcFlavours(): Promise<RpcFlavours> {
  const libraries = ["@connectrpc/connect", "@connectrpc/connect-node"];
  const niceGrpc = ["nice-grpc", "nice-grpc-client-middleware-deadline"];
  const installed = await InstalledFlavours.install({
    one: Object.assign({}, ...libraries.map((name) => dependency(name, connectV1))),
    two: Object.assign({}, ...[...libraries, ...niceGrpc].map((name) => dependency(name))),
  });
  const flavours = await installed.load(contractMessages());
  const withLibraries = async (name: FlavourName, prefix: string): Promise<RpcFlavour> => {
    const load = await importerOf(installed.folder(name));
    return {
      load,
      codecs: ({ input, output }) => ({
        input: flavours[name].codec(input),
        output: flavours[name].codec(output),
      }),
      async service<T>(desc: DescService, suffix = "") {
        const specifier = `@agynio/api/${prefix}${packagePath(desc)}`;
        const module = await load<Record<string, T>>(specifier);
        const exported = module[desc.name + suffix];
        if (exported === undefined) {
          throw new Error(`${specifier} does not export ${desc.name}${suffix}`);
        }
        return exported;
      },
    };
  };
  return {
    es: await withLibraries("es", ""),
    "connect-v1": await withLibraries("connect-v1", "connect-v1/"),
    "ts-proto": await withLibraries("ts-proto", "ts-proto/"),
    remove: () => installed.remove(),
  };
}

/** Something for every service of the contract. */
export async function forEveryService<T>(
  make: (service: DescService) => Promise<T>,
): Promise<Map<DescService, T>> {
  return new Map(await Promise.all(services.map(async (service) => [service, await make(service)] as const)));
}
