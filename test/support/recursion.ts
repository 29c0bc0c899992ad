import type { DescMessage } from "@bufbuild/protobuf";

interface Step {
  /** Field numbers that lead to the message: two for a map, whose values lie in its entries. */
  numbers: number[];
  to: DescMessage;
}

function steps(desc: DescMessage): Step[] {
  return desc.fields.flatMap(({ fieldKind, number, message }) =>
    message ? [{ numbers: fieldKind === "map" ? [number, 2] : [number], to: message }] : [],
  );
}

/** The field numbers that lead from a message to others, over and over where one is part of itself. */
export interface NestingPath {
  /** From the message to the first that is part of itself. */
  lead: number[];
  /** From there to itself; empty when no message on the way is. */
  cycle: number[];
}

/** The shortest way from a message into the nesting of messages without end, if there is one. */
export function endlessPath(desc: DescMessage): NestingPath {
  for (const { numbers, to } of pathsFrom(desc)) {
    const cycle = [...pathsFrom(to)].find((path) => path.numbers.length > 0 && path.to === to);
    if (cycle) {
      return { lead: numbers, cycle: cycle.numbers };
    }
  }
  return { lead: [], cycle: [] };
}

/** A shortest path to every message below one, itself first, and again where it is part of itself. */
function* pathsFrom(desc: DescMessage): Generator<Step> {
  const seen = new Set<DescMessage>();
  const queue: Step[] = [{ numbers: [], to: desc }];
  for (const path of queue) {
    yield path;
    for (const { numbers, to } of steps(path.to)) {
      if (!seen.has(to)) {
        seen.add(to);
        queue.push({ numbers: [...path.numbers, ...numbers], to });
      }
    }
  }
}
