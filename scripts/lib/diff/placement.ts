import type { DescEnum, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { inGateway } from "../../../lint/vocabulary.ts";
import type { Contract, Element } from "./elements.ts";

/** Where the elements of a contract belong, the way a consumer thinks of it. */
export class Placement {
  private readonly services: { service: DescService; reach: Set<string> }[];
  private readonly gatewayPackages: Set<string>;
  /** Names of what may be a resource, by package: messages that are neither request nor response. */
  private readonly nouns = new Map<string, string[]>();
  /** RPCs by the full names of their requests and responses. */
  private readonly carriers = new Map<string, DescMethod>();

  constructor({ files }: Contract) {
    this.services = files.flatMap(({ services }) =>
      services.map((service) => ({ service, reach: reachOf(service.methods) })),
    );
    this.gatewayPackages = new Set(files.filter(inGateway).map(({ proto }) => proto.package));
    for (const { proto, messages } of files) {
      const names = messages.map(({ name }) => name).filter((name) => !/(Request|Response)$/.test(name));
      this.nouns.set(proto.package, [...(this.nouns.get(proto.package) ?? []), ...names]);
    }
    // A gateway passes on what is others': their RPCs come first.
    const own = ({ service }: { service: DescService }) => (inGateway(service.file) ? 1 : 0);
    for (const { service } of this.services.toSorted((a, b) => own(a) - own(b))) {
      for (const rpc of service.methods) {
        for (const { typeName } of [rpc.input, rpc.output]) {
          if (!this.carriers.has(typeName)) {
            this.carriers.set(typeName, rpc);
          }
        }
      }
    }
  }

  /** Short name of the service that an element is, is in, or is used by, in its package. */
  serviceOf(element: Element): string | undefined {
    const top = outermost(element);
    if (top.kind === "service") {
      return shortName(top.name);
    }
    return this.services.find(
      ({ service, reach }) => service.file.proto.package === element.package && reach.has(top.name),
    )?.service.name;
  }

  /** Name of the message that an element is about: that of an RPC is the noun in its name. */
  resourceOf(element: Element): string | undefined {
    if (element.kind === "rpc") {
      return this.resourceOfRpc(element.desc as DescMethod);
    }
    const top = outermost(element);
    const carrier = this.carriers.get(top.name);
    if (carrier) {
      return this.resourceOfRpc(carrier);
    }
    const name = shortName(top.name);
    switch (top.kind) {
      case "message":
        return name;
      case "enum":
        return longest(this.nounsOf(top.package).filter((noun) => name.startsWith(noun))) ?? name;
      default:
        return undefined;
    }
  }

  /** The message in an RPC's name: Workload in ListWorkloadsByThread; else the first that its response holds. */
  resourceOfRpc({ name, input, output }: DescMethod): string | undefined {
    const nouns = this.nounsOf(input.file.proto.package);
    const rest = name.replace(/^[A-Z][a-z0-9]*/, "");
    const held = output.fields.map(({ message }) => message?.name ?? "").find((one) => nouns.includes(one));
    return longest(nouns.filter((noun) => startsWithNoun(rest, noun))) ?? held;
  }

  private nounsOf(name: string): string[] {
    return this.nouns.get(name) ?? [];
  }

  /** Whether an element is in a gateway package, or a service of one uses the message or enum that it is in. */
  isPublic(element: Element): boolean {
    const type = typeAround(element);
    return (
      this.gatewayPackages.has(element.package) ||
      this.services.some(({ service, reach }) => inGateway(service.file) && reach.has(type.name))
    );
  }
}

/** What an element is in that stands at the top of its file, or the element itself. */
export function outermost(element: Element): Element {
  return element.parent ? outermost(element.parent) : element;
}

/** The message or enum that an element is or is directly in. */
function typeAround(element: Element): Element {
  return element.parent && !["message", "enum"].includes(element.kind) ? element.parent : element;
}

/** The last part of a full name. */
export const shortName = (name: string) => name.slice(name.lastIndexOf(".") + 1);

/** Full names of the messages and enums that RPCs carry, directly or within others. */
function reachOf(rpcs: readonly DescMethod[]): Set<string> {
  return new Set(typesWithin(rpcs.flatMap(({ input, output }) => [input, output])).keys());
}

/** Types, and those of their fields, and so on: by their full names. */
export function typesWithin(types: (DescMessage | DescEnum)[]): Map<string, DescMessage | DescEnum> {
  const found = new Map<string, DescMessage | DescEnum>();
  const pending = [...types];
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (!found.has(type.typeName)) {
      found.set(type.typeName, type);
      if (type.kind === "message") {
        pending.push(...type.fields.flatMap((field) => field.message ?? field.enum ?? []));
      }
    }
  }
  return found;
}

const longest = (names: string[]) => names.toSorted((a, b) => b.length - a.length)[0];

/** Whether words in CamelCase begin with a noun or its plural. */
function startsWithNoun(words: string, noun: string): boolean {
  return [noun, `${noun}s`, `${noun}es`, noun.replace(/y$/, "ies")].some(
    (form) => words.startsWith(form) && !/^[a-z]/.test(words.slice(form.length)),
  );
}
