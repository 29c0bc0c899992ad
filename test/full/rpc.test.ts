// Every RPC of the contract over real sockets: every library and protocol, to every server that speaks it.
import { connectProtocols } from "../support/rpc-connect.js";
import { connectPeers, grpcJsPeers, niceGrpcPeers, testRpcs } from "../support/rpc-tests.js";

const binaryGrpc = connectProtocols.filter(
  ({ protocol, encoding }) => protocol === "grpc" && encoding === "binary",
);

const pairs = [
  ...connectProtocols.map((protocol) => connectPeers(2, protocol)),
  ...connectProtocols.map((protocol) => connectPeers(1, protocol)),
  grpcJsPeers("Connect 2"),
  niceGrpcPeers("Connect 2"),
  // grpc-js has a codec for bytes only.
  ...binaryGrpc.flatMap((protocol) =>
    [1, 2].map((version) => connectPeers(version as 1 | 2, protocol, "grpc-js")),
  ),
  grpcJsPeers("grpc-js"),
  niceGrpcPeers("grpc-js"),
];

testRpcs(pairs, 500);
