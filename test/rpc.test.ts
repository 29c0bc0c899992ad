import { afterAll, beforeAll, test } from "vitest";
import type { RpcServer } from "./support/rpc.js";
import { connectClient, connectProtocols, startConnectServer } from "./support/rpc-connect.js";
import { converse } from "./support/rpc-conversations.js";
import { grpcJsClient, niceGrpcClient, startGrpcJsServer } from "./support/rpc-grpc-js.js";
import { installRpcFlavours, type RpcFlavours } from "./support/rpc-libraries.js";
import { converseByEveryRpc } from "./support/rpc-tests.js";

let flavours: RpcFlavours;
let server: RpcServer, server2: RpcServer;
beforeAll(async () => {
  console.time("install");
  flavours = await installRpcFlavours();
  console.timeEnd("install");
  server = await startConnectServer(flavours.es, converse);
  server2 = await startGrpcJsServer(flavours["ts-proto"], converse);
});
afterAll(async () => {
  await server?.stop();
  await server2?.stop();
  flavours?.remove();
});

test.each(connectProtocols)("$protocol $encoding $http", async (protocol) => {
  const client = await connectClient(flavours.es, protocol, server);
  console.log((await converseByEveryRpc(client)).wrong);
});
test.each(connectProtocols)("v1 $protocol $encoding $http", async (protocol) => {
  const client = await connectClient(flavours["connect-v1"], protocol, server);
  console.log((await converseByEveryRpc(client)).wrong);
});
test("grpc-js", async () => {
  const client = await grpcJsClient(flavours["ts-proto"], server);
  console.log((await converseByEveryRpc(client)).wrong);
  client.close();
});
test("nice-grpc", async () => {
  const client = await niceGrpcClient(flavours["ts-proto"], server);
  console.log((await converseByEveryRpc(client)).wrong);
  client.close();
});
test("grpc-js to grpc-js", async () => {
  const client = await grpcJsClient(flavours["ts-proto"], server2);
  console.log((await converseByEveryRpc(client)).wrong);
  client.close();
});
test("nice-grpc to grpc-js", async () => {
  const client = await niceGrpcClient(flavours["ts-proto"], server2);
  console.log((await converseByEveryRpc(client)).wrong);
  client.close();
});
test.each(connectProtocols.filter((x) => x.protocol === "grpc" && x.encoding === "binary"))(
  "$protocol $encoding $http to grpc-js",
  async (protocol) => {
    const client = await connectClient(flavours.es, protocol, server2);
    console.log((await converseByEveryRpc(client)).wrong);
  },
);
