import type { DescMethod } from "@bufbuild/protobuf";
import type { Rule } from "../pluginrpc/rule.js";
import { inGateway, part } from "../vocabulary.js";

/**
 * The gateway passes calls on as they are, so what it declares are RPCs of the internal services, unchanged.
 * XxxGateway fronts XxxService.
 *
 *     message GetAgentRequest {}       // no messages here: use the service's own
 *     service AgentsGateway {
 *       // must return agynio.api.agents.v1.GetAgentResponse, as AgentsService.GetAgent does
 *       rpc GetAgent(agynio.api.agents.v1.GetAgentRequest) returns (GetAgentAnswer);
 *     }
 */
export const gatewaySurface: Rule = {
  id: "AGYN_GATEWAY_SURFACE",
  categories: ["AGYN"],
  purpose:
    "Checks that the gateway declares services only, with RPCs just as in the services that they front.",
  check: {
    file(file, { report }) {
      if (inGateway(file)) {
        for (const type of [...file.messages, ...file.enums, ...file.extensions]) {
          report(
            type,
            `A gateway file declares services only: move ${type.name} to the internal package it belongs to.`,
          );
        }
      }
    },
    service(gateway, { report, registry }) {
      if (!inGateway(gateway.file)) {
        return;
      }
      const name = gateway.name.replace(/Gateway$/, "Service");
      // A v1 and a v2 of it may stand side by side: meant is that whose messages are imported.
      const imported = new Set(gateway.file.dependencies.map(({ proto }) => proto.package));
      const service = [...registry]
        .filter((type) => type.kind === "service")
        .find(
          ({ name: other, file }) => other === name && !inGateway(file) && imported.has(file.proto.package),
        );
      if (service === undefined) {
        report(gateway, `${gateway.name} fronts ${name}, which no package that it imports declares.`, 1);
        return;
      }
      for (const rpc of gateway.methods) {
        const fronted = service.methods.find(({ name }) => name === rpc.name);
        if (fronted === undefined) {
          report(rpc, `${service.typeName} has no RPC ${rpc.name} for the gateway to front.`, 1);
          continue;
        }
        for (const [trait, { of, part }] of Object.entries(traits)) {
          const expected = of(fronted);
          if (of(rpc) !== expected) {
            report(
              rpc,
              `The ${trait} of ${rpc.name} must be ${expected}, as in ${service.typeName}.`,
              part(rpc),
            );
          }
        }
      }
    },
  },
};

/** What an RPC of the gateway has in common with the one that it fronts, and where its declaration says it. */
const traits: Record<string, { of: (rpc: DescMethod) => string; part: (rpc: DescMethod) => number }> = {
  "request type": { of: (rpc) => rpc.input.typeName, part: () => part.method.input },
  "response type": { of: (rpc) => rpc.output.typeName, part: () => part.method.output },
  request: {
    of: (rpc) => (rpc.proto.clientStreaming ? "a stream" : "a single message"),
    part: (rpc) => (rpc.proto.clientStreaming ? part.method.clientStreaming : part.method.input),
  },
  response: {
    of: (rpc) => (rpc.proto.serverStreaming ? "a stream" : "a single message"),
    part: (rpc) => (rpc.proto.serverStreaming ? part.method.serverStreaming : part.method.output),
  },
};
