import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { checkout } from "../support/dependencies.ts";
import { temporaryFolder } from "../support/repository.ts";

/** A POST request. */
export interface Request {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Use HTTP/2 from the first byte. */
  http2?: boolean;
}

/** A response of a server. */
export interface Response {
  status: number;
  type: string;
  body: Buffer;
}

/**
 * Sends requests with one process of curl, one after another; with a process for each, if one uses HTTP/2.
 *
 * @throws Error with what curl prints, if a server does not respond to all of them.
 */
export async function curl(requests: Request[]): Promise<Response[]> {
  // On a connection with HTTP/2 from the first byte, curl 7.88 fails to send a second request.
  if (requests.length > 1 && requests.some(({ http2 }) => http2)) {
    return (await Promise.all(requests.map((request) => curl([request])))).flat();
  }
  const folder = temporaryFolder();
  const options = requests.map(({ url, headers, body, http2 }, i) => {
    writeFileSync(join(folder, `${i}.request`), body);
    return [
      `url = "${url}"`,
      ...Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"`),
      `data-binary = "@${i}.request"`,
      `output = "${i}.response"`,
      String.raw`write-out = "%{http_code} %{content_type}\n"`,
      "silent\nshow-error",
      ...(http2 ? ["http2-prior-knowledge"] : []),
    ].join("\n");
  });
  writeFileSync(join(folder, "config"), options.join("\nnext\n"));
  const result = await run(checkout, "curl", ["--config", "config"], { cwd: folder });
  const lines = `${result.stdout}`.trimEnd().split("\n");
  if (result.code !== 0 || lines.length !== requests.length) {
    throw new Error(`curl exited with ${result.code}:\n${outputOf(result)}`);
  }
  return lines.map((line, i) => {
    const [status = "", ...type] = line.split(" ");
    return { status: Number(status), type: type.join(" "), body: read(join(folder, `${i}.response`)) };
  });
}

/** Reads a file, which curl does not write for a response without a body. */
function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
