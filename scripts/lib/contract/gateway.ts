// The services outside of the gateway that its services front.
import type { DescMethod, DescService, FileRegistry } from "@bufbuild/protobuf";
import { groupBy } from "../cli/collections.ts";
import { isInGateway } from "./descriptors.ts";

/** Services outside of the gateway by their short names. */
const services = new WeakMap<FileRegistry, Map<string, DescService[]>>();

/** Returns the short name of the service that a service of the gateway fronts: XxxGateway fronts XxxService. */
export const frontedName = ({ name }: DescService) => name.replace(/Gateway$/, "Service");

/**
 * Returns the service that a service of the gateway fronts; undefined for any other service, and if there is none. If
 * there are several versions of it, the gateway imports one of them.
 */
export function findFronted(service: DescService, registry: FileRegistry): DescService | undefined {
  if (!isInGateway(service.file)) {
    return undefined;
  }
  const imported = new Set(service.file.dependencies.map(({ proto }) => proto.package));
  return servicesByName(registry)
    .get(frontedName(service))
    ?.find(({ file }) => imported.has(file.proto.package));
}

/** Returns the RPC that an RPC of the gateway fronts; undefined for any other RPC, and if there is none. */
export const frontedRpc = (rpc: DescMethod, registry: FileRegistry): DescMethod | undefined =>
  findFronted(rpc.parent, registry)?.method[rpc.localName];

function servicesByName(registry: FileRegistry): Map<string, DescService[]> {
  let index = services.get(registry);
  if (index === undefined) {
    const all = [...registry]
      .filter((type) => type.kind === "service")
      .filter(({ file }) => !isInGateway(file));
    index = groupBy(all, ({ name }) => name);
    services.set(registry, index);
  }
  return index;
}
