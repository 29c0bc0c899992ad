import type { DescEnum, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import {
  isInGateway,
  outermostType,
  reachableTypes,
  shortName,
  withNestedMessages,
} from "../contract/descriptors.ts";
import { frontedRpc } from "../contract/gateway.ts";
import type { Contract, Element } from "./elements.ts";

type Type = DescMessage | DescEnum;

/** The service and the resource of the RPCs that use a type. Undefined if they have several, or none. */
interface Place {
  service?: DescService;
  resource?: string;
}

/** Finds the services and resources that the elements of a contract belong to. */
export class Placement {
  /** All RPCs but those of a gateway that front others. */
  readonly rpcs: DescMethod[];
  /** The messages that RPCs are about. */
  private readonly resources: Map<DescMethod, DescMessage>;
  private readonly subjects: Set<DescMessage>;
  /** Places of the top-level types that RPCs use. */
  private readonly places: Map<Type, Place>;
  private readonly gatewayPackages: Set<string>;
  /** Full names of the types that the RPCs of gateway packages use. */
  private readonly publicTypes: Set<string>;

  constructor({ files, registry }: Contract) {
    const messages = files.flatMap((file) => file.messages);
    const rpcs = files.flatMap(({ services }) => services.flatMap(({ methods }) => methods));
    this.resources = findResources(rpcs, messages);
    this.subjects = new Set(this.resources.values());
    this.rpcs = rpcs.filter((rpc) => frontedRpc(rpc, registry) === undefined);
    this.places = placeTypes(this.rpcs, this.resources);
    this.gatewayPackages = new Set(files.filter(isInGateway).map(({ proto }) => proto.package));
    const inGateway = rpcs.filter(({ parent }) => isInGateway(parent.file));
    this.publicTypes = new Set(reachableTypes(inGateway.flatMap(messagesOf)).keys());
  }

  /**
   * Returns the short name of the service in the element's package that it is, is in, or is used by; undefined if
   * several services use it.
   */
  serviceOf(element: Element): string | undefined {
    const { kind, name, package: packageName, desc } = outermostElement(element);
    if (kind === "service") {
      return shortName(name);
    }
    const service = this.places.get(desc as Type)?.service;
    return service?.file.proto.package === packageName ? service.name : undefined;
  }

  /**
   * Returns the short name of the message that an element is about: of a type, itself if an RPC is about it, else the one
   * that all RPCs that use it are about.
   */
  resourceOf(element: Element): string | undefined {
    if (element.desc?.kind === "rpc") {
      return this.resourceOfRpc(element.desc);
    }
    return this.places.get(outermostElement(element).desc as Type)?.resource;
  }

  /** Returns the short name of the message that an RPC is about by its name, such as Workload of ListWorkloadsByThread. */
  resourceOfRpc(rpc: DescMethod): string | undefined {
    return this.resources.get(rpc)?.name;
  }

  /** Returns whether an RPC is about a message by its name. */
  isResource(message: DescMessage): boolean {
    return this.subjects.has(message);
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

const messagesOf = ({ input, output }: DescMethod) => [input, output];

/** Returns the top-level types, except itself, that a top-level type has fields of. A nested type counts as the one around it. */
function typesUsedBy(type: Type): Set<Type> {
  const fields = type.kind === "message" ? withNestedMessages(type).flatMap((message) => message.fields) : [];
  const used = new Set(fields.flatMap((field) => field.message ?? field.enum ?? []).map(outermostType));
  used.delete(type);
  return used;
}

/**
 * Returns the only RPC that uses each top-level message as its request or response. The value is undefined if several
 * do, or if other messages have fields of the message.
 */
export function findOnlyUsers(
  rpcs: DescMethod[],
  messages: DescMessage[],
): Map<Type, DescMethod | undefined> {
  const users = new Map<Type, DescMethod | undefined>();
  for (const rpc of rpcs) {
    for (const type of messagesOf(rpc).map(outermostType)) {
      users.set(type, users.has(type) && users.get(type) !== rpc ? undefined : rpc);
    }
  }
  for (const type of messages.flatMap((message) => [...typesUsedBy(message)])) {
    users.set(type, undefined);
  }
  return users;
}

/** Returns the places of the top-level types that RPCs use. */
function placeTypes(rpcs: DescMethod[], resources: Map<DescMethod, DescMessage>): Map<Type, Place> {
  const places = new Map<Type, Place>();
  const subjects = new Set<Type>(resources.values());
  const pending = rpcs.flatMap((rpc) => {
    const place = { service: rpc.parent, resource: resources.get(rpc)?.name };
    return messagesOf(rpc).map((message): [Type, Place] => [outermostType(message), place]);
  });
  // A place only becomes less precise, so each type is visited again at most twice for each that uses it.
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [type, place] = next;
    // A resource has a place of its own, and so has what it alone uses.
    if (addPlace(places, type, subjects.has(type) ? { ...place, resource: type.name } : place)) {
      for (const used of typesUsedBy(type)) {
        pending.push([used, places.get(type) ?? place]);
      }
    }
  }
  return places;
}

/** Adds a place to that of a type: what differs is undefined. Returns whether the type's place has changed. */
function addPlace(places: Map<Type, Place>, type: Type, place: Place): boolean {
  const known = places.get(type);
  const { service, resource } = known ?? place;
  const next = {
    service: service === place.service ? service : undefined,
    resource: resource === place.resource ? resource : undefined,
  };
  places.set(type, next);
  return known?.service !== next.service || known?.resource !== next.resource || known === undefined;
}

/** Returns the messages that RPCs are about: the first in the name of each, such as Workload of ListWorkloadsByThread. */
function findResources(rpcs: DescMethod[], messages: DescMessage[]): Map<DescMethod, DescMessage> {
  const nouns = new Map<string, DescMessage>();
  for (const message of messages.filter(({ name }) => !/(Request|Response)$/.test(name))) {
    const { package: packageName } = message.file.proto;
    nouns.set(`${packageName}.${message.name}`, message);
    for (const plural of pluralsOf(message.name).map((name) => `${packageName}.${name}`)) {
      nouns.set(plural, nouns.get(plural) ?? message);
    }
  }
  return new Map(
    rpcs.flatMap((rpc) => {
      const packages = new Set([rpc.parent, rpc.input, rpc.output].map(({ file }) => file.proto.package));
      const names = phrasesOf(objectOf(rpc.name)).flatMap((noun) =>
        [...packages].map((packageName) => `${packageName}.${noun}`),
      );
      const resource = nouns.get(names.find((name) => nouns.has(name)) ?? "");
      return resource ? [[rpc, resource]] : [];
    }),
  );
}

const pluralsOf = (noun: string) => [`${noun}s`, `${noun}es`, noun.replace(/y$/, "ies")];

const prepositions = "As|At|By|For|From|In|Into|On|Per|To|Using|Via|With|Without";
/** A verb: Get, BatchGet, GetOrCreate, SignIn. Standard and batch methods are those of https://google.aip.dev/130. */
const verb = new RegExp(
  `^(?:(?:Batch|Bulk|Force|Hard|Soft|Try)(?=[A-Z][a-z0-9]*[A-Z]))?[A-Z][a-z0-9]*(?:(?:And|Or)[A-Z][a-z0-9]*)*(?:(?!As|By)(?:${prepositions})(?=[A-Z]))?`,
);
const qualifier = new RegExp(`(?:${prepositions})(?![a-z]).*`);

/** Returns the words after the verb in an RPC's name, without those that a preposition begins: Workloads of ListWorkloadsByThread. */
const objectOf = (rpc: string) =>
  rpc
    .replace(/(?:^|_+)([A-Za-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(verb, "")
    .replace(qualifier, "");

/** Returns all sequences of words in CamelCase, from the first word on and the longest first. */
function phrasesOf(words: string): string[] {
  const limits = [...words.matchAll(/(?=[A-Z])|$/g)].map(({ index }) => index);
  return limits.flatMap((start, index) =>
    limits
      .slice(index + 1)
      .reverse()
      .map((end) => words.slice(start, end)),
  );
}
