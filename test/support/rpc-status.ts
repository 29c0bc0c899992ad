import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { RpcError } from "./rpc.js";
import { compileProtos } from "./scratch-contract.js";

/** What google/rpc/status.proto declares. */
const statusProto = `syntax = "proto3";
package google.rpc;
import "google/protobuf/any.proto";
message Status {
  int32 code = 1;
  string message = 2;
  repeated google.protobuf.Any details = 3;
}`;

/** The trailer in which gRPC sends a google.rpc.Status. grpc-js and nice-grpc leave it to their users. */
export const statusTrailer = "grpc-status-details-bin";

/** Reads and writes errors as google.rpc.Status. */
export interface StatusCodec {
  encode(error: RpcError): Uint8Array;
  decode(bytes: Uint8Array): RpcError;
}

/** Compiles google.rpc.Status. */
export async function loadStatusCodec(): Promise<StatusCodec> {
  const registry = await compileProtos({ "google/rpc/status.proto": statusProto });
  const desc = registry.getMessage("google.rpc.Status") as DescMessage;
  return {
    encode({ code, message, details }) {
      const any = details.map(({ typeName, value }) =>
        create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}`, value }),
      );
      return toBinary(desc, create(desc, { code, message, details: any }));
    },
    decode(bytes) {
      const { code, message, details } = fromBinary(desc, bytes) as Message & {
        code: number;
        message: string;
        details: Any[];
      };
      return new RpcError(
        code,
        message,
        details.map(({ typeUrl, value }) => ({ typeName: typeUrl.replace(/^.*\//, ""), value })),
      );
    },
  };
}
