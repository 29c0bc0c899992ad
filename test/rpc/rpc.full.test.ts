import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { packedImage, rpcs } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { type Call, expectAnswered, firstOfEachKind, pathOf } from "./rpc.ts";
import { testRpcs, useServers } from "./rpc-tests.ts";

testRpcs(() => rpcs);

describe("buf curl, a client in Go with the packed image as its schema", () => {
  const { received, running } = useServers();

  /** Creates a client that starts a process for each call, with messages as JSON. */
  const bufCurl =
    (protocol: string, port: number): Call =>
    async (method, requests) => {
      const { code, stdout, stderr } = await buf(
        checkout,
        [
          ...["curl", "--schema", packedImage, "--protocol", protocol, "--http2-prior-knowledge"],
          ...["--data", "@-", `http://localhost:${port}${pathOf(method)}`],
        ],
        {
          input: Buffer.from(
            requests.map((bytes) => toJsonString(method.input, fromBinary(method.input, bytes))).join("\n"),
          ),
        },
      );
      if (code !== 0) {
        throw new Error(stderr);
      }
      // buf curl indents everything within a document.
      const documents = stdout.toString().match(/^(\{\}|\{\n.*?^\})$/gms) ?? [];
      return documents.map((text) => toBinary(method.output, fromJsonString(method.output, text)));
    };

  test.each([
    ["connect", "Connect 2"],
    ["grpc", "Connect 2"],
    ["grpcweb", "Connect 2"],
    ["grpc", "grpc-js"],
    ["grpc", "nice-grpc"],
  ] as const)("calls RPCs of every kind with %s to %s", async (protocol, server) => {
    received.length = 0;
    const call = bufCurl(protocol, running[server].port);
    for (const method of firstOfEachKind) {
      await expectAnswered(call, method);
    }
    expect(received).toEqual(firstOfEachKind);
    await expect(call(firstOfEachKind[0] as (typeof rpcs)[number], [new Uint8Array(0)])).rejects.toThrow(
      "unexpected requests",
    );
  });
});
