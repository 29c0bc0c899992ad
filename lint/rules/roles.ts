// What messages are for.
import type { DescMessage, DescMethod, FileRegistry } from "@bufbuild/protobuf";
import { contractMessages, contractServices, outermostType } from "../../scripts/lib/contract/descriptors.ts";

/** The role of a message: a request or response of an RPC, or else a resource. */
export type Role = "request" | "response" | "resource";

/** The use of top-level messages. Nested messages count as the messages that they are nested in. */
interface Usage {
  /** The messages that have a field of a message. */
  containers: Map<DescMessage, Set<DescMessage>>;
  /** The RPCs that take or return a message. */
  rpcs: Map<DescMessage, DescMethod[]>;
}

const usages = new WeakMap<FileRegistry, Usage>();

function usageIn(registry: FileRegistry): Usage {
  let usage = usages.get(registry);
  if (usage === undefined) {
    usage = { containers: new Map(), rpcs: new Map() };
    for (const type of contractMessages(registry)) {
      for (const contained of type.fields.flatMap(({ message }) => (message ? outermostType(message) : []))) {
        const containers = usage.containers.get(contained) ?? new Set();
        usage.containers.set(contained, containers.add(outermostType(type)));
      }
    }
    for (const rpc of contractServices(registry).flatMap(({ methods }) => methods)) {
      for (const message of [rpc.input, rpc.output]) {
        usage.rpcs.set(message, [...(usage.rpcs.get(message) ?? []), rpc]);
      }
    }
    usages.set(registry, usage);
  }
  return usage;
}

/**
 * Returns the role of a message: that of the top-level message that it is or is nested in. PullRequest is a resource:
 * other messages contain it, and no RPC takes it.
 */
export function roleOf(message: DescMessage, registry: FileRegistry): Role {
  const top = outermostType(message);
  const named = /Request$/.test(top.name) ? "request" : /Response$/.test(top.name) ? "response" : "resource";
  return containersOf(top, registry).length > 0 && rpcsOf(top, registry).length === 0 ? "resource" : named;
}

/** Returns whether a message is a resource, and not only a part of requests. */
export const isResource = (message: DescMessage, registry: FileRegistry): boolean =>
  roleOf(message, registry) === "resource" &&
  rootsOf(message, registry).some((root) => roleOf(root, registry) !== "request");

/** Returns the RPCs that take or return a message, or the one that it is nested in. */
export const rpcsOf = (message: DescMessage, registry: FileRegistry): DescMethod[] =>
  usageIn(registry).rpcs.get(outermostType(message)) ?? [];

/** Returns all top-level messages that contain a message at any depth, except itself. */
export function containersOf(message: DescMessage, registry: FileRegistry): DescMessage[] {
  const { containers } = usageIn(registry);
  const top = outermostType(message);
  const found = new Set([top]);
  for (const contained of found) {
    for (const container of containers.get(contained) ?? []) {
      found.add(container);
    }
  }
  found.delete(top);
  return [...found];
}

/** Returns the messages that contain a message, and that RPCs exchange or no message contains; itself if there are none. */
export function rootsOf(message: DescMessage, registry: FileRegistry): DescMessage[] {
  const holders = [outermostType(message), ...containersOf(message, registry)];
  const roots = holders.filter(
    (holder) => rpcsOf(holder, registry).length > 0 || containersOf(holder, registry).length === 0,
  );
  return roots.length > 0 ? roots : holders.slice(0, 1);
}
