// Every RPC of the contract over real sockets. test/full/rpc.test.ts has the other protocols and clients.
import { connectPeers, grpcJsPeers, niceGrpcPeers, testRpcs } from "./support/rpc-tests.js";

const pairs = [
  connectPeers(2, { protocol: "connect", encoding: "json", http: "1.1" }),
  connectPeers(2, { protocol: "grpc", encoding: "binary", http: "2" }),
  connectPeers(2, { protocol: "grpc", encoding: "binary", http: "2" }, "grpc-js"),
  grpcJsPeers("Connect 2"),
  niceGrpcPeers("Connect 2"),
];

testRpcs(pairs, 200);
