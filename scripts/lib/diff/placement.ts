import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { groupBy } from "../cli/collections.ts";
import { isInGateway, reachableTypes, shortName } from "../contract/descriptors.ts";
import type { Contract, Element } from "./elements.ts";

/** Finds the services and resources that the elements of a contract belong to. */
export class Placement {
  /** Services, each with the full names of the types that its RPCs use. */
  private readonly services: { name: string; package: string; types: Set<string> }[];
  private readonly gatewayPackages: Set<string>;
  /** Full names of the types that the RPCs of gateway packages use. */
  private readonly publicTypes: Set<string>;
  /** Messages by package that can be resources: all but requests and responses. */
  private readonly nouns: Map<string, DescMessage[]>;
  /** RPCs by the full names of their requests and responses. */
  private readonly rpcs: Map<string, DescMethod>;

  constructor({ files }: Contract) {
    const services = files.flatMap((file) => file.services);
    this.services = services.map(({ name, file, methods }) => ({
      name,
      package: file.proto.package,
      types: typesOf(methods),
    }));
    const inGateway = services.filter(({ file }) => isInGateway(file));
    this.gatewayPackages = new Set(files.filter(isInGateway).map(({ proto }) => proto.package));
    this.publicTypes = typesOf(inGateway.flatMap(({ methods }) => methods));
    this.nouns = groupBy(
      files.flatMap(({ messages }) => messages).filter(({ name }) => !/(Request|Response)$/.test(name)),
      ({ file }) => file.proto.package,
    );
    // The first RPC that uses a message counts; those of a gateway, which reuses messages, come last.
    const rpcs = [...services.filter((service) => !inGateway.includes(service)), ...inGateway].flatMap(
      ({ methods }) => methods,
    );
    this.rpcs = new Map(
      rpcs.toReversed().flatMap((rpc) => [
        [rpc.input.typeName, rpc],
        [rpc.output.typeName, rpc],
      ]),
    );
  }

  /** Returns the short name of the service in the element's package that it is, is in, or is used by. */
  serviceOf(element: Element): string | undefined {
    const { kind, name } = outermostElement(element);
    if (kind === "service") {
      return shortName(name);
    }
    return this.services.find((service) => service.package === element.package && service.types.has(name))
      ?.name;
  }

  /** Returns the short name of the message that an element is about. */
  resourceOf(element: Element): string | undefined {
    if (element.desc?.kind === "rpc") {
      return this.resourceOfRpc(element.desc);
    }
    const { kind, name, package: packageName } = outermostElement(element);
    const rpc = this.rpcs.get(name);
    if (rpc) {
      return this.resourceOfRpc(rpc);
    }
    const type = shortName(name);
    if (kind === "enum") {
      return longest(this.nounsOf(packageName).filter((noun) => type.startsWith(noun))) ?? type;
    }
    return kind === "message" ? type : undefined;
  }

  /**
   * Returns the short name of the message that an RPC is about: the one in its name, such as Workload in
   * ListWorkloadsByThread; else the first one in its response.
   */
  resourceOfRpc({ name, input, output }: DescMethod): string | undefined {
    const nouns = this.nounsOf(input.file.proto.package);
    const object = name.replace(/^[A-Z][a-z0-9]*/, "");
    const inResponse = output.fields.map(({ message }) => message?.name ?? "");
    return (
      longest(nouns.filter((noun) => startsWithNoun(object, noun))) ??
      inResponse.find((message) => nouns.includes(message))
    );
  }

  private nounsOf(packageName: string): string[] {
    return (this.nouns.get(packageName) ?? []).map(({ name }) => name);
  }

  /** Returns whether an element is in a gateway package, or in a message or enum that a service of one uses. */
  isPublic(element: Element): boolean {
    const isType = element.kind === "message" || element.kind === "enum";
    const type = isType ? element : (element.parent ?? element);
    return this.gatewayPackages.has(element.package) || this.publicTypes.has(type.name);
  }
}

/** Returns the top-level declaration that an element is or is nested in. */
const outermostElement = (element: Element): Element =>
  element.parent ? outermostElement(element.parent) : element;

/** Returns the full names of the messages and enums that RPCs use, directly or in other messages. */
const typesOf = (rpcs: DescMethod[]) =>
  new Set(reachableTypes(rpcs.flatMap(({ input, output }) => [input, output])).keys());

const longest = (names: string[]) => names.toSorted((a, b) => b.length - a.length)[0];

/** Returns whether words in CamelCase begin with a noun or its plural. */
function startsWithNoun(words: string, noun: string): boolean {
  return [noun, `${noun}s`, `${noun}es`, noun.replace(/y$/, "ies")].some(
    (form) => words.startsWith(form) && !/^[a-z]/.test(words.slice(form.length)),
  );
}
