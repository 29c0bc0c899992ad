/** One quantity, measured in several implementations. Less is better. */
export interface Measurement {
  name: string;
  /** "ns" for times, "bytes" for sizes and memory. */
  unit: "ns" | "bytes";
  /** By implementation, in the order of the section's; absent where an implementation has no such thing. */
  values: Record<string, number>;
}

/** Measurements of one kind, made in the same implementations. */
export interface Section {
  title: string;
  /** Names of the implementations, in the order of the tables' rows. The first ones are ours. */
  implementations: string[];
  /** How many of the implementations are ours: this package, or this repository's commands. */
  ours: number;
  measurements: Measurement[];
}

/** How a value grows with the number of gateway services that a client uses. */
export interface Growth {
  title: string;
  unit: "bytes";
  /** Numbers of services. */
  counts: number[];
  /** One value for each count, by implementation. */
  values: Record<string, number[]>;
  /** How many of the implementations are ours. */
  ours: number;
}

/**
 * Makes a measurement of values that were found one by one.
 *
 * @throws Error when a value is not a positive number, so that nothing can be measured by accident.
 */
export function measurement(
  name: string,
  unit: Measurement["unit"],
  values: Record<string, number | undefined>,
): Measurement {
  const found = Object.entries(values).filter(([, value]) => value !== undefined) as [string, number][];
  const wrong = found.find(([, value]) => !(Number.isFinite(value) && value > 0));
  if (wrong !== undefined || found.length === 0) {
    throw new Error(`${name} was not measured: ${wrong ? wrong.join(" is ") : "no implementation has it"}`);
  }
  return { name, unit, values: Object.fromEntries(found) };
}

/** The middle one of some numbers, the lower of two. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] as number;
}
