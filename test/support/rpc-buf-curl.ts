import { spawn } from "node:child_process";
import { once } from "node:events";
import { type DescMethod, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { bufPath } from "../../scripts/lib/buf.js";
import { packedImage } from "./messages.js";
import {
  type CallOptions,
  type Detail,
  type Messages,
  pathOf,
  type RpcClient,
  RpcError,
  type RpcServer,
} from "./rpc.js";

/** Protocols by buf curl's names. */
export type CurlProtocol = "connect" | "grpc" | "grpcweb";

/**
 * The Go client in `buf curl`, with the packed image as its schema. Every call starts a process, which
 * reads requests and writes responses as JSON while the call goes on.
 */
export function bufCurl(protocol: CurlProtocol, { ports }: RpcServer): RpcClient {
  async function* call(method: DescMethod, requests: Messages, { signal }: CallOptions = {}): Messages {
    const { input, output } = method;
    const flags = [
      "--schema",
      packedImage,
      "--protocol",
      protocol,
      "--http2-prior-knowledge",
      "--data",
      "@-",
    ];
    const child = spawn(bufPath(), ["curl", ...flags, `http://localhost:${ports.http2}${pathOf(method)}`], {
      signal,
    });
    // A process that is killed is an error, which its exit tells as well.
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    const exit = once(child, "close");
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const sent = (async () => {
      for await (const request of requests) {
        child.stdin.write(`${toJsonString(input, fromBinary(input, request))}\n`);
      }
      child.stdin.end();
    })();
    // What the caller's requests throw is thrown below; until then nobody waits for it.
    sent.catch(() => child.kill());
    for await (const text of documents(child.stdout)) {
      yield toBinary(output, fromJsonString(output, text));
    }
    const [code] = await exit;
    await (code === null ? sent : undefined);
    if (code !== 0) {
      throw signal?.aborted ? new RpcError(1, "killed") : errorOf(stderr);
    }
  }

  return { carries: () => true, call, close: () => {} };
}

/** The JSON documents of a stream of text. buf curl indents what is in them, and nothing else. */
async function* documents(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = /^(\}|\{\})\n/m.exec(text); end; end = /^(\}|\{\})\n/m.exec(text)) {
      const length = end.index + end[0].length;
      yield text.slice(0, length);
      text = text.slice(length);
    }
  }
}

/** Codes by the names that the Connect protocol gives them: not_found. */
const codes = new Map(
  Object.entries(Code).map(([name, code]) => [name.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase(), code]),
);

/** What buf curl prints of an error, as JSON. */
function errorOf(stderr: string): Error {
  let error: { code: string; message: string; details?: { type: string; value: string }[] };
  try {
    error = JSON.parse(stderr);
  } catch {
    return new Error(stderr);
  }
  const details = (error.details ?? []).map(
    ({ type, value }): Detail => ({ typeName: type, value: new Uint8Array(Buffer.from(value, "base64")) }),
  );
  return new RpcError(codes.get(error.code) as number, error.message, details);
}
