import { cannotRun } from "../cli/errors.ts";
import { type Checkout, outputOf } from "../cli/process.ts";
import { buf } from "../contract/buf.ts";

/** A breaking change that buf reports. */
export interface BufFinding {
  /** ID of buf's rule: https://buf.build/docs/breaking/rules */
  rule: string;
  /** Import path of the file; undefined for findings about a package and for deleted files. */
  path: string | undefined;
  /** Lines and columns count from 1. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** buf's description of the change. */
  message: string;
}

/** A line that `buf breaking --error-format json` prints. */
interface BufOutput {
  path?: string;
  start_line: number;
  start_column: number;
  end_line: number;
  end_column: number;
  type: string;
  message: string;
}

/**
 * Runs `buf breaking` on two images.
 *
 * @param image Path of the image of the later contract.
 * @param against Path of the image of the earlier contract.
 * @param config Text of a buf.yaml.
 * @throws UserError (exit code 2) if buf cannot compare the two.
 */
export async function findBreaking(
  checkout: Checkout,
  image: string,
  against: string,
  config: string,
): Promise<BufFinding[]> {
  const options = ["--against", against, "--config", config, "--error-format", "json"];
  const result = await buf(checkout, ["breaking", image, ...options]);
  // buf's exit code for findings: https://buf.build/docs/reference/cli/buf/breaking
  if (result.code !== 0 && result.code !== 100) {
    throw cannotRun(`buf could not compare the contract with ${against}:\n${outputOf(result)}`);
  }
  return result.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { path, type, message, ...place } = JSON.parse(line) as BufOutput;
      const { start_line, start_column, end_line, end_column } = place;
      return {
        ...{ rule: type, path, message },
        ...{ line: start_line, column: start_column, endLine: end_line, endColumn: end_column },
      };
    });
}

/**
 * Finds all breaking changes between two images, without the exceptions in buf.yaml: an exception permits a change
 * that still breaks consumers.
 *
 * @throws UserError (exit code 2) if buf cannot compare the two.
 */
export const findAllBreaking = (checkout: Checkout, image: string, against: string): Promise<BufFinding[]> =>
  findBreaking(checkout, image, against, "version: v2\nbreaking: { use: [FILE] }");
