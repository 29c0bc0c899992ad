/** One quantity, measured in several implementations. Less is better. */
export interface Measurement {
  name: string;
  /** "ns" for times, "bytes" for sizes and memory. */
  unit: "ns" | "bytes";
  /** Values by implementation; absent where an implementation lacks the feature. */
  values: Record<string, number>;
}

/** Measurements of the same implementations. */
export interface Section {
  title: string;
  /** Names of the implementations, in the order of the table's columns. */
  implementations: string[];
  measurements: Measurement[];
  growth?: Growth;
}

/** Gzipped bundle sizes in bytes by the number of gateway services that a client uses. */
export interface Growth {
  /** Numbers of services. */
  counts: number[];
  /** One size for each count, by implementation. */
  values: Record<string, number[]>;
}

/**
 * Makes a measurement of values by implementation.
 *
 * @throws Error when a value is not a positive number, or when there is no value.
 */
export function measurement(
  name: string,
  unit: Measurement["unit"],
  values: Record<string, number | undefined>,
): Measurement {
  const measured = Object.entries(values).filter(([, value]) => value !== undefined) as [string, number][];
  const invalid = measured.find(([, value]) => !(Number.isFinite(value) && value > 0));
  if (invalid !== undefined || measured.length === 0) {
    throw new Error(
      `${name} was not measured: ${invalid ? invalid.join(" is ") : "no implementation has it"}`,
    );
  }
  return { name, unit, values: Object.fromEntries(measured) };
}

/**
 * Measures each item several times, in turns. Every second round runs backwards, so that other load on the
 * machine affects all items alike.
 */
export async function measureInTurns<T, R>(
  items: Record<string, T>,
  rounds: number,
  measure: (item: T, name: string) => Promise<R>,
): Promise<Record<string, R[]>> {
  const all = Object.entries(items).map(([name, item]) => ({ name, item, results: [] as R[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, item, results } of round % 2 === 0 ? all : all.toReversed()) {
      results.push(await measure(item, name));
    }
  }
  return Object.fromEntries(all.map(({ name, results }) => [name, results]));
}

/** Applies a function to each value of a record. */
export const mapValues = <T, R>(record: Record<string, T>, map: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** Returns the median of numbers; of two middle numbers, the lower one. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] as number;
}
