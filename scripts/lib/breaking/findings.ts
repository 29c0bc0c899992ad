import { cannotRun } from "../cli/errors.ts";
import { type Checkout, outputOf } from "../cli/process.ts";
import { type BufFinding, buf, parseFindings } from "../contract/buf.ts";

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
  return parseFindings(result.stdout);
}

/**
 * Finds all breaking changes between two images, without the exceptions in buf.yaml: an exception permits a change
 * that still breaks consumers.
 *
 * @throws UserError (exit code 2) if buf cannot compare the two.
 */
export const findAllBreaking = (checkout: Checkout, image: string, against: string): Promise<BufFinding[]> =>
  findBreaking(checkout, image, against, "version: v2\nbreaking: { use: [FILE] }");
